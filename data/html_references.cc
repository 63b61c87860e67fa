// SPDX-License-Identifier: Apache-2.0
#include "data/html_references.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "data/utf8.h"

namespace weft {
namespace {

using Names = std::unordered_map<std::string, std::string>;
constexpr size_t kLongestName = 32;  // with its semicolon

Names parsed_names() {
  Names names;
  const std::string_view table = kHtmlNames;
  for (size_t at = 0; at < table.size();) {
    const size_t end = std::min(table.find(' ', at), table.size()), equals = table.find('=', at);
    const bool may_lack_semicolon = table[at] == '!';
    const std::string name(table.substr(at + may_lack_semicolon, equals - at - may_lack_semicolon));
    std::string& text = names[name + ";"];
    for (size_t begin = equals + 1; begin < end;) {
      uint32_t point = 0;
      const char* after = std::from_chars(table.data() + begin, table.data() + end, point, 16).ptr;
      append_code_point(text, point);
      begin = static_cast<size_t>(after - table.data()) + 1;
    }
    if (may_lack_semicolon) names[name] = text;
    at = end + 1;
  }
  return names;
}

// What stands for the code point `number`: 80 .. 9F mean what Windows-1252 has there, controls and non-characters
// nothing.
void append_numbered(std::string& out, uint64_t number) {
  constexpr uint32_t kReplacement = 0xfffd;
  constexpr uint16_t kWindows1252[32] = {0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                         0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,   0x017d, 0x8f,
                                         0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                         0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};
  if (number == 0 || (number >= 0xd800 && number < 0xe000) || number > 0x10ffff)
    return append_code_point(out, kReplacement);
  const auto point = static_cast<uint32_t>(number);
  if (point >= 0x80 && point < 0xa0) return append_code_point(out, kWindows1252[point - 0x80]);
  const bool is_control = (point < 0x20 && !(point >= 0x09 && point <= 0x0d && point != 0x0b)) || point == 0x7f;
  const bool is_no_character = (point >= 0xfdd0 && point < 0xfdf0) || (point & 0xfffe) == 0xfffe;
  if (!is_control && !is_no_character) append_code_point(out, point);
}

// Appends what `rest`, the text behind an '&', refers to; how many bytes of it that took, 0 where it refers to nothing.
size_t take_number(std::string_view rest, std::string& out) {
  const bool is_hexadecimal = rest.size() > 1 && (rest[1] == 'x' || rest[1] == 'X');
  const size_t begin = is_hexadecimal ? 2 : 1;
  const std::string_view known = is_hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
  const size_t end = std::min(rest.find_first_not_of(known, begin), rest.size());
  if (end <= begin) return 0;
  uint64_t number = 0;
  const auto read = std::from_chars(rest.data() + begin, rest.data() + end, number, is_hexadecimal ? 16 : 10);
  append_numbered(out, read.ec == std::errc() ? number : UINT64_MAX);
  return end + (end < rest.size() && rest[end] == ';');
}

size_t take_name(std::string_view rest, std::string& out) {
  static const Names names = parsed_names();
  constexpr std::string_view kNeverInNames = "\t\n\f <&#;";
  size_t length = std::min({rest.find_first_of(kNeverInNames), rest.size(), kLongestName});
  length += length < rest.size() && rest[length] == ';';
  for (; length >= 2; --length)
    if (const auto found = names.find(std::string(rest.substr(0, length))); found != names.end()) {
      out += found->second;
      return length;
    }
  return 0;
}

}  // namespace

std::string resolve_references(const std::string& text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t reference = std::min(text.find('&', at), text.size());
    out.append(text, at, reference - at);
    if (reference == text.size()) break;
    const std::string_view rest = std::string_view(text).substr(reference + 1);
    const size_t taken = rest.starts_with('#') ? take_number(rest, out) : take_name(rest, out);
    if (taken == 0) out += '&';
    at = reference + 1 + taken;
  }
  return out;
}

}  // namespace weft
