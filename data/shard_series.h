// SPDX-License-Identifier: Apache-2.0
// The shards of a dataset being written, one after the other.  Shards that are there already, from an interrupted
// import or as those of the finished dataset, are kept as long as the same samples come again in the same order: each
// is compared byte for byte, and nothing is written.  At the first difference an interrupted import's shard is written
// anew from there, so that the result is what an uninterrupted import gives; a finished dataset refuses.
#pragma once

#include <memory>
#include <vector>

#include "data/manifest.h"
#include "data/shard.h"

namespace weft {

// Names like the shards', whole or being written, from an import of any version.
bool is_shard_name(const std::string& file);
[[noreturn]] void fail_because_finished(const Path& folder, const Manifest& finished, const std::string& what);

class ShardSeries {
 public:
  // `finished`: what the folder holds, or null; kept by the caller.
  ShardSeries(Path folder, uint64_t shard_bytes, const Manifest* finished);
  ~ShardSeries();
  void add(const Bytes& content, const SampleInfo& info);
  std::vector<ShardEntry> finish();
  size_t kept() const { return kept_; }  // samples that were there already

 private:
  Path path() const;  // of the current shard
  uint64_t filled() const { return layout_.bytes() + linked_; }
  void begin();
  bool is_found(const Bytes& content, const SampleInfo& info);
  void write_anew();
  void close();
  void remove_from(size_t number) const;

  const Path folder_;
  const uint64_t shard_bytes_;
  const Manifest* const finished_;
  std::vector<ShardEntry> shards_;       // complete
  std::unique_ptr<ShardReader> found_;   // the current shard is there already,
  std::unique_ptr<ShardWriter> writer_;  // or is being written
  bool may_find_ = true;
  size_t samples_ = 0;   // of the current shard
  ShardLayout layout_;   // of their bytes
  uint64_t linked_ = 0;  // bytes that it links to; they count towards its size, so that shards have like rows
  size_t kept_ = 0;
  Bytes buffer_;
};

}  // namespace weft
