// SPDX-License-Identifier: Apache-2.0
// A dataset on disk.  Before: launch/run_train.cc opens it.  After: data/loader.cc reads samples from it.
//   dataset.json           manifest: name, licence, shards and layers with hashes, splits by group
//   images-00000.h5 ...    immutable shards: /blob u8 (chunked, Fletcher32), /index columns
//   evidence/<layer>/      statements about the samples (data/evidence.h)
//   tokenizer.txt          byte-level BPE merges trained on the train split's texts (data/tokenizer.h)
// Reading: HDF5 gives the chunk addresses once; after that samples come by pread(2) from any thread and are checked
// against their CRC-32C.  docs/FORMATS.md has every column.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "data/evidence.h"

namespace weft {

enum class Codec : uint8_t { jpeg = 1, png = 2 };

struct SampleInfo {
  Uid uid;
  std::string key;    // where it came from: a file name, an emoji's code points
  std::string group;  // what must not straddle a split: patient, scene, lot, base emoji
  Codec codec = Codec::jpeg;
  uint32_t bytes = 0, width = 0, height = 0;  // width and height as in the file's header
  uint8_t channels = 0;                       // 1 grey, 2 grey+alpha, 3 colour, 4 colour+alpha
  uint32_t crc = 0;                           // CRC-32C of the bytes
};

// A text that is said of a sample.  `row` is a row of Store::vocabulary().
struct TextStatement {
  uint32_t row;
  Kind kind;
  float confidence;
  uint16_t layer;  // index into Store::layers()
};

class Store {
 public:
  explicit Store(const Path& folder);  // throws Error naming the file and what is wrong with it
  ~Store();
  Store(Store&&) noexcept;

  const Path& folder() const;
  const std::string& name() const;
  const std::string& licence() const;
  size_t size() const;
  const SampleInfo& info(size_t sample) const;
  // The encoded bytes; thread-safe; an Error names shard, key and both checksums where they differ.
  void read(size_t sample, Bytes& into) const;
  int64_t find(const Uid& uid) const;  // -1 where it is not here

  const Vocabulary& vocabulary() const;               // texts of all layers
  const std::vector<std::string>& layers() const;     // names
  const std::vector<TextStatement>& texts(size_t sample) const;  // scope image, by row, then layer
  const std::vector<Record>& records(size_t sample) const;       // everything, concept_row of vocabulary()

  std::vector<std::string> splits() const;
  std::vector<uint32_t> split(const std::string& name) const;  // samples, ascending; "all" always exists

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes a dataset; nothing counts until finish() has published dataset.json.  Samples with equal content are one sample.
class StoreWriter {
 public:
  struct Options {
    std::string name, licence;
    uint64_t shard_bytes = uint64_t{256} << 20;
  };
  StoreWriter(const Path& folder, Options options);
  ~StoreWriter();

  // Reads the header (width, height, channels, codec); an Error where the bytes are no JPEG or PNG.
  Uid add(const Bytes& content, const std::string& key, const std::string& group);
  EvidenceWriter& layer(const std::string& name);
  // groups of a split; what no split names belongs to "train"
  void set_split(const std::string& name, const std::vector<std::string>& groups);
  size_t size() const;
  size_t merged() const;  // samples that were already there
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Draws whole groups into `name` until it holds `fraction` of them: a group is in iff its hash with the seed is below it.
std::vector<std::string> draw_groups(const std::vector<std::string>& groups, double fraction, uint64_t seed);

}  // namespace weft
