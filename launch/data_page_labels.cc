// SPDX-License-Identifier: Apache-2.0
// What launch/data_page.cc shows of labels.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "base/error.h"
#include "launch/data_page.h"
#include "launch/svg.h"

namespace weft {
namespace {

constexpr size_t kMostOpen = 25, kMostShown = 200;

// As a legend says it; the class of the style sheet is name_of(known).
const char* words_of(Known known) {
  constexpr std::array<const char*, kKnownStates> kWords = {
      "unsaid", "unknown (asserted)", "candidate", "soft", "exists", "negative", "positive", "contradicted"};
  return kWords.at(static_cast<size_t>(known));
}

// The order of legends and stacks.
constexpr std::array<Known, kKnownStates> kOrder = {Known::pos,    Known::neg,     Known::contradicted,
                                                    Known::soft,   Known::unknown, Known::candidate,
                                                    Known::exists, Known::unsaid};

// A row of coloured pieces, as long as their shares.
std::string stack_of(const StateCounts& counts, size_t samples) {
  std::string out = "<div class=stack>";
  for (const Known known : kOrder) {
    const size_t count = counts[known];
    if (count == 0) continue;
    char width[24];
    std::snprintf(width, sizeof width, "%.3f", 100.0 * static_cast<double>(count) / static_cast<double>(samples));
    out += join("<i class='state ", name_of(known), "' style='width:", width, "%' title='", words_of(known), ": ",
                count, "'></i>");
  }
  return out + "</div>";
}

std::string count_cell(size_t count) {
  return join("<td class=n>", count == 0 ? "·" : std::to_string(count), "</td>");
}

std::string interval_of(const Share& share) {
  return draw_comparison(
      {.ours = share.value(), .low = share.low(), .high = share.high(), .chance = {}, .others = {}, .most = 1});
}

std::string states_row(const std::string& head, const StateCounts& counts, size_t samples) {
  const Share prevalence = counts.prevalence();
  size_t others = 0;
  for (const Known state : {Known::soft, Known::unknown, Known::candidate, Known::exists, Known::contradicted})
    others += counts[state];
  std::string out =
      join("<tr>", head, count_cell(counts[Known::pos]), count_cell(counts[Known::neg]), count_cell(others),
           count_cell(counts[Known::unsaid]), "<td>", stack_of(counts, samples), "</td>");
  if (prevalence.of > prevalence.hits)
    out += join("<td class=n>", percent(prevalence.value()), "</td><td>", interval_of(prevalence), "</td>");
  else
    out += "<td class='n faint'>–</td><td class=faint>none verified as absent</td>";
  return out + "</tr>\n";
}

std::string concept_rows(const LabelStatistics& labels, size_t begin, size_t end, size_t samples) {
  std::string out =
      "<div class=scroll><table><thead><tr><th>text</th><th class=n>positive</th><th class=n>negative</th>"
      "<th class=n>other</th><th class=n>unsaid</th><th class=wide>samples</th><th class=n>prevalence</th>"
      "<th>among those verified, 95 % interval</th></tr></thead><tbody>\n";
  for (size_t i = begin; i < end; ++i) {
    const ConceptStatistics& one = labels.concepts[i];
    out += states_row("<th>" + escape_html(one.text) + "</th>", one.all, samples);
    for (const auto& [layer, counts] : one.layers)
      if (one.layers.size() > 1)
        out += states_row("<td class='faint inner'>says " + escape_html(layer) + "</td>", counts, samples);
  }
  return out + "</tbody></table></div>";
}

std::string list_of(const std::map<std::string, size_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) text += join(text.empty() ? "" : ", ", name, " ", count);
  return text;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return text;
}

}  // namespace

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, share != 0 && std::fabs(share) < 0.01 ? "%.2g %%" : "%.1f %%", 100 * share);
  return text;
}

std::string draw_quantiles(const Quantiles& q, double low, double high) {
  const auto at = [&](double value) {
    const double share =
        low > 0 ? std::log(std::max(value, low) / low) / std::log(high / low) : (value - low) / (high - low);
    return number(4 + 232 * std::clamp(share, 0.0, 1.0));
  };
  if (q.count == 0 || !(high > low)) return "";
  return join("<svg class=compare viewBox='0 0 240 22' aria-hidden=true><path class=axis d='M4 11H236'/>",
              "<path class='whisker c0' d='M", at(q.p05), " 11H", at(q.p95), "'/><path class='interval c0' d='M",
              at(q.p25), " 11H", at(q.p75), "'/><path class=chance d='M", at(q.median), " 3v16'/></svg>");
}

std::string concepts_part(const LabelStatistics& labels, size_t samples) {
  if (labels.concepts.empty()) return "<p class='card absent'>No text is said of any sample.</p>\n";
  const size_t open = std::min(kMostOpen, labels.concepts.size());
  const size_t shown = std::min(kMostShown, labels.concepts.size());
  std::string out = "<p class=key-line>";
  for (const Known known : kOrder)
    out += join("<span><i class='state ", name_of(known), "'></i>", words_of(known), "</span>");
  out += "</p>\n<div class=card>" + concept_rows(labels, 0, open, samples) + "</div>\n";
  if (shown > open)
    out += join("<details><summary>The next ", shown - open, " texts</summary>",
                concept_rows(labels, open, shown, samples), "</details>\n");
  if (labels.concepts.size() > shown)
    out += join("<p class=note>", labels.concepts.size() - shown, " more texts are in the JSON.</p>\n");
  return out +
         "<p class=note>Positive: true of some place in the sample, or of all of it. Negative: verified as absent, or "
         "not "
         "listed by an exhaustive labelling. Unsaid is neither: nobody looked, or nobody wrote it down. What follows "
         "from "
         "more general and more special texts is counted.</p>\n";
}

std::string layers_part(const LabelStatistics& labels, size_t samples) {
  if (labels.layers.empty()) return "";
  std::string out =
      "<div class='card scroll'><table><thead><tr><th>layer</th><th class=n>statements</th><th class=n>samples</th>"
      "<th>kinds</th><th>scopes</th><th>regions are</th><th>closed list</th></tr></thead><tbody>\n";
  for (const auto& [name, layer] : labels.layers)
    out += join("<tr><th>", escape_html(name), "</th><td class=n>", layer.records, "</td><td class=n>", layer.samples,
                " of ", samples, "</td><td>", list_of(layer.kinds), "</td><td>", list_of(layer.scopes), "</td><td>",
                layer.regions.empty() ? "not said" : list_of(layer.regions), "</td><td>",
                layer.classes == 0 ? "none" : join(layer.classes, ", exhaustive in ", layer.exhaustive, " samples"),
                "</td></tr>\n");
  return out + "</tbody></table></div>\n";
}

std::string regions_part(const LabelStatistics& labels) {
  double least = 1;
  size_t shown = 0;
  for (const ConceptStatistics& one : labels.concepts)
    if (one.area.count > 0 && one.area.least > 0) least = std::min(least, one.area.p05);
  std::string rows;
  for (const ConceptStatistics& one : labels.concepts) {
    if (one.regions.empty() || shown == kMostOpen) continue;
    ++shown;
    rows += join("<tr><th>", escape_html(one.text), "</th><td>", list_of(one.regions), "</td>");
    if (one.area.count > 0)
      rows += join("<td class=n>", percent(one.area.median), "</td><td>", draw_quantiles(one.area, least / 2, 1),
                   "</td><td class=n>", number(one.side.least), "</td><td class=n>", number(one.side.median),
                   "</td><td class=n>", number(one.side.most), "</td></tr>\n");
    else
      rows += "<td class=n>–</td><td></td><td class=n>–</td><td class=n>–</td><td class=n>–</td></tr>\n";
  }
  if (rows.empty()) return "";
  return join(
      "<h2>Regions</h2>\n<div class='card scroll'><table><thead><tr><th>text</th><th>regions</th>",
      "<th class=n>median area</th><th>5, 25, 50, 75, 95 % of areas</th><th class=n>least side</th>",
      "<th class=n>median side</th><th class=n>greatest side</th></tr></thead><tbody>\n", rows,
      "</tbody></table></div>\n<p class=note>Areas of boxes and masks as shares of the picture, on a logarithmic axis ",
      "from ", percent(least / 2), " to 100 %; a side is the square root of an area in pixels. The ", shown,
      " most frequent texts that have regions.</p>\n");
}

std::string parts_part(const LabelStatistics& labels) {
  if (labels.parts.empty()) return "";
  std::string out = join(
      "<h2>What hardly occurs without what</h2>\n<div class='card "
      "scroll'><table><thead><tr><th>text</th><th>without</th>",
      "<th class=n>share</th><th>95 % interval</th><th class=n>samples</th>",
      "<th class=n>named as its whole</th></tr></thead><tbody>\n");
  for (size_t i = 0; i < std::min(kMostOpen, labels.parts.size()); ++i) {
    const PartOf& one = labels.parts[i];
    out += join("<tr><th>", escape_html(one.child), "</th><th>", escape_html(one.parent), "</th>");
    out += one.separate.of > 0
               ? join("<td class=n>", percent(one.separate.value()), "</td><td>", interval_of(one.separate), "</td>")
               : "<td class=n>–</td><td class=faint>never verified together</td>";
    out += join("<td class=n>", one.separate.of, "</td><td class=n>",
                one.attached.of > 0 ? join(one.attached.hits, " of ", one.attached.of) : "–", "</td></tr>\n");
  }
  return out +
         "</tbody></table></div>\n<p class=note>Share: of the samples in which the first is present and the second was "
         "verified, those in which the second is absent; near 0 for an arm and its body, near 1 for what exists by "
         "itself. To occur together is not yet to be a part: that was said only where regions name a whole (last "
         "column).</p>\n";
}

std::string contradictions_part(const LabelStatistics& labels, const Store& store) {
  if (labels.contradictions.empty()) return "";
  const auto names = [](const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& name : list) text += (text.empty() ? "" : ", ") + name;
    return escape_html(text);
  };
  std::string out =
      join("<h2>Contradictions</h2>\n<p class=lead>", labels.within, " within a layer, ", labels.across,
           " between layers. Both statements are kept.</p>\n<div class='card scroll'><table><thead><tr>",
           "<th>sample</th><th>text</th><th>true, says</th><th>not true, says</th></tr></thead><tbody>\n");
  for (size_t i = 0; i < std::min(kMostOpen, labels.contradictions.size()); ++i) {
    const Contradiction& one = labels.contradictions[i];
    out +=
        join("<tr><td>#", one.sample, " ", escape_html(store.info(one.sample).key), "</td><th>", escape_html(one.text),
             "</th><td>", names(one.says_yes), "</td><td>", names(one.says_no), "</td></tr>\n");
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace weft
