// SPDX-License-Identifier: Apache-2.0
#include "launch/svg_unit.h"

#include <algorithm>
#include <cstdint>

#include "base/error.h"
#include "launch/svg.h"

namespace weft {
namespace {

constexpr double kSize = 330, kLeft = 48, kRight = 318, kTop = 12, kBottom = 282;

std::string number(double value) {
  return short_number(static_cast<double>(static_cast<int64_t>(value * 10 + 0.5)) / 10);
}

std::string across(double share) {
  return number(kLeft + (kRight - kLeft) * std::clamp(share, 0.0, 1.0));
}

std::string up(double share) {
  return number(kBottom - (kBottom - kTop) * std::clamp(share, 0.0, 1.0));
}

std::string draw_axes(const UnitPlot& plot) {
  std::string out;
  for (const double tick : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    const std::string x = across(tick), y = up(tick), text = short_number(tick);
    out += join("<path class=grid d='M", kLeft, " ", y, "H", kRight, "M", x, " ", kTop, "V", kBottom, "'/>",
                "<text class=tick text-anchor=end x=", kLeft - 6, " y=", y, " dy='.35em'>", text, "</text>",
                "<text class=tick text-anchor=middle x=", x, " y=", kBottom + 16, ">", text, "</text>");
  }
  out += join("<text class=tick text-anchor=middle x=", (kLeft + kRight) / 2, " y=", kBottom + 36, ">",
              escape_html(plot.x), "</text><text class=tick text-anchor=middle transform='translate(12 ",
              (kTop + kBottom) / 2, ") rotate(-90)'>", escape_html(plot.y), "</text>");
  if (plot.diagonal) out += join("<path class='axis even' d='M", kLeft, " ", kBottom, "L", kRight, " ", kTop, "'/>");
  return out;
}

std::string draw_mark(const UnitCurve& curve, size_t i) {
  const auto& [x, y] = curve.points[i];
  const std::string title = i < curve.readings.size() ? "<title>" + escape_html(curve.readings[i]) + "</title>" : "";
  if (curve.color % 2 == 0)
    return join("<circle class='mark c", curve.color, "' cx=", across(x), " cy=", up(y), " r=4>", title, "</circle>");
  return join("<path class='mark c", curve.color, "' d='M", across(x), " ", up(y),
              "m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z'>", title, "</path>");
}

std::string draw_curve(const UnitCurve& curve) {
  std::string path, marks;
  for (size_t i = 0; i < curve.points.size(); ++i) {
    path += join(path.empty() ? "M" : "L", across(curve.points[i].first), " ", up(curve.points[i].second));
    if (curve.marks) marks += draw_mark(curve, i);
  }
  return join("<path class='line c", curve.color, " d", curve.color, "' d='", path, "'/>", marks);
}

// The line as it is drawn, so that dashes and marks are explained too.
std::string draw_key(const UnitCurve& curve) {
  std::string mark;
  if (curve.marks && curve.color % 2 == 0) mark = join("<circle class='mark c", curve.color, "' cx=13 cy=6 r=4 />");
  if (curve.marks && curve.color % 2 == 1)
    mark = join("<path class='mark c", curve.color, "' d='M13 6m0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z'/>");
  return join("<span class=drawn><svg viewBox='0 0 26 12' aria-hidden=true><path class='line c", curve.color, " d",
              curve.color, "' d='M0 6H26'/>", mark, "</svg>", escape_html(curve.name), "</span>");
}

}  // namespace

std::string draw_unit_plot(const UnitPlot& plot) {
  std::string keys, curves;
  for (const UnitCurve& curve : plot.curves) keys += draw_key(curve), curves += draw_curve(curve);
  const std::string title = escape_html(plot.title);
  return join("<figure class=chart><figcaption><b>", title, "</b>", keys, "</figcaption><svg viewBox='0 0 ", kSize, " ",
              kSize, "' role=img aria-label='", title, "'>", draw_axes(plot), curves, "</svg></figure>\n");
}

}  // namespace weft
