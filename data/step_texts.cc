// SPDX-License-Identifier: Apache-2.0
#include "data/step_texts.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "base/error.h"

namespace weft {
namespace {

constexpr std::string_view kPlace = "{}";  // of the text in a template

void check_places(const Sources::Source& source, const char* key, const std::vector<std::string>& templates) {
  for (const std::string& form : templates) {
    const size_t place = form.find(kPlace);
    check(place != std::string::npos && form.find(kPlace, place + 1) == std::string::npos, "source ", source.name, ": ",
          key, " has \"", form, "\"; wanted one {} in it, where the text goes");
  }
}

// One of the templates, drawn where there are several, with the text in its place.
std::string worded(const std::vector<std::string>& templates, const std::string& text, Stream& stream) {
  if (templates.empty()) return text;
  std::string words = templates[templates.size() > 1 ? stream.below(templates.size()) : 0];
  return words.replace(words.find(kPlace), kPlace.size(), text);
}

// `wanted` of the rows, in an order that is drawn.
std::vector<uint32_t> some_of(std::vector<uint32_t> rows, int64_t wanted, Stream& stream) {
  const size_t count = std::min(rows.size(), static_cast<size_t>(wanted));
  for (size_t i = 0; i < count; ++i) std::swap(rows[i], rows[i + stream.below(rows.size() - i)]);
  rows.resize(count);
  return rows;
}

std::vector<uint32_t> rows_said(const std::vector<TextStatement>& statements, Kind kind) {
  std::vector<uint32_t> rows;  // ascending
  for (const TextStatement& said : statements)
    if (said.kind == kind && (rows.empty() || rows.back() != said.row)) rows.push_back(said.row);
  return rows;
}

// Said or denied by what is exhaustive, and not contradicted.
std::vector<uint32_t> negative_rows(const Sources& sources, uint32_t sample, const std::vector<uint32_t>& positive) {
  std::vector<uint32_t> rows = rows_said(sources.texts(sample), Kind::neg);
  for (const TextStatement& denied : sources.denied(sample)) rows.push_back(denied.row);
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  std::erase_if(rows, [&](uint32_t row) { return std::binary_search(positive.begin(), positive.end(), row); });
  return rows;
}

}  // namespace

void check_templates(const Sources& sources, int64_t negatives_per_image) {
  for (const Sources::Source& source : sources.sources()) {
    check_places(source, "templates", source.settings->templates);
    check_places(source, "negation", source.settings->negation);
    check(source.settings->negation.empty() || negatives_per_image > 0, "source ", source.name,
          " has negation templates, but data.negatives_per_image is 0: no negative would be drawn for them");
  }
}

std::vector<DrawnText> draw_texts(const Sources& sources, uint32_t sample, const SourceSettings& source, int64_t texts,
                                  int64_t negatives, Stream stream) {
  std::vector<DrawnText> drawn;
  const auto add = [&](uint32_t row, const std::vector<std::string>& templates, bool negated, bool is_true) {
    const std::string& text = sources.vocabulary().text(row);
    drawn.push_back({{row, negated}, source.prefix + worded(templates, text, stream), is_true});
  };
  const std::vector<uint32_t> positive = rows_said(sources.texts(sample), Kind::pos);
  for (const uint32_t row : some_of(positive, texts, stream)) add(row, source.templates, false, true);
  if (negatives == 0) return drawn;
  for (const uint32_t row : some_of(negative_rows(sources, sample, positive), negatives, stream)) {
    add(row, source.templates, false, false);
    if (!source.negation.empty()) add(row, source.negation, true, true);
  }
  return drawn;
}

int32_t TextTable::add(const DrawnText& text) {
  const auto [found, is_new] = column_of_.try_emplace(text.words, static_cast<int32_t>(texts.size()));
  if (is_new) texts.push_back({text.words, {}});
  std::vector<StepText::Claim>& claims = texts[static_cast<size_t>(found->second)].claims;
  if (std::find(claims.begin(), claims.end(), text.claim) == claims.end()) claims.push_back(text.claim);
  return found->second;
}

TextColumns columns_of(const std::vector<StepText>& texts) {
  TextColumns columns;
  for (size_t i = 0; i < texts.size(); ++i)
    for (const StepText::Claim& claim : texts[i].claims)
      columns[claim.row].push_back({static_cast<int32_t>(i), claim.negated});
  return columns;
}

std::vector<Cell> cells_of(const Sources& sources, uint32_t sample, const TextColumns& columns) {
  struct Sum {
    double q = 0, w = 0;
  };
  std::map<int32_t, Sum> said;
  std::vector<TextStatement> statements = sources.denied(sample);
  statements.insert(statements.end(), sources.texts(sample).begin(), sources.texts(sample).end());
  for (const TextStatement& statement : statements) {
    const auto found = columns.find(statement.row);
    if (found == columns.end()) continue;
    const bool soft = statement.kind == Kind::soft;
    if (!soft && statement.kind != Kind::pos && statement.kind != Kind::neg && statement.kind != Kind::unknown)
      continue;
    const double q = soft ? statement.confidence : statement.kind == Kind::pos;
    const double w = statement.kind == Kind::unknown ? 0 : soft ? 1 : statement.confidence;
    for (const TextColumn& column : found->second) {
      Sum& sum = said[column.column];
      sum.q += (column.negated ? 1 - q : q) * w;
      sum.w += w;
    }
  }
  std::vector<Cell> cells;
  for (const auto& [text, sum] : said)
    cells.push_back({text, sum.w > 0 ? static_cast<float>(sum.q / sum.w) : 0, static_cast<float>(sum.w)});
  return cells;
}

void turn_negated(std::vector<Cell>& cells, const std::vector<StepText>& texts) {
  for (Cell& cell : cells)
    if (cell.w > 0 && texts[static_cast<size_t>(cell.text)].claims.front().negated) cell.q = 1 - cell.q;
}

}  // namespace weft
