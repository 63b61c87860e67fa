// SPDX-License-Identifier: Apache-2.0
#include "losses/pair_targets.h"

#include <algorithm>
#include <map>

#include "base/error.h"

namespace weft {
namespace {

void take_evidence(const PairCells& cells, PairTargets& t) {
  t.begin = cells.begin;
  t.text = cells.text;
  t.w = cells.w;
  t.q = cells.q;
  for (size_t i = 0; i < t.q.size(); ++i)
    if (t.w[i] <= 0) t.q[i] = 0;
}

// Evidence, and of unsaid cells: a text drawn for image k is as true of image i as their labels overlap (|both| /
// |either|, labels being texts known to be true).
void take_overlap(const PairCells& cells, PairTargets& t) {
  const auto images = static_cast<size_t>(cells.images);
  std::vector<std::vector<int32_t>> labels(images), shown_by(static_cast<size_t>(cells.texts));
  std::vector<std::map<int32_t, std::pair<float, float>>> rows(images);  // text -> q, w
  for (size_t i = 0; i < images; ++i)
    for (auto k = static_cast<size_t>(cells.begin[i]); k < static_cast<size_t>(cells.begin[i + 1]); ++k) {
      rows[i][cells.text[k]] = {cells.w[k] > 0 ? cells.q[k] : 0, cells.w[k]};
      if (cells.q[k] <= 0 || cells.w[k] <= 0) continue;
      labels[i].push_back(cells.text[k]);
      shown_by[static_cast<size_t>(cells.text[k])].push_back(static_cast<int32_t>(i));
    }
  std::map<std::pair<size_t, int32_t>, float> best;
  for (const auto& [drawer, text] : cells.drawn) {
    std::map<size_t, float> common;
    for (const int32_t label : labels[static_cast<size_t>(drawer)])
      for (const int32_t image : shown_by[static_cast<size_t>(label)]) ++common[static_cast<size_t>(image)];
    for (const auto& [image, both] : common) {
      if (rows[image].contains(text)) continue;
      const auto all = static_cast<float>(labels[image].size() + labels[static_cast<size_t>(drawer)].size());
      float& overlap = best[{image, text}];
      overlap = std::max(overlap, both / (all - both));
    }
  }
  for (const auto& [cell, overlap] : best) rows[cell.first][cell.second] = {overlap, 1};
  for (const auto& row : rows) {
    for (const auto& [text, said] : row) {
      t.text.push_back(text);
      t.q.push_back(said.first);
      t.w.push_back(said.second);
    }
    t.begin.push_back(static_cast<int64_t>(t.text.size()));
  }
}

// A text drawn for two images is one text with two positives; with identity it stands for two columns.
void take_drawn(const PairCells& cells, bool column_per_pair, PairTargets& t) {
  std::vector<std::pair<int32_t, int32_t>> drawn = cells.drawn;
  std::sort(drawn.begin(), drawn.end());
  drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
  t.begin.assign(static_cast<size_t>(cells.images) + 1, 0);
  std::vector<float> pairs(t.copies.size());
  for (const auto& [image, text] : drawn) {
    ++t.begin[static_cast<size_t>(image) + 1];
    t.text.push_back(text);
    ++pairs[static_cast<size_t>(text)];
  }
  for (size_t i = 1; i < t.begin.size(); ++i) t.begin[i] += t.begin[i - 1];
  t.q.assign(t.text.size(), 1);
  t.w.assign(t.text.size(), 1);
  if (column_per_pair)
    for (size_t text = 0; text < pairs.size(); ++text) t.copies[text] = std::max(1.f, pairs[text]);
}

}  // namespace

bool PairTargets::has_masks() const {
  return unsaid_weight == 0 || guide_margin < kNone || std::find(w.begin(), w.end(), 0.f) != w.end();
}

void TargetSettings::fields(Fields& visit) {
  visit("positives", positives, one_of({"identity", "equal_text", "evidence", "overlap"}),
        "which texts are positives of an image: its own drawn one alone; that and equal ones; every text known to be "
        "true; those and, in part, texts drawn for images that share labels with it");
  visit("unsaid", unsaid, one_of({"negative", "unknown"}),
        "what a text is of an image about which nobody said it: false, as in every contrastive batch, or left out");
  visit("guide", guide, one_of({"none", "self"}),
        "self: an unsaid text that the model finds more like an image than its positives leaves the sums");
  visit("guide_margin", guide_margin, between(-2, 2), "by how much of the cosine it must be more like it");
}

void TargetSettings::verify() const {
  check(unsaid == "negative" || positives == "evidence" || positives == "overlap",
        "unsaid = \"unknown\" wants positives = \"evidence\" or \"overlap\"; found \"", positives,
        "\", which reads no evidence");
}

PairTargets TargetSettings::of(const PairCells& cells) const {
  PairTargets t;
  t.images = cells.images;
  t.texts = cells.texts;
  t.unsaid_weight = unsaid == "negative" ? 1 : 0;
  t.copies.assign(static_cast<size_t>(cells.texts), 1);
  t.is_closed.assign(static_cast<size_t>(cells.images), 0);
  if (guide == "self") t.guide_margin = static_cast<float>(guide_margin);
  if (positives == "evidence")
    take_evidence(cells, t);
  else if (positives == "overlap")
    take_overlap(cells, t);
  else
    take_drawn(cells, positives == "identity", t);
  for (const int32_t image : cells.unreadable) t.is_closed[static_cast<size_t>(image)] = 1;
  return t;
}

}  // namespace weft
