// SPDX-License-Identifier: Apache-2.0
// dataset.json: what a dataset folder consists of.  It is written last, so a folder that has one is whole.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

struct ShardEntry {
  std::string file;
  uint64_t samples = 0, bytes = 0;
  std::string xxh3;  // of the file
  bool operator==(const ShardEntry&) const = default;
};

struct LayerEntry {
  std::string name;
  uint64_t records = 0;
};

// The split "train" in `count` parts of about equal size; 0: none.  A group's fold follows from its name and the seed,
// so that groups which come later never move those that are there.
struct Folds {
  static constexpr uint64_t kMost = 1000;
  uint64_t count = 0, seed = 0;
  uint64_t of(const std::string& group) const;
  std::vector<std::string> names() const;  // "fold0", ..., then "train-fold0", ...
};

struct Manifest {
  uint64_t version = 2;  // as found; what is written is always the newest
  std::string name, licence;
  uint64_t samples = 0;
  std::vector<ShardEntry> shards;
  std::vector<LayerEntry> layers;
  std::map<std::string, std::vector<std::string>> splits;   // groups; what no split names is "train"
  std::map<std::string, std::vector<std::string>> subsets;  // uids of a part of the samples
  Folds folds;
  std::string tokenizer;  // file; empty where there is none
};

bool has_manifest(const Path& folder);
Manifest read_manifest(const Path& folder);  // Error with what is missing or wrong
std::string manifest_text(const Manifest& manifest);
constexpr const char* kManifestFile = "dataset.json";
constexpr const char* kReportFile = "import_report.json";  // of the import; no part of what the manifest vouches for

// A part of a layer, as layer.json lists it.
struct PartEntry {
  std::string file;
  uint64_t records = 0, bytes = 0;
  std::string xxh3;
};

struct LayerManifest {
  std::string name;
  uint64_t records = 0;
  std::vector<PartEntry> parts;
};
LayerManifest read_layer_manifest(const Path& layer_folder);
std::string layer_manifest_text(const LayerManifest& manifest);
constexpr const char* kLayerFile = "layer.json";

// Names of layers, splits and files inside a dataset: letters, digits and . _ - only, not starting with a dot.
void check_plain_name(const std::string& name, const std::string& what);

// An Error where the file's size is not the one that was written down.
void check_size(const Path& file, uint64_t wanted, const std::string& written_in);

}  // namespace weft
