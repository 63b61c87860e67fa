// SPDX-License-Identifier: Apache-2.0
// What label files made of text have in common: numbers as people write them, lines, encodings, and XML whose elements
// know their line.  Nothing here reads a file or decides what happens to a mistake.
#pragma once

#include <cstdint>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// Something that could not be understood; the rest of the file could.
struct Complaint {
  size_t line = 0;
  std::string what;
};

std::string_view without_blanks(std::string_view text);         // at both ends
std::vector<std::string_view> lines_of(std::string_view text);  // without their ends and without a byte order mark
std::vector<std::string_view> split_at_blanks(std::string_view line);
std::vector<std::string_view> split_at(std::string_view text, char separator);  // "a,,b" has three parts
std::optional<double> number_in(std::string_view text);  // the whole text, blanks around it allowed; finite
std::optional<int64_t> whole_number_in(std::string_view text);
bool says_yes(std::string_view text);  // 1, true, yes in any case

std::string utf8_of_latin1(std::string_view text);
bool declares_latin1(std::string_view xml);  // encoding="ISO-8859-1" or one that differs from it in controls only

// A path as another computer wrote it, as the parts of a relative one: backslashes are separators, and drives, roots
// "." and ".." at the start go.
std::vector<std::string> path_parts(std::string_view written);

class XmlText {
 public:
  XmlText(std::string_view utf8, const std::string& file);  // an Error has file:line
  pugi::xml_node root() const { return document_.document_element(); }
  size_t line_of(pugi::xml_node node) const;

 private:
  pugi::xml_document document_;
  std::vector<size_t> line_starts_;
};

}  // namespace weft
