// SPDX-License-Identifier: Apache-2.0
// CLDR's annotation files through pugixml.
#include "data/emoji_names.h"

#include <utf8proc.h>

#include <algorithm>
#include <map>
#include <pugixml.hpp>
#include <string_view>

#include "base/error.h"
#include "data/utf8.h"

namespace weft {
namespace {

constexpr char32_t kEmojiStyle = 0xfe0f;

struct ShorterFirst {
  bool operator()(const std::u32string& a, const std::u32string& b) const {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};
using BySequence = std::map<std::u32string, EmojiTexts, ShorterFirst>;

std::u32string sequence_of(std::string_view text) {
  std::u32string sequence;
  const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  for (auto left = static_cast<utf8proc_ssize_t>(text.size()); left > 0;) {
    utf8proc_int32_t point = 0;
    const utf8proc_ssize_t used = utf8proc_iterate(at, left, &point);
    if (static_cast<char32_t>(point) != kEmojiStyle) sequence += static_cast<char32_t>(point);
    at += used, left -= used;
  }
  return sequence;
}

std::string trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

void add_keywords(std::string_view list, std::vector<std::string>& keywords) {
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find('|', begin), list.size());
    const std::string keyword = trimmed(list.substr(begin, end - begin));
    if (!keyword.empty() && std::find(keywords.begin(), keywords.end(), keyword) == keywords.end())
      keywords.push_back(keyword);
    begin = end + 1;
  }
}

void read_annotations(const Path& file, BySequence& texts) {
  check(std::filesystem::exists(file), file.string(),
        ": there is no such CLDR file; Debian has CLDR in the package unicode-cldr-core");
  const std::string content = read_text(file);
  check(is_utf8(content), file.string(), ": is not UTF-8");
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_buffer(content.data(), content.size());
  check(result, file.string(), ": is not XML: ", result.description(), " at byte ", result.offset);
  const pugi::xml_node annotations = document.child("ldml").child("annotations");
  check(annotations, file.string(), ": has no <ldml><annotations>, as a CLDR annotation file does");
  for (const pugi::xml_node annotation : annotations.children("annotation")) {
    const std::u32string sequence = sequence_of(annotation.attribute("cp").value());
    check(!sequence.empty(), file.string(), ": the <annotation> at byte ", annotation.offset_debug(), " has no cp");
    EmojiTexts& entry = texts[sequence];
    entry.sequence = sequence;
    if (std::string_view(annotation.attribute("type").value()) == "tts")
      entry.name = trimmed(annotation.text().get());
    else
      add_keywords(annotation.text().get(), entry.keywords);
  }
}

}  // namespace

std::vector<EmojiTexts> read_emoji_texts(const Path& cldr, const std::string& language) {
  BySequence texts;
  for (const char* folder : {"annotations", "annotationsDerived"})
    read_annotations(cldr / folder / (language + ".xml"), texts);
  std::vector<EmojiTexts> list;
  for (auto& [sequence, entry] : texts) list.push_back(std::move(entry));
  return list;
}

}  // namespace weft
