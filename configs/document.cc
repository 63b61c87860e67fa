// SPDX-License-Identifier: Apache-2.0
// The only file that knows toml++.
#define TOML_HEADER_ONLY 1
#include "configs/document.h"

#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace weft {
namespace {

bool is_bare(std::string_view name) {
  const auto allowed = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && std::all_of(name.begin(), name.end(), allowed);
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr const char* kDigits = "0123456789abcdef";
      result += std::string("\\u00") + kDigits[byte >> 4] + kDigits[byte & 15];
    } else {
      result += c;
    }
  }
  return result + "\"";
}

std::string real_text(double value) {
  char buffer[32];
  std::string text(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  if (text.find_first_of(".einf") == std::string::npos) return text + ".0";
  const size_t exponent = text.find('e');
  if (exponent == std::string::npos) return text;
  std::string digits = text.substr(exponent + 1);  // "-04": the shortest form has neither a plus nor leading zeros
  const bool negative = digits.front() == '-';
  digits.erase(0, digits.find_first_of("123456789"));
  return text.substr(0, exponent) + (negative ? "e-" : "e") + digits;
}

TomlValue value_of(const toml::node& node) {
  if (const auto* boolean = node.as_boolean()) return boolean->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* real = node.as_floating_point()) return real->get();
  if (const auto* text = node.as_string()) return text->get();
  const auto* list = node.as_array();
  if (!list) return Unusable{"a date or a time"};
  std::vector<std::string> texts;
  for (const toml::node& item : *list) {
    if (!item.is_string()) return Unusable{"a list of something other than strings"};
    texts.push_back(item.as_string()->get());
  }
  return texts;
}

using PlaceOf = std::function<Place(const toml::key&)>;

void flatten(const toml::table& table, const std::string& section, const PlaceOf& place_of, Document& document) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (section.empty() && name.starts_with("x-")) continue;
    const std::string path = join_path(section, name);
    if (const toml::table* inner = node.as_table()) {
      document.sections[path] = {section, name, place_of(key)};
      flatten(*inner, path, place_of, document);
    } else {
      document.keys[path] = {section, name, value_of(node), place_of(key)};
    }
  }
}

// TOML has letters beyond ASCII in strings and comments alone; anywhere else toml++ 3.3 runs into undefined behaviour
// instead of an error.  The line of the first such letter, 0: there is none.
int line_of_stray_letter(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  int line = 1;
  std::string_view inside;  // the mark that ends the string or comment
  for (size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (letter == '\n') {
      ++line;
      if (inside.size() == 1) inside = {};  // comments and short strings end with their line
    } else if (!inside.empty()) {
      if (letter == '\\' && inside[0] == '"') {
        ++i;
        if (i < text.size() && text[i] == '\n') ++line;
      } else if (text.substr(i).starts_with(inside)) {
        i += inside.size() - 1;
        inside = {};
      }
    } else if (letter == '#') {
      inside = "\n";
    } else if (letter == '"' || letter == '\'') {
      const std::string_view three = letter == '"' ? "\"\"\"" : "'''";
      inside = text.substr(i).starts_with(three) ? three : three.substr(0, 1);
      i += inside.size() - 1;
    } else if (static_cast<unsigned char>(letter) >= 0x80) {
      return line;
    }
  }
  return 0;
}

std::optional<toml::table> parse_assignment(const std::string& key, const std::string& value) {
  if (value.find('\n') != std::string::npos) return std::nullopt;  // could assign more than the one key
  if (line_of_stray_letter(key + " = " + value) > 0) return std::nullopt;
  try {
    return toml::parse(key + " = " + value);
  } catch (const toml::parse_error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string join_path(const std::string& section, const std::string& name) {
  const std::string last = is_bare(name) ? name : quoted(name);
  return section.empty() ? last : section + "." + last;
}

Document parse_document(const std::string& text, const std::string& name) {
  Document document;
  const int stray = line_of_stray_letter(text);
  check(stray == 0, name, ":", stray, ": is not valid TOML: a letter beyond ASCII stands outside quotes");
  try {
    const toml::table table = toml::parse(text);
    const auto place_of = [&name](const toml::key& key) {
      const int line = static_cast<int>(key.source().begin.line);
      return Place{line, join(name, ":", line)};
    };
    flatten(table, "", place_of, document);
  } catch (const toml::parse_error& error) {
    const toml::source_position at = error.source().begin;
    fail(name, ":", at.line, ":", at.column, ": is not valid TOML: ", error.description());
  }
  return document;
}

Document parse_override(const std::string& text) {
  Place place{0, "command line: " + text, true};
  const size_t equals = text.find('=');
  check(equals != std::string::npos, place.where, ": wanted section.key=value");
  const std::string key = text.substr(0, equals), value = text.substr(equals + 1);
  for (size_t begin = 0, dot = 0; dot != std::string::npos; begin = dot + 1) {
    dot = key.find('.', begin);
    check(is_bare(std::string_view(key).substr(begin, dot - begin)), place.where, ": wanted section.key=value");
  }
  std::optional<toml::table> table = parse_assignment(key, value);
  if (!table) table = parse_assignment(key, quoted(value));
  check(table.has_value(), place.where, ": the value is not UTF-8");
  Document document;
  flatten(*table, "", [&place](const toml::key&) { return place; }, document);
  return document;
}

std::string type_words(const TomlValue& value) {
  constexpr const char* kWords[] = {"true or false", "an integer", "a number", "a string", "a list of strings"};
  const auto* unusable = std::get_if<Unusable>(&value);
  return unusable ? unusable->description : kWords[value.index()];
}

std::string toml_text(const TomlValue& value) {
  struct {
    std::string operator()(bool value) const { return value ? "true" : "false"; }
    std::string operator()(int64_t value) const { return std::to_string(value); }
    std::string operator()(double value) const { return real_text(value); }
    std::string operator()(const std::string& value) const { return quoted(value); }
    std::string operator()(const std::vector<std::string>& value) const {
      std::string text = "[";
      for (const std::string& item : value) text += (text.size() > 1 ? ", " : "") + quoted(item);
      return text + "]";
    }
    std::string operator()(const Unusable& value) const { return value.description; }
  } text;
  return std::visit(text, value);
}

}  // namespace weft
