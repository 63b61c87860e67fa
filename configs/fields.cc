// SPDX-License-Identifier: Apache-2.0
#include "configs/fields.h"

#include <algorithm>

#include "base/error.h"

namespace weft {

const Check any{};
const Check positive{"more than 0", [](double value) { return value > 0; }, nullptr};
const Check non_negative{"at least 0", [](double value) { return value >= 0; }, nullptr};
const Check unit{"a value from 0 to 1", [](double value) { return value >= 0 && value <= 1; }, nullptr};
const Check not_empty{"a text that is not empty", nullptr, [](const std::string& value) { return !value.empty(); }};

bool Check::allows(const std::vector<std::string>& values) const {
  return std::all_of(values.begin(), values.end(), [this](const std::string& value) { return allows(value); });
}

Check at_least(double least) {
  return {join("at least ", least), [least](double value) { return value >= least; }, nullptr};
}

Check between(double low, double high) {
  return {join("a value from ", low, " to ", high), [low, high](double value) { return value >= low && value <= high; },
          nullptr};
}

Check one_of(std::vector<std::string> names) {
  std::string wanted = "one of";
  for (const std::string& name : names) wanted += (&name == &names.front() ? " \"" : ", \"") + name + "\"";
  return {wanted, nullptr,
          [names](const std::string& value) { return std::find(names.begin(), names.end(), value) != names.end(); }};
}

}  // namespace weft
