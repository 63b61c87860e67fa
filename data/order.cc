// SPDX-License-Identifier: Apache-2.0
#include "data/order.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "base/error.h"
#include "base/random.h"

namespace weft {

Order::Order(const Store& store, const std::vector<uint32_t>& samples, const OrderSettings& settings)
    : store_(store), settings_(settings) {
  if (settings.by_group) {
    std::map<std::string, std::vector<uint32_t>> groups;
    for (const uint32_t sample : samples) groups[store.info(sample).group].push_back(sample);
    for (auto& [name, members] : groups) units_.push_back(std::move(members));
  } else {
    for (const uint32_t sample : samples) units_.push_back({sample});
  }
  const char* what = settings.by_group ? " groups" : " samples";
  check(!units_.empty(), store.folder().string(), ": the split to train on is empty; wanted at least ",
        settings.global_batch, what);
  check(settings.global_batch <= units(), store.folder().string(), ": batch.global is ", settings.global_batch,
        ", but the split has only ", units(), what, "; a step would see one of them twice");
}

uint32_t Order::sample_at(int64_t step, int64_t slot) const {
  const int64_t position = step * settings_.global_batch + slot;
  const int64_t epoch = position / units();
  const Permutation order(static_cast<uint64_t>(units()), settings_.seed, static_cast<uint64_t>(epoch));
  const auto& members = units_[order.at(static_cast<uint64_t>(position % units()))];
  if (members.size() == 1) return members[0];
  Stream stream(settings_.seed, Purpose::order, static_cast<uint64_t>(step), static_cast<uint64_t>(slot));
  return members[stream.below(members.size())];
}

std::vector<uint32_t> Order::draw_texts(uint32_t sample, int64_t step, int64_t slot) const {
  std::vector<uint32_t> rows;
  for (const TextStatement& said : store_.texts(sample))
    if (said.kind == Kind::pos && (rows.empty() || rows.back() != said.row)) rows.push_back(said.row);
  Stream stream(settings_.seed, Purpose::texts, static_cast<uint64_t>(step), static_cast<uint64_t>(slot));
  const size_t wanted = std::min<size_t>(rows.size(), static_cast<size_t>(settings_.texts_per_image));
  for (size_t i = 0; i < wanted; ++i) std::swap(rows[i], rows[i + stream.below(rows.size() - i)]);
  rows.resize(wanted);
  return rows;
}

Order::Plan Order::plan(int64_t step) const {
  Plan plan;
  std::unordered_map<uint32_t, int32_t> column;
  std::vector<std::pair<int32_t, int32_t>> drawn;
  for (int64_t slot = 0; slot < settings_.global_batch; ++slot) {
    const uint32_t sample = sample_at(step, slot);
    plan.samples.push_back(sample);
    for (const uint32_t row : draw_texts(sample, step, slot)) {
      const auto [place, is_new] = column.try_emplace(row, static_cast<int32_t>(plan.text_rows.size()));
      if (is_new) plan.text_rows.push_back(row);
      drawn.emplace_back(static_cast<int32_t>(slot), place->second);
    }
  }
  plan.cells = cells_of(store_, plan.samples, plan.text_rows);
  plan.cells.drawn = std::move(drawn);
  return plan;
}

PairCells cells_of(const Store& store, const std::vector<uint32_t>& samples, const std::vector<uint32_t>& text_rows) {
  std::unordered_map<uint32_t, int32_t> column;
  for (size_t i = 0; i < text_rows.size(); ++i) column.emplace(text_rows[i], static_cast<int32_t>(i));
  PairCells cells;
  cells.images = static_cast<int64_t>(samples.size());
  cells.texts = static_cast<int64_t>(text_rows.size());
  cells.begin.push_back(0);
  for (const uint32_t sample : samples) {
    struct Sum {
      double q = 0, w = 0;
    };
    std::map<int32_t, Sum> said;
    for (const TextStatement& statement : store.texts(sample)) {
      const auto place = column.find(statement.row);
      if (place == column.end()) continue;
      const bool soft = statement.kind == Kind::soft;
      const double q = soft ? statement.confidence : statement.kind == Kind::pos;
      const double w = statement.kind == Kind::unknown ? 0 : soft ? 1 : statement.confidence;
      Sum& sum = said[place->second];
      sum.q += q * w;
      sum.w += w;
    }
    for (const auto& [text, sum] : said) {
      cells.text.push_back(text);
      cells.q.push_back(sum.w > 0 ? static_cast<float>(sum.q / sum.w) : 0);
      cells.w.push_back(static_cast<float>(sum.w));
    }
    cells.begin.push_back(static_cast<int64_t>(cells.text.size()));
  }
  return cells;
}

}  // namespace weft
