// SPDX-License-Identifier: Apache-2.0
// One image shard: /blob, in which a sample starts anew at a chunk's boundary where it would cross one, and /index, one
// row a sample.  Shared by the store that reads and the store that writes; docs/FORMATS.md has every column.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "data/h5.h"
#include "data/store.h"

namespace weft {

constexpr uint64_t kChunkBytes = uint64_t{4} << 20;

// Where the samples of a blob lie, one behind the other.
class ShardLayout {
 public:
  uint64_t place(uint64_t bytes);  // the offset of the next sample
  uint64_t bytes() const { return end_; }

 private:
  uint64_t end_ = 0;
};

class ShardWriter {
 public:
  explicit ShardWriter(const Path& path);                  // written in place: the caller publishes it
  void add(const Bytes& content, const SampleInfo& info);  // of a linked sample the index alone
  uint64_t samples() const { return infos_.size(); }
  void close();

 private:
  void append(const uint8_t* data, size_t size);

  H5File file_;
  H5Blob blob_;
  ShardLayout layout_;
  Bytes chunk_;            // the last, unfinished chunk
  uint64_t appended_ = 0;  // bytes, those of chunk_ included
  std::vector<uint64_t> offsets_;
  std::vector<SampleInfo> infos_;
};

// A shard open for reading, by descriptor: the library is done with it before the constructor ends.
class ShardReader {
 public:
  // `samples` as the manifest says; without a manifest, what an interrupted import left, of the newest version only.
  explicit ShardReader(const Path& path, std::optional<uint64_t> samples = std::nullopt);
  ~ShardReader();
  ShardReader(ShardReader&& other) noexcept;

  const std::string& name() const { return name_; }
  std::vector<SampleInfo>& infos() { return infos_; }  // taken over by the store
  // Thread-safe.  Fills `into` with a sample's bytes from `from` on; not of a linked one (data/linked_files.h).
  void read(uint64_t sample, Bytes& into, uint64_t from = 0) const;

 private:
  std::string name_;
  int descriptor_ = -1;
  H5Chunks chunks_;
  std::vector<uint64_t> offsets_;
  std::vector<SampleInfo> infos_;
};

}  // namespace weft
