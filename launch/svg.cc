// SPDX-License-Identifier: Apache-2.0
#include "launch/svg.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>

#include "base/error.h"

namespace weft {
namespace {

constexpr double kWidth = 420, kHeight = 216;
constexpr double kLeft = 46, kRight = 400, kTop = 22, kBottom = 192;
constexpr size_t kMostDrawn = 200;  // points of a curve; more cannot be told apart at this width
constexpr size_t kMostReadings = 84;

std::string fixed(double value, int digits = 1) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string reading(double value, bool percent) {
  return percent ? fixed(100 * value) + " %" : short_number(value);
}

struct Axis {
  double low = 0, high = 1;
  double from = 0, to = 1;  // pixels
  bool log = false;
  double at(double value) const {
    const auto place = [this](double v) { return log ? std::log10(v) : v; };
    return from + (to - from) * (place(value) - place(low)) / (place(high) - place(low));
  }
};

void widen_if_flat(double& low, double& high) {
  if (high > low) return;
  const double margin = low == 0 ? 1 : std::abs(low) / 10;
  low -= margin, high += margin;
}

Axis step_axis(const Chart& chart) {
  Axis axis{.low = std::numeric_limits<double>::max(),
            .high = std::numeric_limits<double>::lowest(),
            .from = kLeft,
            .to = kRight};
  for (const Curve& curve : chart.curves) {
    if (curve.points.empty()) continue;
    axis.low = std::min(axis.low, curve.points.front().first);
    axis.high = std::max(axis.high, curve.points.back().first);
  }
  widen_if_flat(axis.low, axis.high);
  return axis;
}

Axis value_axis(const Chart& chart) {
  double low = std::numeric_limits<double>::max(), high = std::numeric_limits<double>::lowest();
  for (const Curve& curve : chart.curves)
    for (const auto& [step, value] : curve.points) low = std::min(low, value), high = std::max(high, value);
  const bool log = chart.may_be_log && low > 0 && high > 30 * low;
  if (chart.from_zero) low = std::min(low, 0.0);
  widen_if_flat(low, high);
  if (!log) {
    const double margin = (high - low) * 0.05;
    high += margin;
    if (!chart.from_zero) low -= margin;
  }
  return {.low = low, .high = high, .from = kBottom, .to = kTop, .log = log};
}

std::vector<double> ticks_of(const Axis& axis, int most) {
  if (!axis.log) return nice_ticks(axis.low, axis.high, most);
  const double from = std::floor(std::log10(axis.low)), to = std::log10(axis.high);
  std::vector<double> ticks;
  for (double power = from; power <= to; ++power)
    for (const double factor : {1.0, 3.0}) {
      const double tick = factor * std::pow(10, power);
      const bool fits = tick >= axis.low && tick <= axis.high;
      if (fits && (factor == 1 || to - from < 3)) ticks.push_back(tick);
    }
  return ticks;
}

std::string draw_axes(const Axis& steps, const Axis& values, bool percent) {
  std::string out;
  for (const double tick : ticks_of(values, 5)) {
    const std::string y = fixed(values.at(tick));
    out +=
        join("<path class=grid d='M", kLeft, " ", y, "H", kRight, "'/><text class=tick text-anchor=end x=", kLeft - 6,
             " y=", y, " dy='.35em'>", percent ? short_number(100 * tick) + "%" : short_number(tick), "</text>");
  }
  for (const double tick : ticks_of(steps, 6))
    out += join("<text class=tick text-anchor=middle x=", fixed(steps.at(tick)), " y=", kBottom + 16, ">",
                short_number(tick), "</text>");
  return out + join("<path class=axis d='M", kLeft, " ", kBottom, "H", kRight, "'/>");
}

// Of every bucket of neighbouring points the least and the greatest, in order: spikes survive.
std::string raw_path(const Curve& curve, const Axis& steps, const Axis& values) {
  const auto& points = curve.points;
  const size_t bucket = 1 + (points.size() - 1) / kMostDrawn;
  std::string path;
  const auto draw = [&](const std::pair<double, double>& p) {
    path += join(path.empty() ? "M" : "L", fixed(steps.at(p.first)), " ", fixed(values.at(p.second)));
  };
  for (size_t begin = 0; begin < points.size(); begin += bucket) {
    const auto first = points.begin() + static_cast<long>(begin);
    const auto last = points.begin() + static_cast<long>(std::min(begin + bucket, points.size()));
    auto [least, most] = std::minmax_element(first, last, [](auto& a, auto& b) { return a.second < b.second; });
    if (most < least) std::swap(least, most);
    draw(*least);
    if (most != least) draw(*most);
  }
  if (points.size() == 1) path += "h.01";  // a round cap makes it a dot
  return path;
}

std::vector<double> smoothed(const Curve& curve) {
  std::vector<double> values;
  for (const auto& point : curve.points) values.push_back(point.second);
  return running_mean(values, static_cast<double>(values.size()) / 100);
}

std::string smooth_path(const Curve& curve, const std::vector<double>& means, const Axis& steps, const Axis& values) {
  const size_t stride = 1 + (means.size() - 1) / kMostDrawn;
  std::string path;
  for (size_t i = 0; i < means.size(); i = i + 1 < means.size() ? std::min(i + stride, means.size() - 1) : means.size())
    path += join(path.empty() ? "M" : "L", fixed(steps.at(curve.points[i].first)), " ", fixed(values.at(means[i])));
  return path;
}

// Invisible strips over the plot; the one that is pointed at shows its line and its numbers.
std::string draw_readings(const Chart& chart, const Axis& steps) {
  const Curve* longest = &chart.curves.front();
  for (const Curve& curve : chart.curves)
    if (curve.points.size() > longest->points.size()) longest = &curve;
  const size_t count = std::min(longest->points.size(), kMostReadings);
  std::string out;
  double left = kLeft;
  for (size_t i = 0; i < count; ++i) {
    const size_t index = count == 1 ? 0 : i * (longest->points.size() - 1) / (count - 1);
    const double step = longest->points[index].first, x = steps.at(step);
    const double right = i + 1 == count ? kRight : x + (kRight - kLeft) / (2.0 * static_cast<double>(count));
    std::string text = "step " + fixed(step, 0);
    for (const Curve& curve : chart.curves) {
      const auto at = std::lower_bound(curve.points.begin(), curve.points.end(),
                                       std::pair(step, std::numeric_limits<double>::lowest()));
      if (at == curve.points.end() || at->first != step) continue;
      text +=
          " · " + (chart.curves.size() > 1 ? escape_html(curve.name) + " " : "") + reading(at->second, chart.percent);
    }
    out += join("<g class=hit><rect x=", fixed(left), " y=", kTop, " width=", fixed(std::max(right - left, 0.1)),
                " height=", kBottom - kTop, " /><path d='M", fixed(x), " ", kTop, "V", kBottom, "'/><text x=", kRight,
                " y=14 text-anchor=end>", text, "</text></g>");
    left = right;
  }
  return out;
}

std::string draw_curves(const Chart& chart, const Axis& steps, const Axis& values) {
  std::string raw, smooth;
  for (const Curve& curve : chart.curves) {
    if (curve.points.empty()) continue;
    const bool both = chart.smooth && curve.points.size() >= kLeastPointsToSmooth;
    raw +=
        join("<path class='", both ? "raw" : "line", " c", curve.color, "' d='", raw_path(curve, steps, values), "'/>");
    if (both)
      smooth +=
          join("<path class='line c", curve.color, "' d='", smooth_path(curve, smoothed(curve), steps, values), "'/>");
  }
  return raw + smooth;
}

std::string draw_legend(const Chart& chart, bool log) {
  std::string out;
  if (chart.curves.size() > 1)
    for (const Curve& curve : chart.curves)
      out += join("<span class='key c", curve.color, "'>", escape_html(curve.name), "</span>");
  return out + (log ? "<span class=note>logarithmic</span>" : "");
}

}  // namespace

std::string draw_chart(const Chart& chart) {
  const bool empty =
      std::all_of(chart.curves.begin(), chart.curves.end(), [](const Curve& c) { return c.points.empty(); });
  const std::string title = escape_html(chart.title);
  if (empty)
    return join("<figure class=chart><figcaption><b>", title,
                "</b></figcaption><p class=absent>not recorded</p></figure>");
  const Axis steps = step_axis(chart), values = value_axis(chart);
  return join("<figure class=chart><figcaption><b>", title, "</b>", draw_legend(chart, values.log),
              "</figcaption><svg viewBox='0 0 ", kWidth, " ", kHeight, "' role=img aria-label='", title, " by step'>",
              draw_axes(steps, values, chart.percent), draw_curves(chart, steps, values), draw_readings(chart, steps),
              "</svg></figure>\n");
}

std::string draw_comparison(const Comparison& c) {
  const Axis axis{.low = 0, .high = c.most > 0 ? c.most : 1, .from = 4, .to = 236};
  std::string out = "<svg class=compare viewBox='0 0 240 22' aria-hidden=true><path class=axis d='M4 11H236'/>";
  if (c.chance) out += join("<path class=chance d='M", fixed(axis.at(*c.chance)), " 3v16'/>");
  for (const double other : c.others)
    out += join("<path class=other d='M", fixed(axis.at(other)), " 5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z'/>");
  if (c.low && c.high)
    out += join("<path class='interval c0' d='M", fixed(axis.at(*c.low)), " 11H", fixed(axis.at(*c.high)), "'/>");
  return out + join("<circle class=c0 cx=", fixed(axis.at(c.ours)), " cy=11 r=3.5 /></svg>");
}

std::vector<double> nice_ticks(double low, double high, int most) {
  const double least_step = (high - low) / most;
  const double power = std::pow(10, std::floor(std::log10(least_step)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= least_step) step = factor * power;
  std::vector<double> ticks;
  const double slack = 1e-9 * (high - low);
  for (double i = std::ceil((low - slack) / step); i * step <= high + slack; ++i)
    ticks.push_back(i == 0 ? 0 : i * step);
  return ticks;
}

std::vector<double> running_mean(const std::vector<double>& values, double half_life) {
  const double keep = std::pow(0.5, 1 / half_life);
  const size_t n = values.size();
  std::vector<double> sums(n), weights(n);
  double sum = 0, weight = 0;
  for (size_t i = 0; i < n; ++i) {
    sums[i] = sum = keep * sum + values[i];
    weights[i] = weight = keep * weight + 1;
  }
  sum = weight = 0;  // of what comes after
  for (size_t i = n; i-- > 0;) {
    sums[i] = (sums[i] + sum) / (weights[i] + weight);
    sum = keep * (sum + values[i]);
    weight = keep * (weight + 1);
  }
  return sums;
}

std::string short_number(double value) {
  char text[40];
  const double size = std::abs(value);
  if (size >= 1e6 && size < 1e9)
    std::snprintf(text, sizeof text, "%.4gM", value / 1e6);
  else if (size >= 1e4 && size < 1e6)
    std::snprintf(text, sizeof text, "%.4gk", value / 1e3);
  else
    std::snprintf(text, sizeof text, "%.4g", value);
  return text;
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace weft
