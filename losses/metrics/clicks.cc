// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "base/error.h"
#include "losses/metrics/masks.h"

namespace weft {

double mean_iou_at(const ClickTable& table, int clicks) {
  WEFT_ASSERT(clicks >= 1 && !table.empty());
  double sum = 0;
  for (const std::vector<double>& row : table) {
    WEFT_ASSERT(!row.empty());
    sum += row[std::min(row.size(), size_t(clicks)) - 1];
  }
  return sum / double(table.size());
}

NumberOfClicks number_of_clicks(const ClickTable& table, double iou) {
  WEFT_ASSERT(!table.empty());
  NumberOfClicks result;
  int64_t sum = 0;
  for (const std::vector<double>& row : table) {
    WEFT_ASSERT(!row.empty() && row.size() <= kMostClicks);
    const auto reached = std::find_if(row.begin(), row.end(), [&](double value) { return value >= iou; });
    const int64_t clicks = reached == row.end() ? kMostClicks : reached - row.begin() + 1;
    sum += clicks;
    result.never += reached == row.end();
    result.at_least += clicks == kMostClicks;
  }
  result.mean = double(sum) / double(table.size());
  return result;
}

}  // namespace weft
