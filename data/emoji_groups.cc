// SPDX-License-Identifier: Apache-2.0
#include "data/emoji_groups.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

namespace weft {
namespace {

constexpr char32_t kJoiner = 0x200d, kPerson = 0x1f9d1, kChild = 0x1f9d2, kKiss = 0x1f48b, kHeart = 0x2764;
constexpr char32_t kFirstTone = 0x1f3fb, kLastTone = 0x1f3ff, kFirstHair = 0x1f9b0, kLastHair = 0x1f9b3;

bool is_between(char32_t c, char32_t first, char32_t last) {
  return c >= first && c <= last;
}

std::u32string without_variants(const std::u32string& sequence) {
  std::u32string out;
  for (size_t i = 0; i < sequence.size(); ++i) {
    const bool is_gender =
        sequence[i] == kJoiner && i + 1 < sequence.size() && (sequence[i + 1] == 0x2640 || sequence[i + 1] == 0x2642);
    if (is_gender)
      ++i;
    else if (sequence[i] != 0xfe0f && !is_between(sequence[i], kFirstTone, kLastTone))
      out += sequence[i];
  }
  return out.empty() ? std::u32string{kFirstTone} : out;
}

char32_t neutral(char32_t c) {
  static const std::map<char32_t, char32_t> table = {{0x1f468, kPerson}, {0x1f469, kPerson}, {0x1f466, kChild},
                                                     {0x1f467, kChild},  {0x1f474, 0x1f9d3}, {0x1f475, 0x1f9d3},
                                                     {0x1f934, 0x1fac5}, {0x1f478, 0x1fac5}, {0x1f930, 0x1fac4},
                                                     {0x1fac3, 0x1fac4}, {0x1f57a, 0x1f483}};
  const auto found = table.find(c);
  return found == table.end() ? c : found->second;
}

// The parts between joiners; empty where one of them has several code points.
std::vector<char32_t> joined_parts(const std::u32string& sequence) {
  std::vector<char32_t> parts;
  for (size_t i = 0; i < sequence.size(); ++i) {
    if ((sequence[i] == kJoiner) != (i % 2 == 1)) return {};
    if (i % 2 == 0) parts.push_back(sequence[i]);
  }
  return parts;
}

}  // namespace

std::u32string emoji_base(const std::u32string& sequence) {
  std::u32string base = without_variants(sequence);
  std::transform(base.begin(), base.end(), base.begin(), neutral);
  static const std::map<std::u32string, std::u32string> table = {
      {U"\U0001f385", U"\U0001f9d1\u200d\U0001f384"},
      {U"\U0001f936", U"\U0001f9d1\u200d\U0001f384"},
      {U"\U0001f46b", U"\U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1"},
      {U"\U0001f46c", U"\U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1"},
      {U"\U0001f46d", U"\U0001f9d1\u200d\U0001f91d\u200d\U0001f9d1"},
      {U"\U0001faf1\u200d\U0001faf2", U"\U0001f91d"}};
  if (const auto found = table.find(base); found != table.end()) return found->second;

  const std::vector<char32_t> parts = joined_parts(base);
  if (parts.size() < 2) return base;
  const auto count = [&](auto accept) { return std::count_if(parts.begin(), parts.end(), accept); };
  const auto people = count([](char32_t c) { return c == kPerson || c == kChild; });
  const auto all = static_cast<std::ptrdiff_t>(parts.size());
  if (people == all) return U"\U0001f46a";
  if (people == 2 && count([](char32_t c) { return c == kKiss; }) > 0) return U"\U0001f48f";
  if (people == 2 && count([](char32_t c) { return c == kHeart; }) > 0) return U"\U0001f491";
  if (all == 2 && parts[0] == kPerson && is_between(parts[1], kFirstHair, kLastHair)) return {kPerson};
  return base;
}

std::string emoji_key(const std::u32string& sequence) {
  std::string key;
  for (const char32_t c : sequence) {
    char text[16];
    std::snprintf(text, sizeof text, "%s%x", key.empty() ? "" : "-", static_cast<unsigned>(c));
    key += text;
  }
  return key;
}

}  // namespace weft
