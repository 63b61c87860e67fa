// SPDX-License-Identifier: Apache-2.0
#include "data/mixture.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <mutex>
#include <numeric>

#include "base/error.h"

namespace weft {
namespace {

constexpr int64_t kStride = 64;

double number(std::string_view text, const std::string& whole) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  check(error == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value >= 0, "a share is \"",
        whole, "\"; wanted a number >= 0, or points such as \"0:1, 10000:0.25\" (step:share)");
  return value;
}

}  // namespace

ShareSchedule ShareSchedule::parse(const std::string& text) {
  ShareSchedule schedule;
  schedule.points_.clear();
  for (std::string_view rest = text;;) {
    const size_t comma = rest.find(',');
    const std::string_view point = rest.substr(0, comma);
    const size_t colon = point.find(':');
    if (colon == std::string_view::npos) {
      schedule.points_.emplace_back(0, number(point, text));
      check(schedule.points_.size() == 1 && comma == std::string_view::npos, "a share is \"", text,
            "\"; of several points each has a step: \"0:1, 10000:0.25\"");
    } else {
      const double step = number(point.substr(0, colon), text);
      check(step == std::floor(step) && step < 1e15, "a share is \"", text, "\"; ", step, " is no step");
      schedule.points_.emplace_back(static_cast<int64_t>(step), number(point.substr(colon + 1), text));
    }
    if (comma == std::string_view::npos) break;
    rest.remove_prefix(comma + 1);
  }
  const auto later = [](const auto& a, const auto& b) { return a.first >= b.first; };
  check(std::adjacent_find(schedule.points_.begin(), schedule.points_.end(), later) == schedule.points_.end(),
        "a share is \"", text, "\"; its steps must grow from point to point");
  return schedule;
}

double ShareSchedule::at(int64_t step) const {
  const auto after = std::upper_bound(points_.begin(), points_.end(), step,
                                      [](int64_t at, const auto& point) { return at < point.first; });
  if (after == points_.begin()) return points_.front().second;
  if (after == points_.end()) return points_.back().second;
  const auto before = after - 1;
  const double way = static_cast<double>(step - before->first) / static_cast<double>(after->first - before->first);
  return before->second + way * (after->second - before->second);
}

ShareSchedule ShareSchedule::times(double factor) const {
  ShareSchedule scaled = *this;
  for (auto& [step, share] : scaled.points_) share *= factor;
  return scaled;
}

Mixture::Mixture(std::vector<ShareSchedule> parts, int64_t batch)
    : parts_(std::move(parts)),
      batch_(batch),
      anchors_{{std::vector<int64_t>(parts_.size()), std::vector<double>(parts_.size())}} {
  WEFT_ASSERT(!parts_.empty() && batch > 0);
}

// What the step gives to each part.
std::vector<int64_t> Mixture::advance(Anchor& state, int64_t step) const {
  const size_t count = parts_.size();
  std::vector<double> share(count), open(count);
  for (size_t i = 0; i < count; ++i) share[i] = parts_[i].at(step);
  const double all = std::accumulate(share.begin(), share.end(), 0.0);
  check(all > 0, "the shares of all sources are 0 at step ", step, "; wanted one above 0");
  std::vector<int64_t> given(count);
  int64_t left = batch_;
  for (size_t i = 0; i < count; ++i) {
    state.due[i] += static_cast<double>(batch_) * share[i] / all;
    open[i] = state.due[i] - static_cast<double>(state.given[i]);
    given[i] = std::min(left, std::max<int64_t>(0, static_cast<int64_t>(std::floor(open[i]))));
    left -= given[i];
  }
  for (; left > 0; --left) {
    size_t most = 0;
    const auto rest = [&](size_t i) { return open[i] - static_cast<double>(given[i]); };
    for (size_t i = 1; i < count; ++i)
      if (rest(i) > rest(most) + 1e-9) most = i;
    ++given[most];
  }
  for (size_t i = 0; i < count; ++i) state.given[i] += given[i];
  return given;
}

Mixture::Counts Mixture::at(int64_t step) const {
  WEFT_ASSERT(step >= 0);
  if (parts_.size() == 1) return {{step * batch_}, {batch_}};
  const auto anchor = static_cast<size_t>(step / kStride);
  Anchor state;
  {
    std::shared_lock lock(mutex_);
    if (anchor < anchors_.size()) state = anchors_[anchor];
  }
  if (state.given.empty()) {
    std::unique_lock lock(mutex_);
    while (anchors_.size() <= anchor) {
      Anchor next = anchors_.back();
      const int64_t first = static_cast<int64_t>(anchors_.size() - 1) * kStride;
      for (int64_t at = first; at < first + kStride; ++at) advance(next, at);
      anchors_.push_back(std::move(next));
    }
    state = anchors_[anchor];
  }
  for (int64_t at = static_cast<int64_t>(anchor) * kStride; at < step; ++at) advance(state, at);
  Counts counts{state.given, {}};
  counts.in_step = advance(state, step);
  return counts;
}

}  // namespace weft
