// SPDX-License-Identifier: Apache-2.0
// A dataset on disk.  Before: launch/run_train.cc opens it.  After: data/loader.cc reads samples from it.
//   dataset.json           manifest: name, licence, shards and layers with hashes, splits by group
//   images-00000.h5 ...    immutable shards: /blob u8 (chunked, Fletcher32), /index columns
//   evidence/<layer>/      statements about the samples (data/evidence.h)
//   tokenizer.txt          byte-level BPE merges trained on the train split's texts (data/tokenizer.h)
//   import_report.json     what the import repaired and left out
// Reading: HDF5 gives the chunk addresses once; after that samples come by pread(2) from any thread and are checked
// against their CRC-32C.  Opening checks every file's size and every index column, and the hashes of the (small)
// layers; hashing the shards would read them all, so only `weft data check` does.  docs/FORMATS.md has every column.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/hash.h"
#include "data/evidence.h"

namespace weft {

enum class Codec : uint8_t { jpeg = 1, png = 2, volume = 3 };  // volume: data/formats/volume.h

struct SampleInfo {
  Uid uid;
  std::string key;    // where it came from: a file name, an emoji's code points
  std::string group;  // what must not straddle a split: patient, scene, lot, base emoji
  Codec codec = Codec::jpeg;
  uint32_t bytes = 0, width = 0, height = 0;  // width and height as in the file's header
  uint8_t channels = 0;                       // 1 grey, 2 grey+alpha, 3 colour, 4 colour+alpha; modalities of a volume
  uint8_t orientation = 1;                    // EXIF, 1 .. 8: how the stored picture is turned upright
  uint8_t bits = 8;                           // of a value: 8, 16, or 32 (float)
  uint32_t views = 1;                         // slices of a volume
  std::array<float, 3> spacing{};             // mm of a pixel: across, down, between slices; 0: unknown
  uint32_t crc = 0;                           // CRC-32C of the bytes
  std::string link;                           // file that holds the bytes, where they were not copied; as imported
  uint64_t link_offset = 0;                   // of the bytes in it

  bool operator==(const SampleInfo&) const = default;
  bool is_turned() const { return orientation >= 5; }
  uint32_t upright_width() const { return is_turned() ? height : width; }
  uint32_t upright_height() const { return is_turned() ? width : height; }
};

// What encoded bytes say of themselves: all but uid, key and group.  An Error where they are no picture or volume.
SampleInfo sample_info(const Bytes& content);

// A text that is said of a sample, or follows from what is said of a part of it.  `row` is a row of
// Store::vocabulary().
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
  // What one view needs: of a volume a volume of that slice alone, for which the others are not read.
  void read_view(size_t sample, uint32_t view, Bytes& into) const;
  int64_t find(const Uid& uid) const;  // -1 where it is not here

  const Vocabulary& vocabulary() const;            // texts of all layers
  const std::vector<std::string>& layers() const;  // names
  // Of the whole sample by a text: POS, NEG, UNKNOWN and SOFT; by row, layer and kind, each once.  POS of a region or a
  // slice is POS of the sample; POS is POS of what is more general, NEG is NEG of what is more special.
  const std::vector<TextStatement>& texts(size_t sample) const;
  // NEG of what a layer's exhaustive statement denies of the sample (data/algebra.h): computed, not kept, for a list of
  // classes may be long.
  std::vector<TextStatement> denied(size_t sample) const;
  const std::vector<uint32_t>& closed(size_t layer) const;  // the classes that a layer's labels are drawn from, if any
  const std::vector<Record>& records(size_t sample) const;  // everything, rows of vocabulary()
  const std::vector<Bag>& bags(size_t layer) const;
  const std::vector<Record>& bag_records(size_t layer) const;  // what is said of bags

  std::vector<std::string> splits() const;                     // "all", "train", then splits, subsets and folds
  std::vector<uint32_t> split(const std::string& name) const;  // samples of one of them, ascending
  Path tokenizer() const;                                      // the merges file; empty where there is none

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Writes a dataset; nothing counts until finish() has published dataset.json.  Samples with equal content are one
// sample, which keeps its first key and group.  A killed import is continued: image shards that it had finished and
// whose samples come again, in the same order, are kept.  A finished dataset is never changed: writing the same one
// again leaves it as it is, and the first difference is an Error.
class StoreWriter {
 public:
  struct Options {
    std::string name, licence;
    uint64_t shard_bytes = uint64_t{256} << 20;
  };
  StoreWriter(const Path& folder, Options options);
  ~StoreWriter();

  // Reads the header (size, channels, codec, orientation); an Error where the bytes are no JPEG, PNG or volume of ours.
  // With a link, the bytes stay where they are.
  struct Link {
    Path file;
    uint64_t offset = 0;
  };
  Uid add(const Bytes& content, const std::string& key, const std::string& group, const Link* link = nullptr);
  const SampleInfo& info(const Uid& uid) const;  // of a sample that was added
  size_t continued() const;                      // samples that an interrupted import had written
  EvidenceWriter& layer(const std::string& name);
  // Groups of a split, each in one split only; what no split names belongs to "train".
  void set_split(const std::string& name, const std::vector<std::string>& groups);
  // Samples by name beside the splits, e.g. one of each group of a split; read with Store::split.
  void set_subset(const std::string& name, const std::vector<Uid>& uids);
  // Splits "train" by group into `count` parts of about equal size, read as "fold0" and, what is left, "train-fold0".
  void set_folds(uint64_t count, uint64_t seed);
  void set_tokenizer(const Path& file);  // finish() moves it to its place

  size_t size() const;
  size_t merged() const;                             // samples that were already there
  std::vector<std::string> groups() const;           // of the samples, sorted, each once
  size_t split_size(const std::string& name) const;  // samples, so far
  std::vector<std::string> train_texts() const;      // what is said (POS) of the samples of "train", so far

  void finish();
  size_t statements() const;   // after finish(): records of all layers
  bool already_there() const;  // the folder holds this very dataset from before

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// About `fraction` of the groups, sorted: a group is in iff hash64(group, seed) / 2^64 is below `fraction`, so that
// groups which come later never move those that are there.
std::vector<std::string> draw_groups(const std::vector<std::string>& groups, double fraction, uint64_t seed);

}  // namespace weft
