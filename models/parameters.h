// SPDX-License-Identifier: Apache-2.0
// The named parameters of a model, in the order in which they were added.  A module keeps a Parameter* and
// calls use() at every forward, so that the trainer may seat the values in flat buffers of its own and let them arrive
// while the layers before them run.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/tensor.h"

namespace weft {

struct Parameter {
  std::string name;  // as in the ecosystem's checkpoints
  Tensor value;
  bool trains = true;
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
  enum class Law { constant, normal, uniform } law;
  double scale;  // the constant, the standard deviation, or the bound of [-bound, bound]
  static Init constant(double value) { return {Law::constant, value}; }
  static Init normal(double deviation) { return {Law::normal, deviation}; }
  static Init uniform(double bound) { return {Law::uniform, bound}; }
};

class ParameterSet {
 public:
  explicit ParameterSet(uint64_t seed) : seed_(seed) {}
  Parameter* add(const std::string& name, const std::vector<int64_t>& shape, Init init);
  Parameter* find(const std::string& name);  // nullptr where there is none
  std::deque<Parameter>& all() { return parameters_; }
  const std::deque<Parameter>& all() const { return parameters_; }
  int64_t count() const;  // numbers in all parameters

 private:
  uint64_t seed_;
  std::deque<Parameter> parameters_;  // a deque: addresses stay
};

}  // namespace weft
