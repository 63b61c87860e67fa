// SPDX-License-Identifier: Apache-2.0
#include "data/formats/label_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\v\f";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out)
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  return out;
}

template <class Number>
std::optional<Number> parsed(std::string_view text) {
  text = without_blanks(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  Number number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string_view without_blanks(std::string_view text) {
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string_view> lines = split_at(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (std::string_view& line : lines)
    if (line.ends_with('\r')) line.remove_suffix(1);
  return lines;
}

std::vector<std::string_view> split_at_blanks(std::string_view line) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; (begin = line.find_first_not_of(kBlanks, begin)) != std::string_view::npos;) {
    const size_t end = std::min(line.find_first_of(kBlanks, begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

std::vector<std::string_view> split_at(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::optional<double> number_in(std::string_view text) {
  const std::optional<double> number = parsed<double>(text);
  return number && std::isfinite(*number) ? number : std::nullopt;
}

std::optional<int64_t> whole_number_in(std::string_view text) {
  return parsed<int64_t>(text);
}

bool says_yes(std::string_view text) {
  const std::string word = lower(without_blanks(text));
  return word == "1" || word == "true" || word == "yes";
}

std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char letter : text) {
    const auto code = static_cast<unsigned char>(letter);
    if (code < 0x80) {
      out += letter;
    } else {
      out += static_cast<char>(0xC0 | code >> 6);
      out += static_cast<char>(0x80 | (code & 0x3F));
    }
  }
  return out;
}

bool declares_latin1(std::string_view xml) {
  const std::string head = lower(xml.substr(0, std::min<size_t>(xml.size(), 120)));
  if (!head.starts_with("<?xml")) return false;
  const std::string declaration = head.substr(0, head.find("?>"));
  return declaration.find("iso-8859-1\"") != std::string::npos ||
         declaration.find("iso-8859-1'") != std::string::npos ||
         declaration.find("windows-1252") != std::string::npos || declaration.find("latin1") != std::string::npos;
}

std::vector<std::string> path_parts(std::string_view written) {
  std::string text(without_blanks(written));
  std::replace(text.begin(), text.end(), '\\', '/');
  if (text.size() >= 2 && text[1] == ':') text.erase(0, 2);
  std::vector<std::string> parts;
  for (const std::string_view part : split_at(text, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && parts.empty()) continue;
    if (part == "..")
      parts.pop_back();
    else
      parts.emplace_back(part);
  }
  return parts;
}

XmlText::XmlText(std::string_view utf8, const std::string& file) {
  line_starts_.push_back(0);
  for (size_t i = 0; i < utf8.size(); ++i)
    if (utf8[i] == '\n') line_starts_.push_back(i + 1);
  const pugi::xml_parse_result result =
      document_.load_buffer(utf8.data(), utf8.size(), pugi::parse_default, pugi::encoding_utf8);
  if (result) return;
  const auto offset = static_cast<size_t>(std::max<ptrdiff_t>(result.offset, 0));
  const auto line = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset) - line_starts_.begin();
  fail(file, ":", line, ": not XML: ", result.description());
}

size_t XmlText::line_of(pugi::xml_node node) const {
  const auto offset = static_cast<size_t>(std::max<ptrdiff_t>(node.offset_debug(), 0));
  return std::upper_bound(line_starts_.begin(), line_starts_.end(), offset) - line_starts_.begin();
}

}  // namespace weft
