// SPDX-License-Identifier: Apache-2.0
#include "models/parameters.h"

#include <ATen/ops/empty.h>
#include <fnmatch.h>

#include <algorithm>
#include <cmath>

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
      case Init::Law::truncated_normal: {
        double draw = 0;
        do draw = stream.normal();
        while (std::abs(draw) > 2);
        data[i] = static_cast<float>(init.scale * draw);
        break;
      }
      case Init::Law::uniform:
        data[i] = static_cast<float>(stream.uniform(-init.scale, init.scale));
        break;
    }
  }
  return &parameters_.emplace_back(Parameter{name, value});
}

const LowRank* ParameterSet::add_low_rank(Parameter* weight) {
  const std::string& name = weight->name;
  if (std::none_of(adapts_.globs.begin(), adapts_.globs.end(),
                   [&](const auto& glob) { return matches_glob(name, glob); }))
    return nullptr;
  const int64_t out = weight->value.size(0), in = weight->value.size(1), rank = adapts_.rank;
  Parameter* down =
      add("extra.lora." + name + ".down", {rank, in}, Init::uniform(1 / std::sqrt(static_cast<double>(in))));
  Parameter* up = add("extra.lora." + name + ".up", {out, rank}, Init::constant(0));
  return &low_ranks_.emplace_back(LowRank{weight, down, up, adapts_.alpha / static_cast<double>(rank)});
}

void ParameterSet::check_adapted(const std::string& section) const {
  for (const std::string& glob : adapts_.globs)
    check(std::any_of(low_ranks_.begin(), low_ranks_.end(),
                      [&](const LowRank& each) { return matches_glob(each.weight->name, glob); }),
          section, ".lora: \"", glob, "\" matches no weight of a linear layer, as \"*.attn.out_proj.weight\" does");
}

bool matches_glob(const std::string& name, const std::string& glob) {
  return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
}

Parameter* ParameterSet::find(const std::string& name) {
  for (Parameter& parameter : parameters_)
    if (parameter.name == name) return &parameter;
  return nullptr;
}

const Parameter* ParameterSet::find(const std::string& name) const {
  return const_cast<ParameterSet*>(this)->find(name);
}

int64_t ParameterSet::count() const {
  int64_t total = 0;
  for (const Parameter& parameter : parameters_) total += parameter.value.numel();
  return total;
}

}  // namespace weft
