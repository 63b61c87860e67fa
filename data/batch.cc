// SPDX-License-Identifier: Apache-2.0
#include "data/batch.h"

#include <algorithm>

#include "base/error.h"
#include "data/order.h"

namespace weft {

void PairCells::add_image(const std::vector<Cell>& cells) {
  for (const Cell& cell : cells) {
    text.push_back(cell.text);
    q.push_back(cell.q);
    w.push_back(cell.w);
  }
  begin.push_back(static_cast<int64_t>(text.size()));
  ++images;
}

bool PairCells::is_true(int32_t image, int32_t column) const {
  const auto last = text.begin() + begin[static_cast<size_t>(image) + 1];
  const auto found = std::lower_bound(text.begin() + begin[static_cast<size_t>(image)], last, column);
  const auto place = static_cast<size_t>(found - text.begin());
  return found != last && *found == column && q[place] > 0 && w[place] > 0;
}

void PairCells::replace_image(int32_t image, const std::vector<Cell>& cells) {
  PairCells now;
  now.texts = texts;
  now.drawn = std::move(drawn);
  now.unreadable = std::move(unreadable);
  std::erase_if(now.drawn, [&](const auto& pair) { return pair.first == image; });
  for (int64_t i = 0; i < images; ++i) {
    std::vector<Cell> kept;
    for (auto j = static_cast<size_t>(begin[i]); j < static_cast<size_t>(begin[i + 1]); ++j)
      kept.push_back({text[j], q[j], w[j]});
    now.add_image(i == image ? cells : kept);
  }
  *this = std::move(now);
}

void PairCells::forget_image(int32_t image) {
  unreadable.push_back(image);
  std::erase_if(drawn, [&](const auto& pair) { return pair.first == image; });
}

void Batch::mend(int32_t position, int attempt) {
  if (attempt == Damage::kNone) return cells.forget_image(position);
  WEFT_ASSERT(order);
  Pick& pick = picks.at(static_cast<size_t>(position));
  pick = order->replacement(step, position, attempt);
  cells.replace_image(position, cells_of(order->sources(), pick.sample, columns_of(said)));
}

}  // namespace weft
