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
};

struct LayerEntry {
  std::string name;
  uint64_t records = 0;
};

struct Manifest {
  std::string name, licence;
  uint64_t samples = 0;
  std::vector<ShardEntry> shards;
  std::vector<LayerEntry> layers;
  std::map<std::string, std::vector<std::string>> splits;   // groups; what no split names is "train"
  std::map<std::string, std::vector<std::string>> subsets;  // uids of a part of the samples
  std::string tokenizer;                                    // file; empty where there is none
};

bool has_manifest(const Path& folder);
Manifest read_manifest(const Path& folder);  // Error with what is missing or wrong
std::string manifest_text(const Manifest& manifest);
constexpr const char* kManifestFile = "dataset.json";

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
