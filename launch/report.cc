// SPDX-License-Identifier: Apache-2.0
#include "launch/report.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "launch/report_data.h"
#include "launch/report_parts.h"
#include "launch/report_style.h"
#include "launch/svg.h"

namespace weft {
namespace {

std::string duration(double seconds) {
  if (seconds < 120) return format("%.0f s", seconds);
  if (seconds < 120 * 60) return format("%.1f min", seconds / 60);
  return format("%.0f h %02.0f min", std::floor(seconds / 3600), std::floor(std::fmod(seconds, 3600) / 60));
}

// ---- summary

std::string tile(const std::string& number, const std::string& what, const char* kind = "") {
  return join("<div class='tile", kind, "'><b>", escape_html(number), "</b><span>", escape_html(what), "</span></div>");
}

std::vector<double> recorded(const RunMetrics& metrics, const char* key) {
  std::vector<double> values;
  for (const auto& [step, line] : metrics.steps)
    if (const auto found = line.find(key)) values.push_back(*found);
  return values;
}

std::string mean_percent(const std::vector<double>& shares) {
  double sum = 0;
  for (const double share : shares) sum += share;
  return shares.empty() ? "–" : format("%.1f %%", 100 * sum / static_cast<double>(shares.size()));
}

std::string median_rate(std::vector<double> rates) {
  if (rates.empty()) return "–";
  std::nth_element(rates.begin(), rates.begin() + static_cast<long>(rates.size() / 2), rates.end());
  const double median = rates[rates.size() / 2];
  return format(median < 100 ? "%.1f" : "%.0f", median);
}

std::string summary_of(const RunFolderContent& run) {
  std::string out = "<div class=tiles>";
  if (run.evaluation.content && !run.evaluation.content->metrics.empty()) {
    const Metric& first = run.evaluation.content->metrics.front();
    const std::string chance = first.chance ? ", chance " + three_digits(first.chance) : "";
    out += tile(three_digits(first.weft), first.title + chance, " main");
  }
  if (run.metrics.content) {
    const RunMetrics& metrics = *run.metrics.content;
    const auto losses = recorded(metrics, "loss"), seconds = recorded(metrics, "seconds"),
               skipped = recorded(metrics, "skipped"), damaged = recorded(metrics, "damaged");
    out += tile(std::to_string(metrics.steps.rbegin()->first), "steps");
    out += tile(losses.empty() ? "–" : short_number(losses.back()), "final loss");
    out += tile(median_rate(recorded(metrics, "samples_per_second")), "samples/s, median");
    if (!seconds.empty()) out += tile(duration(seconds.back()), "training");
    out += tile(mean_percent(recorded(metrics, "data_wait")), "waiting for data");
    out += tile(mean_percent(recorded(metrics, "communication")), "communication");
    if (!skipped.empty() && skipped.back() > 0)
      out += tile(format("%.0f", skipped.back()), "steps skipped, not finite");
    if (!damaged.empty() && damaged.back() > 0)
      out += tile(format("%.0f", damaged.back()), "images that could not be read");
  }
  out += "</div>\n";
  if (run.metrics.content)
    for (const std::string& remark : run.metrics.content->remarks)
      out += "<p class=remark>" + escape_html(remark) + "</p>\n";
  return out;
}

// ---- curves

Curve curve_of(const RunMetrics& metrics, const char* key, const char* name, int color = 0) {
  Curve curve{.name = name, .points = {}, .color = color};
  for (const auto& [step, line] : metrics.steps)
    if (const auto found = line.find(key)) curve.points.emplace_back(static_cast<double>(step), *found);
  return curve;
}

std::vector<Curve> loss_curves(const RunMetrics& metrics) {
  std::map<std::string, Curve> terms;
  for (const auto& [step, line] : metrics.steps)
    for (const auto& [name, term] : line.terms) {
      terms[name].name = name;
      terms[name].points.emplace_back(static_cast<double>(step), term);
    }
  std::vector<Curve> curves{curve_of(metrics, "loss", "loss")};
  if (terms.size() < 2) return curves;  // a single term is the loss
  for (auto& [name, curve] : terms) {
    curve.color = 1 + static_cast<int>((curves.size() - 1) % 5);
    curves.push_back(std::move(curve));
  }
  return curves;
}

std::string curves_of(const RunFolderContent& run) {
  if (!run.metrics.content) return absent(run.metrics.reason);
  const RunMetrics& metrics = *run.metrics.content;
  std::string out = "<div class=charts>";
  out += draw_chart({.title = "Loss", .curves = loss_curves(metrics), .may_be_log = true, .smooth = true});
  out += draw_chart({.title = "Learning rate", .curves = {curve_of(metrics, "lr", "lr")}, .from_zero = true});
  out += draw_chart({.title = "Gradient norm",
                     .curves = {curve_of(metrics, "gradient_norm", "norm", 3)},
                     .may_be_log = true,
                     .smooth = true});
  out += draw_chart({.title = "Samples per second",
                     .curves = {curve_of(metrics, "samples_per_second", "rate", 2)},
                     .from_zero = true,
                     .smooth = true});
  out += draw_chart({.title = "Time not spent computing",
                     .curves = {curve_of(metrics, "data_wait", "waiting for data", 1),
                                curve_of(metrics, "communication", "communication", 4)},
                     .from_zero = true,
                     .smooth = true,
                     .percent = true});
  out += draw_chart({.title = "Logit scale", .curves = {curve_of(metrics, "logit_scale", "scale", 5)}});
  out += "</div>\n";
  if (metrics.steps.size() >= kLeastPointsToSmooth)
    out += join(
        "<p class=note>Faint lines are what was recorded; strong lines are running means (half-life 1 % of the run). ",
        "Point at a curve to read its values.</p>\n");
  return out;
}

std::string evaluation_of(const RunFolderContent& run) {
  return run.evaluation.content ? evaluation_html(*run.evaluation.content) : absent(run.evaluation.reason);
}

// ---- recipe and environment

std::string recipe_of(const RunFolderContent& run) {
  if (!run.recipe.content) return absent(run.recipe.reason);
  return join("<details><summary>Every setting of this run</summary><pre>", escape_html(*run.recipe.content),
              "</pre></details>\n");
}

std::string environment_of(const RunFolderContent& run) {
  if (!run.environment.content) return absent(run.environment.reason);
  std::string out = "<div class=card><table class=env><tbody>\n";
  for (auto [key, text] : *run.environment.content) {
    std::replace(key.begin(), key.end(), '_', ' ');
    out += join("<tr><th>", escape_html(key), "</th><td>", escape_html(text), "</td></tr>\n");
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace

void write_report(const Path& run_folder) {
  const RunFolderContent run = read_run_folder(run_folder);
  const std::string name = escape_html(run.name);
  write_atomically(run_folder / "report.html",
                   join("<!doctype html>\n<html lang=en><head><meta charset=utf-8>",
                        "<meta name=viewport content='width=device-width,initial-scale=1'><title>", name,
                        " · weft</title><style>", kReportStyle, "</style></head><body><main>\n<h1>", name,
                        "</h1><p class=lead>Report of a training run with weft</p>\n", summary_of(run),
                        "<h2>How the training went</h2>\n", curves_of(run),  //
                        "<h2>How well it does</h2>\n", evaluation_of(run),   //
                        "<h2>Recipe</h2>\n", recipe_of(run), "<h2>Environment</h2>\n", environment_of(run),
                        "<footer>Everything shown is inside this one file.</footer>\n</main></body></html>\n"));
}

}  // namespace weft
