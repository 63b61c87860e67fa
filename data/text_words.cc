// SPDX-License-Identifier: Apache-2.0
// Unicode facts come from utf8proc.
#include "data/text_words.h"

#include <utf8proc.h>

#include <charconv>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace weft {
namespace {

void append(std::string& out, utf8proc_int32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t length = utf8proc_encode_char(code_point, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
}

// The code point at `position`, which moves past it.
utf8proc_int32_t next(const std::string& text, size_t& position) {
  utf8proc_int32_t code_point = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto rest = static_cast<utf8proc_ssize_t>(text.size() - position);
  const utf8proc_ssize_t length = utf8proc_iterate(bytes + position, rest, &code_point);
  check(length > 0, "a text is not UTF-8: byte ", position, " of ", text.size(), " is 0x", std::hex,
        static_cast<unsigned>(bytes[position]));
  position += static_cast<size_t>(length);
  return code_point;
}

// The code point of the reference "name" or "#..." between & and ; or -1.
utf8proc_int32_t referenced(std::string_view name) {
  constexpr std::pair<std::string_view, utf8proc_int32_t> kNamed[] = {{"amp", '&'},  {"lt", '<'},    {"gt", '>'},
                                                                      {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}};
  for (const auto& [known, code_point] : kNamed)
    if (name == known) return code_point;
  if (name.size() < 2 || name[0] != '#') return -1;
  const bool is_hexadecimal = name[1] == 'x' || name[1] == 'X';
  name.remove_prefix(is_hexadecimal ? 2 : 1);
  uint32_t code_point = 0;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), code_point, is_hexadecimal ? 16 : 10);
  const bool is_read = error == std::errc() && end == name.data() + name.size() && code_point > 0;
  const auto signed_point = static_cast<utf8proc_int32_t>(code_point);
  return is_read && utf8proc_codepoint_valid(signed_point) ? signed_point : -1;
}

std::string resolve_references(const std::string& text) {
  constexpr size_t kLongest = 10;  // of what stands between & and ;
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const size_t semicolon = text[i] == '&' ? text.find(';', i) : std::string::npos;
    utf8proc_int32_t code_point = -1;
    if (semicolon != std::string::npos && semicolon - i - 1 <= kLongest)
      code_point = referenced(std::string_view(text).substr(i + 1, semicolon - i - 1));
    if (code_point < 0) {
      out += text[i++];
    } else {
      append(out, code_point);
      i = semicolon + 1;
    }
  }
  return out;
}

std::string compose(const std::string& text) {
  utf8proc_uint8_t* composed = nullptr;
  const utf8proc_ssize_t length =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &composed, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  check(length >= 0, "utf8proc on a text of ", text.size(), " bytes: ", utf8proc_errmsg(length));
  std::string out(reinterpret_cast<const char*>(composed), static_cast<size_t>(length));
  std::free(composed);
  return out;
}

bool is_space(utf8proc_int32_t c) {
  if ((c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f) || c == 0x85) return true;
  const utf8proc_category_t category = utf8proc_category(c);
  return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

enum class Class { space, letter, number, other };

Class class_of(utf8proc_int32_t c) {
  if (is_space(c)) return Class::space;
  const utf8proc_category_t category = utf8proc_category(c);
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) return Class::letter;
  if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) return Class::number;
  return Class::other;
}

// The length of the contraction that starts here, 0 where none does.
size_t contraction(const std::string& text, size_t position) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"})
    if (text.compare(position, ending.size(), ending) == 0) return ending.size();
  return 0;
}

}  // namespace

std::string clean_text(const std::string& text) {
  for (size_t i = 0; i < text.size();) next(text, i);
  const std::string composed = compose(resolve_references(resolve_references(text)));
  std::string out;
  bool space_due = false;
  for (size_t i = 0; i < composed.size();) {
    const utf8proc_int32_t c = next(composed, i);
    if (is_space(c)) {
      space_due = !out.empty();
      continue;
    }
    if (space_due) out += ' ';
    space_due = false;
    append(out, utf8proc_tolower(c));
  }
  return out;
}

std::vector<std::string> split_words(const std::string& clean) {
  std::vector<std::string> words;
  for (size_t i = 0; i < clean.size();) {
    if (const size_t length = contraction(clean, i)) {
      words.push_back(clean.substr(i, length));
      i += length;
      continue;
    }
    const size_t begin = i;
    const Class kind = class_of(next(clean, i));
    if (kind == Class::space) continue;
    for (size_t after = i; kind != Class::number && i < clean.size(); i = after)
      if (class_of(next(clean, after)) != kind) break;
    words.push_back(clean.substr(begin, i - begin));
  }
  return words;
}

const std::array<std::string, 256>& byte_characters() {
  static const std::array<std::string, 256> characters = [] {
    std::array<std::string, 256> out;
    utf8proc_int32_t spare = 256;
    for (int byte = 0; byte < 256; ++byte) {
      const bool is_printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      append(out[static_cast<size_t>(byte)], is_printable ? byte : spare++);
    }
    return out;
  }();
  return characters;
}

std::vector<std::string> word_symbols(const std::string& word) {
  std::vector<std::string> symbols;
  for (const char c : word) symbols.push_back(byte_characters()[static_cast<uint8_t>(c)]);
  if (!symbols.empty()) symbols.back() += kWordEnd;
  return symbols;
}

}  // namespace weft
