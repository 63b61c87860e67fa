// SPDX-License-Identifier: Apache-2.0
// What one rank does for a checkpoint: copies its shard (the snapshot), then writes each piece to its place in files
// that all ranks share, hashes it and syncs.  Where a piece belongs follows from the layout alone, so ranks say nothing
// to each other until all are done.  The first rank then writes the manifest and gives the folder its name.
#pragma once

#include <atomic>
#include <limits>
#include <string>
#include <vector>

#include "base/positional_file.h"
#include "trainer/checkpoint_format.h"

namespace weft {

// Writes in parts of at most 1 MiB, between which the end of the run, or a fault on purpose, may strike.
class PartWriter {
 public:
  // Asks the fault plan for write_error and kill_write at this step; their argument is a number of bytes of this rank.
  PartWriter(int64_t step, const std::atomic<bool>& given_up);

  void write(PositionalFile& file, uint64_t at, const void* data, size_t bytes);

 private:
  void strike(const PositionalFile& file, uint64_t at) const;

  static constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();
  const std::atomic<bool>& given_up_;
  uint64_t error_at_ = kNever, kill_at_ = kNever, written_ = 0;
};

class CheckpointWriter {
 public:
  CheckpointWriter(const FlatParameters& flat, Path temporary);

  // How many numbers this rank owns in all states.
  size_t snapshot_size() const;
  void take_snapshot(FlatParameters& flat, std::vector<float>& snapshot) const;
  // Gives the hashes of this rank's pieces: by file, state, unit and virtual rank.
  std::vector<uint64_t> write_shard(const std::vector<float>& snapshot, PartWriter& writer) const;

  // On the first rank, with all hashes by rank: afterwards the folder is a checkpoint.
  void write_manifest(const std::vector<uint64_t>& hashes, const std::string& state, PartWriter& writer) const;
  const Path& temporary() const { return temporary_; }

 private:
  struct File {
    std::string name, header;
    std::vector<State> states;
  };
  uint64_t bytes_of(const File& file) const;

  Path temporary_;
  FlatLayout layout_;
  int rank_;
  Packing packing_;
  std::vector<File> files_;
};

// What was written under `temporary` takes its place, also that of an earlier one of the same step.
void publish_checkpoint(const Path& temporary, const Path& final);

}  // namespace weft
