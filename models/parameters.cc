// SPDX-License-Identifier: Apache-2.0
#include "models/parameters.h"

#include <ATen/ops/empty.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"

namespace weft {

Parameter* ParameterSet::add(const std::string& name, const std::vector<int64_t>& shape, Init init) {
  WEFT_ASSERT(find(name) == nullptr);
  Tensor value = at::empty(shape, at::kFloat);
  float* data = value.data_ptr<float>();
  Stream stream(seed_, Purpose::init, 0, hash64(name) >> 16);
  for (int64_t i = 0; i < value.numel(); ++i) {
    switch (init.law) {
      case Init::Law::constant:
        data[i] = static_cast<float>(init.scale);
        break;
      case Init::Law::normal:
        data[i] = static_cast<float>(init.scale * stream.normal());
        break;
      case Init::Law::uniform:
        data[i] = static_cast<float>(stream.uniform(-init.scale, init.scale));
        break;
    }
  }
  return &parameters_.emplace_back(Parameter{name, value});
}

Parameter* ParameterSet::find(const std::string& name) {
  for (Parameter& parameter : parameters_)
    if (parameter.name == name) return &parameter;
  return nullptr;
}

int64_t ParameterSet::count() const {
  int64_t total = 0;
  for (const Parameter& parameter : parameters_) total += parameter.value.numel();
  return total;
}

}  // namespace weft
