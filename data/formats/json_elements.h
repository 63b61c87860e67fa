// SPDX-License-Identifier: Apache-2.0
// A JSON file's elements, one at a time, so that a list of millions needs no more memory than its largest element.
// A key that an object has twice is an Error (a JSON tree would have lost the first), and so is anything that is no
// UTF-8 JSON, each with line and column.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <istream>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

// The elements of the lists of the outermost object with the list's key and their place in it; its other values with
// place -1.  Of a file that is a list itself: its elements, with the key "".
using TakeElement = std::function<void(const std::string& key, int64_t place, nlohmann::json& element)>;
void read_json_elements(std::istream& in, const std::string& file, const TakeElement& take);

std::ifstream open_json(const Path& path);  // Error where it cannot be read

// Typed access for parsers; an Error says what was found and wanted, its reader adds where.
const nlohmann::json* json_member(const nlohmann::json& object, const char* key);  // null where absent or null
std::string json_text(const nlohmann::json& object, const char* key);              // "" where absent
double json_number(const nlohmann::json& value, const char* key);
std::vector<double> json_numbers(const nlohmann::json& value, const char* key);
std::vector<std::string> json_texts(const nlohmann::json& object, const char* key);  // empty where absent
// An id as text: a whole number or a string.  "" where absent.
std::string json_id(const nlohmann::json& object, const char* key);
// How an element looks in a message: its JSON, cut where it is long.
std::string json_shown(const nlohmann::json& value);

}  // namespace weft
