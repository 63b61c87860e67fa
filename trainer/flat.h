// SPDX-License-Identifier: Apache-2.0
// Parameters, gradients and moments in flat buffers.  Each parameter of the model becomes a view; backward adds into
// the gradient's view in place; the fused optimizer, the norm and the reduction each run over one buffer per group. In
// bf16 the leaves are bf16 views whose gradients are f32 views, and an f32 master is what the optimizer steps.
//   every parameter, group and buffer is padded to 64 numbers: vectorised kernels give other bits in their tails
#pragma once

#include <string>
#include <vector>

#include "models/parameters.h"
#include "models/weights.h"

namespace weft {

enum class Precision { fp32, bf16 };

class FlatParameters {
 public:
  struct Group {
    int64_t begin = 0, end = 0;  // in the flat buffers
    double weight_decay = 0;
  };

  // Seats every parameter of `set`; `decays(parameter)` says who is in the group with `weight_decay`.
  FlatParameters(ParameterSet& set, Precision precision, double weight_decay, const std::vector<std::string>& no_decay);

  void zero_gradients();
  Tensor& master() { return master_; }      // f32, what is trained
  Tensor& gradient() { return gradient_; }  // f32
  Tensor& moment1() { return moment1_; }
  Tensor& moment2() { return moment2_; }
  const std::vector<Group>& groups() const { return groups_; }
  // After a change of master(): the leaves follow.
  void refresh_leaves();
  // Views of one of the flat buffers, by parameter name, prefixed.
  NamedTensors named(const Tensor& flat, const std::string& prefix = "") const;
  Tensor view_of(const Tensor& flat, const Parameter& parameter) const;

 private:
  struct Seat {
    Parameter* parameter;
    int64_t offset, count;
    std::vector<int64_t> shape;
  };
  void seat(const Seat& seat, Precision precision);

  std::vector<Seat> seats_;
  std::vector<Group> groups_;
  Tensor master_, gradient_, moment1_, moment2_, leaves_;
};

// Shell-style globs, '*' and '?'.
bool matches_glob(const std::string& name, const std::string& glob);

// sqrt of the sum of squares, accumulated in double in a fixed order: an f32 norm over 20 M numbers is 1e-3 off.
double norm_of(const Tensor& flat);

}  // namespace weft
