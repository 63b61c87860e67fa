// SPDX-License-Identifier: Apache-2.0
// Weights in and out as safetensors, by name.  Values are stored as f32.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/safetensors.h"
#include "models/parameters.h"

namespace weft {

// Named f32 tensors, contiguous on the CPU.
using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

void save_tensors(const Path& file, const NamedTensors& tensors,
                  const std::map<std::string, std::string>& metadata = {});

// The tensors of the file are f32 and have these names and shapes, no more and no fewer.  The Error lists what is
// missing, unexpected and mismatched, and says that the file is of another model.
void check_same_model(const Path& file, const std::vector<SafetensorsEntry>& found,
                      const std::map<std::string, std::vector<int64_t>>& wanted);

// Copies every tensor of the file into the one of the same name; check_same_model holds.
void load_tensors(const Path& file, const NamedTensors& into);

// For messages.
std::string shape_text(const std::vector<int64_t>& shape);
std::string some_of(const std::vector<std::string>& names);  // at most five

NamedTensors named_values(const ParameterSet& parameters);

}  // namespace weft
