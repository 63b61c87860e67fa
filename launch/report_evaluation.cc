// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "launch/report_data.h"
#include "launch/report_parts.h"
#include "launch/svg_unit.h"

namespace weft {
namespace {

constexpr size_t kConceptsShown = 8, kOneSidedShown = 20;

// ---- figures

double greatest(const Metric& metric) {
  double most = std::max({metric.weft.value_or(0), metric.high.value_or(0), metric.chance.value_or(0)});
  for (const auto& baseline : metric.baselines) most = std::max(most, baseline.second);
  return most;
}

std::string comparison_of(const Metric& metric) {
  if (!metric.weft) return "";
  Comparison comparison{.ours = *metric.weft,
                        .low = metric.low,
                        .high = metric.high,
                        .chance = metric.chance,
                        .others = {},
                        .most = greatest(metric) <= 1 ? 1 : greatest(metric)};
  for (const auto& baseline : metric.baselines) comparison.others.push_back(baseline.second);
  return draw_comparison(comparison);
}

std::string row_of(const Metric& metric, const std::vector<std::string>& baselines) {
  std::string out = join(
      "<tr><th>", escape_html(metric.title), metric.lower_is_better ? " <span class=soft>(lower is better)</span>" : "",
      "</th><td class='n ours'>", three_digits(metric.weft), "</td><td class=n>",
      metric.low && metric.high ? three_digits(metric.low) + " – " + three_digits(metric.high) : "–", "</td>");
  for (const std::string& name : baselines) {
    const auto found = metric.baselines.find(name);
    out += "<td class=n>" + (found == metric.baselines.end() ? "–" : three_digits(found->second)) + "</td>";
  }
  return out + join("<td class=n>", three_digits(metric.chance), "</td><td>", comparison_of(metric), "</td></tr>\n");
}

// One table for each group of figures, with the baselines that occur in it.
std::string tables_of(const std::vector<Metric>& metrics) {
  std::string out;
  for (size_t begin = 0, end = 0; begin < metrics.size(); begin = end) {
    std::vector<std::string> baselines;
    for (; end < metrics.size() && metrics[end].group == metrics[begin].group; ++end)
      for (const auto& baseline : metrics[end].baselines)
        if (std::find(baselines.begin(), baselines.end(), baseline.first) == baselines.end())
          baselines.push_back(baseline.first);
    if (!metrics[begin].group.empty()) out += "<h3>" + escape_html(metrics[begin].group) + "</h3>\n";
    out +=
        "<div class='card scroll'><table><thead><tr><th>metric</th><th class=n>weft</th><th class=n>95 % interval</th>";
    for (const std::string& name : baselines) out += "<th class=n>" + escape_html(name) + "</th>";
    out += "<th class=n>chance</th><th></th></tr></thead><tbody>\n";
    for (size_t i = begin; i < end; ++i) out += row_of(metrics[i], baselines);
    out += "</tbody></table></div>\n";
  }
  return out + join("<p class=note>Dot: weft, with its interval. Diamond: baseline. Tick: chance. ",
                    "The axis goes from 0 to 1, or to the greatest value where that is more.</p>\n");
}

// ---- pictures

// Keys are long; they may break after their joints.
std::string breakable(const std::string& key) {
  std::string out;
  for (const char c : key) {
    out += escape_html({&c, 1});
    if (c == '_' || c == '-' || c == '/') out += "<wbr>";
  }
  return out;
}

std::string shots_of(const std::vector<GalleryItem>& items) {
  std::string out = "<div class=shots>";
  for (const GalleryItem& item : items)
    out += join("<figure class='shot ", item.right ? "right" : "wrong", "'><img alt='", escape_html(item.key),
                "' src='data:image/png;base64,", escape_html(item.png), "'><i>", item.right ? "✓" : "✗", "</i>",
                format("%.2f", item.score), "<br>", breakable(item.key), "</figure>");
  return out + "</div>";
}

std::string query_of(const Gallery& gallery) {
  const auto right =
      std::count_if(gallery.items.begin(), gallery.items.end(), [](const GalleryItem& i) { return i.right; });
  return join("<div class=query><h3>“", escape_html(gallery.text), "”<span>", right, " of ", gallery.items.size(),
              " right</span></h3>", shots_of(gallery.items), "</div>\n");
}

std::string galleries_of(const std::vector<Gallery>& galleries) {
  const std::string title = "<h2>What it finds</h2>\n";
  if (galleries.empty()) return title + absent("The evaluation kept no pictures.");
  std::string out = join(
      title,
      "<p class=lead>For each text the images that score highest, best first: <span class='sample right'>✓</span> ",
      "the text is true of the image, <span class='sample wrong'>✗</span> it is not known to be.</p>",
      "<div class=queries>\n");
  for (const Gallery& gallery : galleries) out += query_of(gallery);
  return out + "</div>\n";
}

std::string episodes_of(const std::vector<Gallery>& episodes) {
  std::string out =
      "<h2>What it cuts out</h2>\n<p class=lead>One object of a picture, click by click: its outline in green, the "
      "mask in "
      "orange; light discs ask for a place, dark ones take one away. Below, the IoU; ✓ from .85.</p>\n<div "
      "class=queries>\n";
  for (const Gallery& episode : episodes)
    out += join("<div class=query><h3>", breakable(episode.text), "</h3>", shots_of(episode.items), "</div>\n");
  return out + "</div>\n";
}

std::string confusions_of(const ClassifierPart& part) {
  if (part.confusions.empty()) return "";
  std::string out = join("<h3>Taken for each other, ", escape_html(part.title), "</h3><div class=queries>\n");
  for (const ConfusionPart& one : part.confusions)
    out +=
        join("<div class=query><h3>“", escape_html(one.truth), "” taken for “", escape_html(one.predicted), "”<span>",
             one.images, one.images == 1 ? " image" : " images", "</span></h3>", shots_of(one.items), "</div>\n");
  return out + "</div>\n";
}

// ---- calibration

std::string reliability_of(const std::string& title, const Reliability& reliability) {
  UnitPlot plot{.title = title, .x = "probability said", .y = "share that was right", .diagonal = true};
  for (const auto& [name, bins, color] : {std::tuple("bins of equal mass", &reliability.equal_mass, 0),
                                          std::tuple("bins of equal width", &reliability.equal_width, 1)}) {
    UnitCurve curve{.name = name, .color = color, .marks = true};
    for (const ReliabilityDot& bin : *bins) {
      curve.points.emplace_back(bin.p, bin.outcome);
      curve.readings.push_back(
          join(format("said %.3f, right %.3f, ", bin.p, bin.outcome), bin.items, bin.items == 1 ? " item" : " items"));
    }
    plot.curves.push_back(std::move(curve));
  }
  return draw_unit_plot(plot);
}

std::string calibration_of(const Evaluation& evaluation) {
  std::string plots;
  for (const ClassifierPart& part : evaluation.classifiers) plots += reliability_of(part.title, part.reliability);
  for (const VerifiedPart& part : evaluation.verified)
    if (!part.reliability.equal_mass.empty()) plots += reliability_of(part.title, part.reliability);
  if (plots.empty()) return "";
  return join(
      "<h2>Is it as sure as it is right?</h2>\n<p class=lead>On the dashed line what is said with probability p is ",
      "right in a share p of the cases; below it the model is too sure.</p><div class=squares>", plots, "</div>\n");
}

std::string left_out_of(const ClassifierPart& part) {
  return join("<p class=note>", escape_html(part.title), ": ", part.images, " images of exactly one of ", part.classes,
              " classes; left out: ", part.several, " of several, ", part.without, " of none that is known.</p>\n");
}

// ---- verified texts

std::string concept_rows(const std::vector<ConceptRow>& rows, size_t begin, size_t end) {
  std::string out;
  for (size_t i = begin; i < end; ++i) {
    const ConceptRow& row = rows[i];
    out += join("<tr><th>", escape_html(row.text), "</th><td class=n>", row.positives, "</td><td class=n>",
                row.negatives, "</td><td class='n ours'>", three_digits(row.ap), "</td><td>",
                draw_comparison({.ours = row.ap, .low = {}, .high = {}, .chance = row.chance, .others = {}}),
                "</td><td class=n>", three_digits(row.auroc), "</td><td class=n>", three_digits(row.sensitivity),
                "</td></tr>\n");
  }
  return out;
}

std::string concepts_of(const VerifiedPart& part) {
  std::vector<ConceptRow> rows = part.concepts;
  std::stable_sort(rows.begin(), rows.end(), [](const ConceptRow& a, const ConceptRow& b) {
    return std::pair(a.ap, a.positives) > std::pair(b.ap, b.positives);
  });
  std::string out =
      join("<h3>", escape_html(part.title), "</h3><div class='card scroll'><table><thead><tr><th>text</th>",
           "<th class=n>true of</th><th class=n>not true of</th><th class=n>AP</th><th></th>",
           "<th class=n>AUROC</th><th class=n>sensitivity at specificity ", short_number(part.specificity),
           "</th></tr></thead><tbody>\n");
  const bool all = rows.size() <= 2 * kConceptsShown + 1;
  out += concept_rows(rows, 0, all ? rows.size() : kConceptsShown);
  if (!all) {
    out += join("<tr><td colspan=7 class=soft>… ", rows.size() - 2 * kConceptsShown, " texts between …</td></tr>\n");
    out += concept_rows(rows, rows.size() - kConceptsShown, rows.size());
  }
  out += "</tbody></table></div>\n<p class=note>Best first. Dot: AP. Tick: chance.</p>\n";
  if (part.one_sided.empty()) return out;
  out += join("<p class=note>", part.one_sided.size(), part.one_sided.size() == 1 ? " text" : " texts",
              " of which one kind is known alone, not judged: ");
  for (size_t i = 0; i < std::min(part.one_sided.size(), kOneSidedShown); ++i)
    out += (i ? ", “" : "“") + escape_html(part.one_sided[i]) + "”";
  return out + (part.one_sided.size() > kOneSidedShown ? ", …</p>\n" : "</p>\n");
}

std::string curves_of(const VerifiedPart& part) {
  UnitPlot roc{.title = "ROC, " + part.title, .x = "1 - specificity", .y = "sensitivity", .diagonal = true};
  UnitPlot precision{.title = "Precision and recall, " + part.title, .x = "recall", .y = "precision"};
  for (const ConceptCurves& one : part.curves) {
    const auto color = static_cast<int>(roc.curves.size());
    roc.curves.push_back({.name = one.text, .color = color, .points = one.roc});
    precision.curves.push_back({.name = one.text, .color = color, .points = one.precision});
  }
  return join("<div class=squares>", draw_unit_plot(roc), draw_unit_plot(precision), "</div>\n",
              "<p class=note>Of the texts of which most is known both ways.</p>\n");
}

std::string verified_of(const Evaluation& evaluation) {
  if (evaluation.verified.empty()) return "";
  std::string out = "<h2>Text by text</h2>\n";
  for (const VerifiedPart& part : evaluation.verified) out += concepts_of(part) + curves_of(part);
  return out;
}

}  // namespace

std::string evaluation_html(const Evaluation& evaluation) {
  const std::string texts = evaluation.texts > 0 ? join(" and ", evaluation.texts, " texts") : "";
  std::string out = join("<p class=lead>", evaluation.images, " images", texts, " of the split “",
                         escape_html(evaluation.split), "”.</p>\n", tables_of(evaluation.metrics));
  for (const ClassifierPart& part : evaluation.classifiers) out += left_out_of(part);
  out += calibration_of(evaluation) + verified_of(evaluation);
  std::string confusions;
  for (const ClassifierPart& part : evaluation.classifiers) confusions += confusions_of(part);
  if (!confusions.empty()) out += "<h2>What it mixes up</h2>\n" + confusions;
  return out + (evaluation.episodes.empty() ? galleries_of(evaluation.galleries) : episodes_of(evaluation.episodes));
}

}  // namespace weft
