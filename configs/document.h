// SPDX-License-Identifier: Apache-2.0
// What a recipe says, before any Settings is asked what it means: flat maps of keys and sections, each with its place.
// A path is the names from the top joined by dots; a name that is not bare is quoted in it.  Knows nothing of toml++.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace weft {

struct Place {
  int line = 0;       // 0: the file as a whole
  std::string where;  // "a.toml:5" or "command line: optimizer.lr=1e-4"; stands before every message
  bool is_override = false;
  std::string origin() const { return is_override ? "command line" : where; }
};

// A value that no setting can take, such as a date: only its description is kept.
struct Unusable {
  std::string description;
  bool operator==(const Unusable&) const = default;
};

using TomlValue = std::variant<bool, int64_t, double, std::string, std::vector<std::string>, Unusable>;

struct Document {
  struct Key {
    std::string section, name;
    TomlValue value;
    Place place;
  };
  struct Section {
    std::string parent, name;
    Place place;
  };
  std::map<std::string, Key> keys;  // by path
  std::map<std::string, Section> sections;
};

std::string join_path(const std::string& section, const std::string& name);

// Throws Error with name:line:column at the first place that is no TOML.  Top-level names that begin with x- are left
// out.
Document parse_document(const std::string& text, const std::string& name);
// "a.b.c=value"; a value that is no TOML is a plain string.
Document parse_override(const std::string& text);

std::string type_words(const TomlValue& value);  // "an integer"
std::string toml_text(const TomlValue& value);   // reals in the shortest form that reads back as the same number

}  // namespace weft
