// SPDX-License-Identifier: Apache-2.0
// Square plots of shares against shares, both from 0 to 1: ROC, precision and recall, reliability.  Curves differ in
// colour and in their dashes, so that they can be told apart without colours.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace weft {

struct UnitCurve {
  std::string name;
  int color = 0;  // 0 .. 5, and the dashes that go with it
  std::vector<std::pair<double, double>> points = {};
  bool marks = false;                      // a dot (even colours) or a diamond at each point
  std::vector<std::string> readings = {};  // of each point, shown where the pointer rests; may be empty
};

struct UnitPlot {
  std::string title, x, y;
  std::vector<UnitCurve> curves = {};
  bool diagonal = false;
};
std::string draw_unit_plot(const UnitPlot& plot);

}  // namespace weft
