// SPDX-License-Identifier: Apache-2.0
// Parameters, gradients and moments in flat buffers.  Each parameter of the model becomes a view of the leaves;
// backward adds into its view of the gradient.  Parameters lie in reverse order of registration, about the order in
// which backward finishes them, each padded to 64 numbers: vectorised kernels give other bits in their tails. Master
// weights, moments and average exist only for what this rank owns (base/flat_exchange.h).  In fp32 the leaves are the
// masters; in bf16 the leaves are bf16 with f32 gradients, and an f32 master is what the optimizer steps.
#pragma once

#include <string>
#include <vector>

#include "base/comm.h"
#include "models/parameters.h"
#include "models/weights.h"

namespace weft {

enum class Precision { fp32, bf16 };

// What a rank keeps of every number that it owns, beside the leaves.
enum class State { master, moment1, moment2, ema };

struct FlatSettings {
  Precision precision = Precision::fp32;
  bool ema = false;
  int virtual_ranks = 0;  // 0: as many as ranks
  double bucket_mib = 16;
};

class FlatParameters {
 public:
  struct Seat {
    Parameter* parameter;
    int64_t offset, count;  // in the flat buffers, without padding
    std::vector<int64_t> shape;
  };

  // Seats every parameter of `set`; called by all ranks together.
  FlatParameters(ParameterSet& set, const FlatSettings& settings, Comm& comm);

  const FlatLayout& layout() const { return layout_; }
  FlatExchange& exchange() { return *exchange_; }
  const std::vector<Seat>& seats() const { return seats_; }  // by offset
  const Seat& seat_of(const Parameter& parameter) const;
  int rank() const { return rank_; }
  int device() const { return exchange_->device(); }  // where all of this lies, see trainer/device.h
  Precision precision() const { return settings_.precision; }

  float* gradient() { return exchange_->gradient(); }
  Tensor gradient_of(const Parameter& parameter);  // a view
  Tensor gradient_of(Range numbers);               // a view
  void zero_gradients();

  bool has(State state) const;
  // This rank's piece of a unit, layout().piece_size() numbers.
  float* piece(State state, int64_t unit);
  // The number at `offset` of the flat buffer, which this rank must own.
  float* owned(State state, int64_t offset) {
    return piece(state, offset / layout_.unit) + offset % layout_.unit - rank_ * layout_.piece_size();
  }
  // Between the host and numbers that lie in one piece of this rank.
  void read(State state, Range numbers, float* to);
  void write(State state, Range numbers, const float* from);
  bool owns(int64_t offset) const { return offset % layout_.unit / layout_.piece_size() == rank_; }

  // The leaves of [begin, end) follow the masters; the range lies in one piece of this rank.
  void refresh_leaves(int64_t begin, int64_t end);
  // bf16 only: where the leaf of a flat offset is kept.  Nullptr in fp32.
  uint16_t* leaf_bf16(int64_t offset);
  // Every leaf follows its master, on all ranks together.
  void refresh_all_leaves();
  void wait_leaves();  // until every shared bucket is there
  // A parameter of one number, as f32 (in bf16 runs too).
  double scalar(const Parameter& parameter);

  // Everything of one state, gathered on every rank (for tests and small models), by parameter name.
  NamedTensors gathered(State state, Comm& comm);

 private:
  void seat(const Seat& seat);
  Tensor leaf_of(const Seat& seat);
  void wait(int first_bucket, int last_bucket);

  FlatSettings settings_;
  int rank_;
  std::vector<Seat> seats_;
  FlatLayout layout_;
  std::unique_ptr<FlatExchange> exchange_;
  Tensor shards_[4];  // by State; the master's is undefined in fp32
};

}  // namespace weft
