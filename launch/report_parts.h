// SPDX-License-Identifier: Apache-2.0
// What the parts of report.html share.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "base/error.h"
#include "launch/svg.h"

namespace weft {

template <class... Arguments>
std::string format(const char* pattern, Arguments... arguments) {
  char text[96];
  std::snprintf(text, sizeof text, pattern, arguments...);
  return text;
}

inline std::string absent(const std::string& reason) {
  return "<p class='card absent'>" + escape_html(reason) + "</p>\n";
}

inline std::string three_digits(std::optional<double> number) {
  return number ? format("%.3f", *number) : "–";
}

struct Evaluation;
// "How well it does": figures, calibration, verified texts, confusions, retrieved pictures. launch/report_evaluation.cc
std::string evaluation_html(const Evaluation& evaluation);

}  // namespace weft
