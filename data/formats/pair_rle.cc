// SPDX-License-Identifier: Apache-2.0
#include "data/formats/pair_rle.h"

#include <charconv>
#include <optional>

#include "base/error.h"

namespace weft {
namespace {

// The next number; nothing at the end.
std::optional<uint64_t> take_number(std::string_view& text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kBlanks)));
  if (text.empty()) return std::nullopt;
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  check(error == std::errc() && end == word.data() + word.size() && number <= UINT32_MAX, "\"", word.substr(0, 40),
        "\" is no number of pixels");
  text.remove_prefix(word.size());
  return number;
}

}  // namespace

Rle rle_from_pairs(std::string_view text, RlePairs dialect, uint32_t height, uint32_t width) {
  const uint64_t pixels = uint64_t{height} * width;
  check(pixels <= UINT32_MAX, "a picture of ", height, " x ", width, " is too large");
  Rle mask{height, width, {}};
  uint64_t at = 0;
  while (const auto first = take_number(text)) {
    const auto length = take_number(text);
    check(length.has_value(), "the last run has no length");
    check(*length > 0, "the run behind pixel ", at, " is empty");
    check(dialect == RlePairs::gaps || *first > at, "runs from 1 on must ascend and not overlap, found a start at ",
          *first, " behind pixel ", at);
    const uint64_t gap = dialect == RlePairs::gaps ? *first : *first - 1 - at;
    at += gap + *length;
    check(at <= pixels, "a run ends at pixel ", at, ", but the picture has ", pixels);
    if (gap == 0 && !mask.runs.empty()) {
      mask.runs.back() += static_cast<uint32_t>(*length);
    } else {
      mask.runs.push_back(static_cast<uint32_t>(gap));
      mask.runs.push_back(static_cast<uint32_t>(*length));
    }
  }
  if (at < pixels || mask.runs.empty()) mask.runs.push_back(static_cast<uint32_t>(pixels - at));
  return mask;
}

}  // namespace weft
