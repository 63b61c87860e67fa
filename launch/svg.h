// SPDX-License-Identifier: Apache-2.0
// Pictures of numbers as SVG text for launch/report.cc.  Colours come from the page's style sheet (classes c0 .. c5,
// axis, grid, ...), so that light and dark are the page's choice.  No script: a reading appears where the pointer or
// finger is.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft {

struct Curve {
  std::string name;
  std::vector<std::pair<double, double>> points;  // (step, value), steps ascending, values finite
  int color = 0;                                  // 0 .. 5
};

struct Chart {
  std::string title;
  std::vector<Curve> curves;
  bool from_zero = false;   // the value axis begins at 0
  bool may_be_log = false;  // a logarithmic value axis where all values are positive and span more than a factor 30
  bool smooth = false;      // draw a running mean over the faint raw curve
  bool percent = false;     // values are shares; show them as %
};

constexpr size_t kLeastPointsToSmooth = 20;

// A <figure> with title, legend and plot; a sentence in place of the plot where no curve has a point.
std::string draw_chart(const Chart& chart);

// One row of a comparison: our value with its interval (a dot on a bar), others (diamonds) and chance (a tick), on an
// axis from 0 to `most`.
struct Comparison {
  double ours = 0;
  std::optional<double> low, high, chance;
  std::vector<double> others;
  double most = 1;
};
std::string draw_comparison(const Comparison& comparison);

// At most `most` round numbers (1, 2 or 5 times a power of ten apart) within [low, high].
std::vector<double> nice_ticks(double low, double high, int most);

// A mean over neighbours on both sides, whose weight halves with every `half_life` points of distance (> 0).
std::vector<double> running_mean(const std::vector<double>& values, double half_life);

std::string short_number(double value);  // at most four digits: 0.1234, 12.3k, 3e-05
std::string escape_html(std::string_view text);

}  // namespace weft
