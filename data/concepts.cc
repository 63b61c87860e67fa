// SPDX-License-Identifier: Apache-2.0
#include "data/concepts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

#include "base/error.h"

namespace weft {
namespace {

// For each text the one other row that lists it as a synonym; itself where none or several do.
std::vector<uint32_t> named_by(const Vocabulary& vocabulary) {
  std::vector<std::vector<uint32_t>> names(vocabulary.size());
  for (uint32_t row = 0; row < vocabulary.size(); ++row)
    for (const std::string& synonym : vocabulary.about(row).synonyms) {
      const int64_t other = vocabulary.find(synonym);
      if (other < 0 || other == row) continue;
      std::vector<uint32_t>& of = names[static_cast<size_t>(other)];
      if (of.empty() || of.back() != row) of.push_back(row);
    }
  std::vector<uint32_t> by(vocabulary.size());
  for (uint32_t row = 0; row < by.size(); ++row) {
    const bool is_one = names[row].size() == 1;
    const bool are_told_apart = is_one && vocabulary.about(row).closed && vocabulary.about(names[row][0]).closed;
    by[row] = is_one && !are_told_apart ? names[row][0] : row;
  }
  return by;
}

// Follows synonyms of synonyms; texts that name each other in a circle are the closed one, or the first.
std::vector<uint32_t> ends_of(const std::vector<uint32_t>& by, const Vocabulary& vocabulary) {
  constexpr uint32_t kOpen = kAnyConcept;
  std::vector<uint32_t> ends(by.size(), kOpen);
  std::vector<bool> is_on_way(by.size());
  for (uint32_t row = 0; row < by.size(); ++row) {
    std::vector<uint32_t> way;
    uint32_t at = row;
    for (; ends[at] == kOpen && !is_on_way[at]; at = by[at]) is_on_way[at] = true, way.push_back(at);
    uint32_t end = ends[at];
    if (end == kOpen)
      end = *std::min_element(std::find(way.begin(), way.end(), at), way.end(), [&](uint32_t a, uint32_t b) {
        return std::pair(!vocabulary.about(a).closed, a) < std::pair(!vocabulary.about(b).closed, b);
      });
    for (const uint32_t passed : way) ends[passed] = end, is_on_way[passed] = false;
  }
  return ends;
}

// The texts of one circle, from a row that is on one or below one.
std::string circle_from(uint32_t row, const std::vector<std::vector<uint32_t>>& parents, const std::vector<bool>& open,
                        const Vocabulary& vocabulary) {
  std::vector<uint32_t> way;
  std::vector<bool> is_on_way(parents.size());
  while (!is_on_way[row]) {
    is_on_way[row] = true, way.push_back(row);
    row = *std::find_if(parents[row].begin(), parents[row].end(), [&](uint32_t parent) { return open[parent]; });
  }
  std::string text;
  for (auto at = std::find(way.begin(), way.end(), row); at != way.end(); ++at)
    text += "\"" + vocabulary.text(*at) + "\" -> ";
  return text + "\"" + vocabulary.text(row) + "\"";
}

void add_once(std::vector<uint32_t>& rows, uint32_t row) {
  if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(row);
}

}  // namespace

Concepts::Concepts(const Vocabulary& vocabulary) : parents_(vocabulary.size()), children_(vocabulary.size()) {
  row_ = ends_of(named_by(vocabulary), vocabulary);
  for (uint32_t row = 0; row < vocabulary.size(); ++row)
    for (const uint32_t parent : vocabulary.about(row).parents)
      if (this->row(parent) != row_[row] || parent == row) add_once(parents_[row_[row]], this->row(parent));
  // Rows are closed from the most general ones down; what stays open is on a circle or below one.
  std::vector<size_t> waits_for(vocabulary.size());
  std::vector<bool> open(vocabulary.size(), true);
  std::vector<uint32_t> ready;
  for (uint32_t row = 0; row < vocabulary.size(); ++row) {
    waits_for[row] = parents_[row].size();
    for (const uint32_t parent : parents_[row]) children_[parent].push_back(row);
    if (parents_[row].empty()) ready.push_back(row);
  }
  for (size_t i = 0; i < ready.size(); ++i) {
    open[ready[i]] = false;
    for (const uint32_t child : children_[ready[i]])
      if (--waits_for[child] == 0) ready.push_back(child);
  }
  const auto stuck = std::find(open.begin(), open.end(), true);
  if (stuck != open.end())
    fail("the parents of concepts go in a circle: ",
         circle_from(static_cast<uint32_t>(stuck - open.begin()), parents_, open, vocabulary));
}

std::vector<uint32_t> Concepts::reached(uint32_t row, const Edges& along) const {
  std::set<uint32_t> found;
  std::vector<uint32_t> ahead = along.at(this->row(row));
  while (!ahead.empty()) {
    const uint32_t next = ahead.back();
    ahead.pop_back();
    if (found.insert(next).second) ahead.insert(ahead.end(), along[next].begin(), along[next].end());
  }
  return {found.begin(), found.end()};
}

uint32_t mirrored_row(uint32_t row, const Vocabulary& vocabulary) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSides{
      {{"left", "right"}, {"right", "left"}, {"Left", "Right"}, {"Right", "Left"}}};
  if (row == kAnyConcept) return row;
  const std::string& text = vocabulary.text(row);
  std::string mirrored;
  const auto is_letter = [&](size_t at) {
    return at < text.size() && std::isalpha(static_cast<unsigned char>(text[at]));
  };
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (is_letter(end)) ++end;
    std::string_view word(text.data() + at, std::max(end, at + 1) - at);
    at += word.size();
    for (const auto& [side, other] : kSides)
      if (word == side) {
        word = other;
        break;
      }
    mirrored += word;
  }
  const int64_t other = vocabulary.find(mirrored);
  return other < 0 ? row : static_cast<uint32_t>(other);
}

}  // namespace weft
