// SPDX-License-Identifier: Apache-2.0
// The flat buffers of a model, which ranks sum and share while they compute (ZeRO-1, Rajbhandari et al.,
// arXiv 1910.02054).  Numbers [0, count) are cut into units; of every unit, rank r owns piece r; runs of units are
// buckets, which travel together.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/range.h"

namespace weft {

// Units depend on the model and on V alone, so that neither ranks nor buckets change what is added to what.
struct FlatLayout {
  static constexpr int64_t kPad = 64;  // vectorised kernels give other bits in a shorter tail

  int64_t count = 0;         // a multiple of unit
  int64_t unit = 0;          // a multiple of kPad * virtual_ranks
  int64_t bucket_units = 1;  // units of a bucket; the last bucket may be shorter
  int ranks = 1;             // divides virtual_ranks
  int virtual_ranks = 1;

  int64_t units() const { return count / unit; }
  int buckets() const { return static_cast<int>((units() + bucket_units - 1) / bucket_units); }
  int bucket_of(int64_t number) const { return static_cast<int>(number / unit / bucket_units); }
  Range units_of(int bucket) const { return {bucket * bucket_units, std::min(units(), (bucket + 1) * bucket_units)}; }
  Range bucket_range(int bucket) const { return {units_of(bucket).begin * unit, units_of(bucket).end * unit}; }
  // In numbers: what rank r owns of a unit, [begin, end) of the flat buffer.
  int64_t piece_size() const { return unit / ranks; }
  Range piece(int64_t u, int rank) const {
    return {u * unit + rank * piece_size(), u * unit + (rank + 1) * piece_size()};
  }
  int64_t shard_size() const { return units() * piece_size(); }  // all that a rank owns
};

// Opened by Comm::open_flats on all ranks together.  The gradient's buffer is this rank's; the leaves (the weights to
// compute with) may be one memory for all ranks of a host.
class FlatExchange {
 public:
  virtual ~FlatExchange() = default;

  virtual float* gradient() = 0;    // [count]
  virtual std::byte* leaves() = 0;  // [count * leaf_bytes]
  virtual bool fills_leaves() = 0;  // this rank writes the first values (one rank of those that share a memory)
  // Where both lie: the number of a GPU, or -1 for the memory of the CPU.
  virtual int device() const { return -1; }

  // This rank's gradient of the bucket is complete and stays as it is until finish_reduce().  Every rank names every
  // bucket once a step, in the order 0, 1, 2, ...; returns at once.
  virtual void reduce(int bucket) = 0;
  // Does what can be done without waiting; called now and then from the backward.
  virtual void progress() = 0;
  // Afterwards this rank's pieces of gradient() hold the sums over all ranks, added in one binary tree over the ranks
  // (left half + right half).  The rest of gradient() is undefined.
  virtual void finish_reduce() = 0;

  // This rank's pieces of the bucket's leaves are written.  Every rank names every bucket once, in any order that is
  // the same on all ranks; returns at once.
  virtual void share(int bucket) = 0;
  // Returns once the bucket's leaves hold every rank's pieces; at once where nothing was shared since the last wait.
  virtual void wait_leaves(int bucket) = 0;

  // Afterwards all of every rank's gradient() holds the sums.  In the place of reduce() and finish_reduce(), of all
  // buckets (for measurements; training needs a rank's pieces only).
  virtual void all_reduce() = 0;

  // Seconds since the last call: spent while the backward or forward ran (hidden), and spent waiting (exposed).
  struct Times {
    double hidden = 0, exposed = 0;
  };
  virtual Times take_times() = 0;
};

}  // namespace weft
