// SPDX-License-Identifier: Apache-2.0
// The named parameters of a model, in the order in which they were added.  A module keeps a Parameter* and
// calls use() at every forward, so that the trainer may seat the values in flat buffers of its own and let them arrive
// while the layers before them run.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/tensor.h"

namespace weft {

struct Parameter {
  std::string name;  // as in the ecosystem's checkpoints
  Tensor value;
  bool trains = true;
  bool is_fixed = false;        // never trains: what other projects keep as a buffer of their checkpoints
  std::function<void()> await;  // set by the trainer: returns once the value has arrived

  // The value to compute with.
  const Tensor& use() const {
    if (await) await();
    return value;
  }
};

// How a parameter starts.  Values come from Stream(seed, Purpose::init, 0, hash of the name), so that they depend on
// neither the order of construction nor the other parameters.
struct Init {
  enum class Law { constant, normal, truncated_normal, uniform } law;
  double scale;  // the constant, the standard deviation (before truncation), or the bound of [-bound, bound]
  static Init constant(double value) { return {Law::constant, value}; }
  static Init normal(double deviation) { return {Law::normal, deviation}; }
  static Init truncated_normal(double deviation) { return {Law::truncated_normal, deviation}; }  // within 2 deviations
  static Init uniform(double bound) { return {Law::uniform, bound}; }
};

// A matrix W that trains through two narrow ones (LoRA, Hu et al., arXiv 2106.09685):
//   y = x W^T + factor (x down^T) up^T,   factor = alpha / rank.
// `up` starts at 0, so that the model starts as it was.  They are ours: extra.lora.<name of W>.down and .up.
struct LowRank {
  Parameter *weight, *down, *up;
  double factor;
};
struct LowRankSettings {
  std::vector<std::string> globs;  // over the weights of linear layers; none: no LoRA
  int64_t rank = 8;
  double alpha = 8;
};

bool matches_glob(const std::string& name, const std::string& glob);
inline bool is_our_own(const std::string& name) {  // what other projects have no place for
  return name.starts_with("extra.");
}

class ParameterSet {
 public:
  explicit ParameterSet(uint64_t seed) : seed_(seed) {}
  Parameter* add(const std::string& name, const std::vector<int64_t>& shape, Init init);
  // Before any weight is added: which of them get a LowRank.
  void adapt(LowRankSettings settings) { adapts_ = std::move(settings); }
  // The LowRank of a linear layer's weight [out, in]; nullptr where no glob names it.
  const LowRank* add_low_rank(Parameter* weight);
  const std::deque<LowRank>& low_ranks() const { return low_ranks_; }
  Parameter* find(const std::string& name);  // nullptr where there is none
  const Parameter* find(const std::string& name) const;
  std::deque<Parameter>& all() { return parameters_; }
  const std::deque<Parameter>& all() const { return parameters_; }
  int64_t count() const;  // numbers in all parameters
  // An Error, beginning with the section's name, where a glob of adapt() named no linear layer.
  void check_adapted(const std::string& section) const;

 private:
  uint64_t seed_;
  LowRankSettings adapts_;
  std::deque<Parameter> parameters_;  // a deque: addresses stay
  std::deque<LowRank> low_ranks_;
};

}  // namespace weft
