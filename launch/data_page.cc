// SPDX-License-Identifier: Apache-2.0
#include "launch/data_page.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/base64.h"
#include "base/error.h"
#include "data/contact_sheet.h"
#include "launch/report_style.h"
#include "launch/svg.h"

namespace weft {
namespace {

constexpr size_t kMostPairs = 12, kShown = 12;
constexpr int kThumbnail = 132, kCardSide = 236;

// Beside launch/report_style.h; states look as they do on pictures (data/draw_evidence.cc).
constexpr char kStyle[] = R"css(
.verdict{border-left:5px solid var(--right);padding:12px 16px;margin:18px 0 0;background:var(--card);border-radius:4px}
.verdict.bad{border-color:var(--wrong)}.verdict ul{margin:6px 0 0;padding-left:1.2em}
.faint{color:var(--soft);font-size:.85rem}
.stack{display:flex;height:14px;min-width:140px;border-radius:4px;overflow:hidden;border:1px solid var(--line)}
.state{display:inline-block;background:var(--s)}
.key-line{display:flex;flex-wrap:wrap;gap:6px 18px;font-size:.85rem;color:var(--soft)}
.key-line .state{width:26px;height:13px;border-radius:3px;margin-right:6px;vertical-align:-2px;border:1px solid var(--line)}
.pos{--s:#0a9f80}.neg{background:repeating-linear-gradient(45deg,#ff5a28 0 3px,#ffb59c 3px 6px)}
.contradicted{background:repeating-linear-gradient(45deg,#0a9f80 0 4px,#ff5a28 4px 8px)}
.state.soft{background:repeating-linear-gradient(0deg,#5aa0ff 0 2px,#bcd8ff 2px 4px)}
.unknown{background:radial-gradient(#8a7000 1px,#f5cd14 1.4px) 0 0/5px 5px}
.candidate{background:repeating-linear-gradient(90deg,#be78ff 0 5px,#e3c8ff 5px 7px)}
.exists{--s:#ff82d2}.unsaid{background:transparent}
.wide{min-width:200px}.inner{padding-left:1.4em}
.whisker{stroke:var(--c);stroke-width:2}
.pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:12px}
.pair{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:10px;font-size:.8rem;overflow-wrap:anywhere}
.pair.leak{border-color:var(--wrong);border-width:2px}
.pair div{display:flex;gap:8px;margin-bottom:6px}.pair img{width:50%;object-fit:contain;border-radius:6px;background:#eef0f3}
.sheet{width:100%;border-radius:10px;border:1px solid var(--line)}
.bars rect{fill:var(--c)}
.half{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:14px}
)css";

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, std::fabs(value) >= 1000 && std::fabs(value) < 1e9 ? "%.0f" : "%.4g", value);
  return text;
}

std::string tile(const std::string& value, const std::string& what) {
  return join("<div class=tile><b>", escape_html(value), "</b><span>", escape_html(what), "</span></div>");
}

std::string png_source(const Image& image) {
  const Bytes png = encode_png(image);
  return "data:image/png;base64," + base64(png);
}

std::string verdict_of(const DatasetCheck& found) {
  std::string out =
      join("<div class='verdict", found.is_sound() ? "" : " bad", "'><b>The dataset is ",
           found.is_sound() ? "sound" : "NOT sound", ".</b> ",
           found.is_sound() ? "Every file has its hash, every picture was decoded, no group is in two splits."
                            : "What is wrong:");
  const auto list = [&](const std::vector<std::string>& lines, size_t most) {
    out += "<ul>";
    for (size_t i = 0; i < std::min(most, lines.size()); ++i) out += "<li>" + escape_html(lines[i]) + "</li>";
    if (lines.size() > most) out += join("<li>and ", lines.size() - most, " more</li>");
    out += "</ul>";
  };
  if (!found.damaged.empty()) list(found.damaged, 20);
  if (!found.straddling.empty()) list(found.straddling, 20);
  out += "</div>\n";
  const std::vector<std::string> remarks = found.remarks();
  if (remarks.empty()) return out;
  out += "<div class='verdict bad'><b>Worth a look</b>";
  list(remarks, 20);
  return out + "</div>\n";
}

std::string tiles_of(const DatasetCheck& found) {
  size_t statements = 0, regions = 0;
  for (const auto& [name, layer] : found.labels.layers) {
    statements += layer.records;
    for (const auto& [scope, count] : layer.scopes)
      if (scope != "image" && scope != "bag" && scope != "pair") regions += count;
  }
  return join("<div class=tiles>", tile(std::to_string(found.samples), "samples"),
              tile(std::to_string(found.split_groups.at("all")), "groups"),
              tile(std::to_string(found.labels.vocabulary), "different texts"),
              tile(std::to_string(statements), "statements"), tile(std::to_string(regions), "of them about regions"),
              tile(std::to_string(found.twins.equal + found.twins.alike), "pairs of near-equal pictures"), "</div>\n");
}

std::string splits_of(const DatasetCheck& found) {
  std::string out =
      "<div class='card scroll'><table><thead><tr><th>split</th><th class=n>samples</th><th class=n>groups</th>"
      "<th class=n>share</th><th></th></tr></thead><tbody>\n";
  for (const auto& [split, samples] : found.split_samples) {
    const double share = found.samples == 0 ? 0 : static_cast<double>(samples) / static_cast<double>(found.samples);
    out += join("<tr><th>", escape_html(split), "</th><td class=n>", samples, "</td><td class=n>",
                found.split_groups.at(split), "</td><td class=n>", percent(share),
                "</td><td class=wide><div class=stack><i class='state pos' style='width:", number(100 * share),
                "%'></i></div></td></tr>\n");
  }
  return out + "</tbody></table></div>\n";
}

template <class Key>
std::string counts_row(const char* what, const std::map<Key, size_t>& counts) {
  std::vector<std::pair<size_t, std::string>> order;
  for (const auto& [key, count] : counts) order.emplace_back(count, join(key));
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (size_t i = 0; i < std::min<size_t>(8, order.size()); ++i)
    text += join(i == 0 ? "" : ", ", order[i].second, " <span class=faint>(", order[i].first, ")</span>");
  if (order.size() > 8) text += join(", and ", order.size() - 8, " more");
  return join("<tr><th>", what, "</th><td>", text, "</td></tr>\n");
}

std::string pictures_of(const PictureStatistics& pictures) {
  const double most = std::max(pictures.width.most, pictures.height.most);
  std::string out =
      "<div class='card scroll'><table><thead><tr><th></th><th class=n>least</th><th class=n>median</th>"
      "<th class=n>most</th><th>5, 25, 50, 75, 95 %</th></tr></thead><tbody>\n";
  const auto row = [&](const char* what, const Quantiles& q, double high) {
    if (q.count == 0) return;
    out += join("<tr><th>", what, "</th><td class=n>", number(q.least), "</td><td class=n>", number(q.median),
                "</td><td class=n>", number(q.most), "</td><td>", draw_quantiles(q, 0, high), "</td></tr>\n");
  };
  row("width", pictures.width, most);
  row("height", pictures.height, most);
  row("width / height", pictures.aspect, std::max(2.0, pictures.aspect.most));
  row("slices", pictures.views, pictures.views.most);
  row("bytes", pictures.bytes, pictures.bytes.most);
  out += "</tbody></table><table class=env><tbody>\n";
  out += counts_row("sizes", pictures.sizes) + counts_row("codecs", pictures.codecs) +
         counts_row("channels", pictures.channels) + counts_row("bits of a value", pictures.bits) +
         counts_row("EXIF orientations", pictures.orientations);
  if (!pictures.spacings.empty()) out += counts_row("spacing", pictures.spacings);
  return out + "</tbody></table></div>\n";
}

std::string histogram_of(const std::string& title, const Intensity::Channel& channel, size_t color) {
  const double most = std::max(1u, *std::max_element(channel.histogram.begin(), channel.histogram.end()));
  size_t used = channel.histogram.size();
  while (used > 1 && channel.histogram[used - 1] == 0) --used;
  const double width = 416.0 / static_cast<double>(used);
  std::string bars;
  for (size_t i = 0; i < used; ++i) {
    const double height = 92 * channel.histogram[i] / most;
    bars += join("<rect x=", number(4 + width * static_cast<double>(i)), " y=", number(98 - height),
                 " width=", number(width - 1), " height=", number(height), " />");
  }
  return join("<figure class=chart><figcaption><b>", escape_html(title), "</b><span class=note>mean ",
              number(channel.mean), ", deviation ", number(channel.deviation), "</span></figcaption><svg class='bars c",
              color, "' viewBox='0 0 424 118' role=img aria-label='histogram'>", bars,
              "<path class=axis d='M4 98H420'/><text class=tick x=4 y=112>", number(channel.low),
              "</text><text class=tick x=212 y=112 text-anchor=middle>median ", number(channel.median),
              "</text><text class=tick x=420 y=112 text-anchor=end>", number(channel.high), "</text></svg></figure>\n");
}

std::string intensities_of(const PictureStatistics& pictures) {
  std::string out = "<div class=half>";
  for (const auto& [kind, intensity] : pictures.intensities)
    for (size_t c = 0; c < intensity.channels.size(); ++c) {
      constexpr std::array<size_t, 4> kRed = {4, 2, 0, 5};  // red, green, blue, alpha
      const bool is_colour = intensity.channels.size() >= 3;
      constexpr std::array<const char*, 4> kNames = {"red", "green", "blue", "alpha"};
      const std::string channel = is_colour && c < 4               ? kNames[c]
                                  : intensity.channels.size() == 1 ? "values"
                                                                   : join("channel ", c);
      out += histogram_of(join(kind, ": ", channel), intensity.channels[c], is_colour && c < 4 ? kRed[c] : 5);
    }
  return out +
         "</div>\n<p class=note>Values of an evenly spread sample of pixels, from the 0.5 to the 99.5 "
         "percentile.</p>\n";
}

std::string texts_of(const LabelStatistics& labels) {
  if (labels.words.count == 0) return "";
  return join("<p class=lead>A text that is said of a whole sample has ", number(labels.words.least), " to ",
              number(labels.words.most), " words, ", number(labels.words.median), " in the median, and ",
              number(labels.letters.median), " letters (95 %: at most ", number(labels.letters.p95), "). ",
              labels.without_text, " samples have no text of their own.</p>\n");
}

std::string pair_of(const Twin& twin, const Store& store) {
  const CardSettings small{.side = kThumbnail, .evidence = false, .most_lines = 0, .view = {}};
  std::string out = join("<div class='pair", twin.leaks() ? " leak" : "", "'><div>");
  for (const uint32_t sample : {twin.a, twin.b})
    out += join("<img alt='sample ", sample, "' src='", png_source(sample_card(store, sample, small)), "'>");
  return out + join("</div>#", twin.a, " ", escape_html(store.info(twin.a).key), " <b>", escape_html(twin.split_a),
                    "</b><br>#", twin.b, " ", escape_html(store.info(twin.b).key), " <b>", escape_html(twin.split_b),
                    "</b><br>", twin.is_equal ? "equal pixels" : join(twin.bits, " of 64 bits differ"),
                    twin.same_group ? ", one group" : ", two groups", "</div>\n");
}

std::string copies_of(const DatasetCheck& found, const Store& store) {
  const TwinStatistics& twins = found.twins;
  std::string out = join("<p class=lead>", twins.equal, " pairs of equal pixels and ", twins.alike,
                         " that look alike. In two splits: ", twins.leaking,
                         "; of two groups in one split: ", twins.between_groups, ".</p>\n");
  if (!twins.pairs.empty()) {
    out += "<div class=pairs>";
    for (size_t i = 0; i < std::min(kMostPairs, twins.pairs.size()); ++i) out += pair_of(twins.pairs[i], store);
    out += "</div>\n";
  }
  return out + join(
                   "<p class=note>Alike: the 64-bit difference hashes (of 9 x 8 grey area means) differ in few bits "
                   "and grey 16 x 16 "
                   "miniatures correlate by 0.98 or more. Mirrored, turned or cropped copies are not found. ",
                   twins.flat, " pictures without contrast were compared with none.</p>\n");
}

std::string shuffle_of(const ShuffleStatistics& shuffle) {
  std::string out = join(
      "<h2>Shuffle</h2>\n<div class='card scroll'><table><thead><tr><th>pairs of one</th><th class=n>met in a "
      "batch of ",
      shuffle.batch, "</th><th class=n>by chance</th><th class=n>ratio</th></tr></thead><tbody>\n");
  for (const ShuffleStatistics::Collisions& one : shuffle.collisions)
    out += join("<tr><th>", escape_html(one.what), "</th><td class=n>", number(one.met), " ± ", number(one.deviation),
                "</td><td class=n>", number(one.expected), "</td><td class=n>", number(one.ratio()), "</td></tr>\n");
  return out + "</tbody></table></div>\n";
}

std::string samples_of(const DatasetCheck& found, const Store& store) {
  std::vector<uint32_t> readable, samples;
  for (uint32_t i = 0; i < store.size(); ++i)
    if (!std::binary_search(found.unreadable.begin(), found.unreadable.end(), i)) readable.push_back(i);
  const size_t wanted = std::min(kShown, readable.size());
  for (size_t i = 0; i < wanted; ++i) samples.push_back(readable[i * readable.size() / wanted]);
  if (samples.empty()) return "<p class='card absent'>No sample can be read.</p>\n";
  const CardSettings settings{.side = kCardSide, .evidence = true, .most_lines = 12, .view = {}};
  return join("<p class=lead>", wanted, " samples, evenly spread, with what is said of them.</p>\n",
              "<img class=sheet alt='samples with their evidence' src='",
              png_source(contact_sheet(store, samples, 4, settings)), "'>\n");
}

}  // namespace

std::string data_page(const DatasetCheck& found, const Store& store) {
  const std::string name = escape_html(found.name);
  return join(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>",
      "<meta name=viewport content='width=device-width,initial-scale=1'><title>", name, " · weft</title><style>",
      kReportStyle, kStyle, "</style></head><body><main>\n<h1>", name,
      "</h1><p class=lead>What this dataset holds. Licence: ", escape_html(found.licence), "</p>\n", verdict_of(found),
      tiles_of(found),                                                                                 //
      "<h2>Splits</h2>\n", splits_of(found),                                                           //
      "<h2>Samples</h2>\n", samples_of(found, store),                                                  //
      "<h2>Labels</h2>\n", texts_of(found.labels), concepts_part(found.labels, found.samples),         //
      "<h2>Evidence layers</h2>\n", layers_part(found.labels, found.samples),                          //
      regions_part(found.labels), parts_part(found.labels), contradictions_part(found.labels, store),  //
      "<h2>Pictures</h2>\n", pictures_of(found.pictures), "<h2>Intensities</h2>\n", intensities_of(found.pictures),
      "<h2>Copies and leaks</h2>\n", copies_of(found, store),  //
      found.shuffle ? shuffle_of(*found.shuffle) : "",
      "<footer>Everything shown is inside this one file, pictures included: share it only where the dataset may be "
      "shared.</footer>\n</main></body></html>\n");
}

}  // namespace weft
