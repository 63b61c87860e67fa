// SPDX-License-Identifier: Apache-2.0
#include "models/weights.h"

#include <cstring>
#include <set>

#include "base/error.h"

namespace weft {
std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i ? "," : "") + std::to_string(shape[i]);
  return text + "]";
}

// So that a wholly foreign file does not fill the screen.
std::string some_of(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < 5; ++i) text += (i ? ", " : "") + names[i];
  return names.size() > 5 ? text + " and " + std::to_string(names.size() - 5) + " more" : text;
}

void save_tensors(const Path& file, const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
  std::vector<SafetensorsTensor> list;
  for (const auto& [name, tensor] : tensors) {
    WEFT_ASSERT(tensor.is_contiguous() && tensor.scalar_type() == at::kFloat && tensor.is_cpu());
    list.push_back({name, "F32", tensor.sizes().vec(), tensor.data_ptr()});
  }
  write_safetensors(file, std::move(list), metadata);
}

void check_same_model(const Path& file, const std::vector<SafetensorsEntry>& found,
                      const std::map<std::string, std::vector<int64_t>>& wanted) {
  std::vector<std::string> missing, mismatched, unexpected;
  std::set<std::string> names;
  for (const SafetensorsEntry& entry : found) {
    names.insert(entry.name);
    const auto match = wanted.find(entry.name);
    if (match == wanted.end())
      unexpected.push_back(entry.name);
    else if (entry.dtype != "F32" || entry.shape != match->second)
      mismatched.push_back(entry.name + " (" + entry.dtype + " " + shape_text(entry.shape) +
                           " in the file, wanted F32 " + shape_text(match->second) + ")");
  }
  for (const auto& [name, shape] : wanted)
    if (!names.count(name)) missing.push_back(name);
  check(missing.empty() && mismatched.empty() && unexpected.empty(), file.string(),
        ": holds another model than the recipe describes", missing.empty() ? "" : "\n  missing: ", some_of(missing),
        unexpected.empty() ? "" : "\n  unexpected: ", some_of(unexpected),
        mismatched.empty() ? "" : "\n  mismatched: ", some_of(mismatched));
}

void load_tensors(const Path& file, const NamedTensors& into) {
  const SafetensorsReader reader(file);
  std::map<std::string, std::vector<int64_t>> wanted;
  for (const auto& [name, tensor] : into) wanted[name] = tensor.sizes().vec();
  check_same_model(file, reader.entries(), wanted);
  for (const auto& [name, tensor] : into) {
    const SafetensorsEntry* entry = reader.find(name);
    std::memcpy(tensor.data_ptr(), reader.data(*entry), entry->end - entry->begin);
  }
}

NamedTensors named_values(const ParameterSet& parameters) {
  NamedTensors named;
  for (const Parameter& parameter : parameters.all())
    named.emplace_back(parameter.name, parameter.value.detach().to(at::kFloat).contiguous());
  return named;
}

}  // namespace weft
