// SPDX-License-Identifier: Apache-2.0
// Unicode facts come from utf8proc.
#include "data/text_words.h"

#include <utf8proc.h>

#include <cctype>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "data/html_references.h"
#include "data/utf8.h"

namespace weft {
namespace {

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

// CLIP's expression ignores case, and U+0345 is no letter but has an iota for its capital: it matches nothing.
Class class_of(utf8proc_int32_t c) {
  constexpr utf8proc_int32_t kIotaBelow = 0x345;
  if (is_space(c) || c == kIotaBelow) return Class::space;
  const utf8proc_category_t category = utf8proc_category(c);
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) return Class::letter;
  if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) return Class::number;
  return Class::other;
}

// The length of the contraction that starts here, 0 where none does.  A long s is an s where case does not count.
size_t contraction(const std::string& text, size_t position) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d", "'\u017f"})
    if (text.compare(position, ending.size(), ending) == 0) return ending.size();
  return 0;
}

// What Unicode's rule for a final sigma looks at (section 3.13): letters with case, and what is passed over between
// them.
bool is_cased(utf8proc_int32_t c) {
  const utf8proc_category_t category = utf8proc_category(c);
  const bool is_ordinal = c == 0xaa || c == 0xba;
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LT) || is_ordinal ||
         utf8proc_tolower(c) != c || utf8proc_toupper(c) != c;
}

bool is_passed_over(utf8proc_int32_t c) {
  constexpr std::u32string_view kInsideWords =
      U"'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027\ufe13\ufe52\ufe55\uff07\uff0e\uff1a";
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
      return true;
    default:
      return kInsideWords.find(static_cast<char32_t>(c)) != std::u32string_view::npos;
  }
}

using CodePoints = std::vector<utf8proc_int32_t>;

bool is_final(const CodePoints& text, size_t position) {
  size_t before = position, after = position + 1;
  while (before > 0 && is_passed_over(text[before - 1])) --before;
  while (after < text.size() && is_passed_over(text[after])) ++after;
  return before > 0 && is_cased(text[before - 1]) && !(after < text.size() && is_cased(text[after]));
}

void append_lower(std::string& out, const CodePoints& text, size_t position) {
  constexpr utf8proc_int32_t kDottedI = 0x130, kSigma = 0x3a3, kFinalSigma = 0x3c2;
  const utf8proc_int32_t c = text[position];
  if (c == kDottedI)
    out += "i\u0307";
  else
    append_code_point(
        out, static_cast<uint32_t>(c == kSigma && is_final(text, position) ? kFinalSigma : utf8proc_tolower(c)));
}

}  // namespace

std::string clean_text(const std::string& text, Clean clean) {
  for (size_t i = 0; i < text.size();) next(text, i);
  const std::string resolved = resolve_references(resolve_references(compose(text)));
  CodePoints kept;
  bool space_due = false;
  for (size_t i = 0; i < resolved.size();) {
    const utf8proc_int32_t c = next(resolved, i);
    if (is_space(c) || (c == '_' && clean == Clean::canonical)) {
      space_due = !kept.empty();
      continue;
    }
    if (clean == Clean::canonical && c < 0x80 && std::ispunct(c)) continue;
    if (space_due) kept.push_back(' ');
    space_due = false;
    kept.push_back(c);
  }
  std::string out;
  for (size_t i = 0; i < kept.size(); ++i) append_lower(out, kept, i);
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
      append_code_point(out[static_cast<size_t>(byte)], static_cast<uint32_t>(is_printable ? byte : spare++));
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
