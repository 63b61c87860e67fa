// SPDX-License-Identifier: Apache-2.0
#include "launch/report_data.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

std::optional<double> number_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number()) return std::nullopt;
  return found->get<double>();
}

std::map<std::string, double> numbers_of(const Json& object) {
  std::map<std::string, double> numbers;
  for (const auto& [key, value] : object.items())
    if (value.is_number()) numbers[key] = value.get<double>();
  return numbers;
}

// The member, or null (which has no items) where there is none.
const Json& member(const Json& object, const char* key) {
  static const Json null;
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

// The lines of one run, in the order they were written.
class MetricsReader {
 public:
  void line(const std::string& text) {
    ++line_;
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    const auto step = json.find("step");
    if (!json.is_object() || step == json.end() || !step->is_number_integer()) {
      unreadable_.push_back(line_);
      return;
    }
    take(step->get<int64_t>(), json);
  }

  RunMetrics finish(bool ends_with_newline) {
    const bool cut = !ends_with_newline && !unreadable_.empty() && unreadable_.back() == line_;
    if (cut) {
      unreadable_.pop_back();
      metrics_.remarks.push_back("The last line of metrics.jsonl is cut off and was left out.");
    }
    if (!unreadable_.empty())
      metrics_.remarks.push_back(join(
          unreadable_.size(), unreadable_.size() == 1 ? " line" : " lines", " of metrics.jsonl could not be read and ",
          unreadable_.size() == 1 ? "was" : "were", " left out (the first is line ", unreadable_.front(), ")."));
    if (went_back_ > 0)
      metrics_.remarks.push_back(join("The run stopped and went on from a checkpoint ", went_back_,
                                      went_back_ == 1 ? " time" : " times",
                                      "; of steps that were taken again the later ones are shown."));
    return std::move(metrics_);
  }

 private:
  void take(int64_t step, const Json& json) {
    const auto abandoned = metrics_.steps.lower_bound(step);  // a resumed run walks again from its checkpoint
    if (abandoned != metrics_.steps.end()) ++went_back_;
    metrics_.steps.erase(abandoned, metrics_.steps.end());
    metrics_.steps[step] = {.values = numbers_of(json), .terms = numbers_of(member(json, "terms"))};
  }

  RunMetrics metrics_;
  size_t line_ = 0;
  std::vector<size_t> unreadable_;
  int went_back_ = 0;
};

RunMetrics parse_metrics(const std::string& text) {
  MetricsReader reader;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) reader.line(line);
  RunMetrics metrics = reader.finish(text.empty() || text.back() == '\n');
  check(!metrics.steps.empty(), "it holds no step yet");
  return metrics;
}

Metric metric_of(const Json& json) {
  return {.title = json.at("title"),
          .group = json.value("group", ""),
          .weft = number_at(json, "weft"),
          .low = number_at(json, "low"),
          .high = number_at(json, "high"),
          .chance = number_at(json, "chance"),
          .baselines = numbers_of(member(json, "baselines")),
          .lower_is_better = json.value("lower_is_better", false)};
}

std::vector<GalleryItem> items_of(const Json& json) {
  std::vector<GalleryItem> items;
  for (const Json& item : json)
    items.push_back(
        {.key = item.at("key"), .png = item.at("png"), .score = item.at("score"), .right = item.at("right")});
  return items;
}

std::vector<ReliabilityDot> dots_of(const Json& json) {
  std::vector<ReliabilityDot> dots;
  for (const Json& bin : json) dots.push_back({bin.at("p"), bin.at("outcome"), bin.at("items")});
  return dots;
}

Reliability reliability_of(const Json& json) {
  return {dots_of(member(json, "equal_width")), dots_of(member(json, "equal_mass"))};
}

ClassifierPart classifier_of(const Json& json) {
  ClassifierPart part{.title = json.at("title"),
                      .classes = json.at("classes"),
                      .images = json.at("images"),
                      .without = json.at("without"),
                      .several = json.at("several"),
                      .reliability = reliability_of(json.at("reliability")),
                      .confusions = {}};
  for (const Json& one : json.at("confusions"))
    part.confusions.push_back({one.at("truth"), one.at("predicted"), one.at("images"), items_of(one.at("items"))});
  return part;
}

std::vector<std::pair<double, double>> points_of(const Json& json) {
  std::vector<std::pair<double, double>> points;
  for (const Json& point : json) points.emplace_back(point.at(0), point.at(1));
  return points;
}

VerifiedPart verified_of(const Json& json) {
  VerifiedPart part{.title = json.at("title"),
                    .specificity = json.at("specificity"),
                    .concepts = {},
                    .one_sided = {},
                    .curves = {},
                    .reliability = reliability_of(member(json, "reliability"))};
  for (const Json& row : json.at("concepts"))
    part.concepts.push_back({row.at("text"), row.at("true"), row.at("false"), row.at("ap"), row.at("chance"),
                             row.at("auroc"), row.at("sensitivity")});
  for (const Json& row : json.at("one_sided")) part.one_sided.push_back(row.at("text"));
  for (const Json& one : json.at("curves"))
    part.curves.push_back({one.at("text"), points_of(one.at("roc")), points_of(one.at("precision"))});
  return part;
}

Evaluation parse_evaluation(const std::string& text) {
  const Json json = Json::parse(text);
  Evaluation evaluation{.split = json.at("split"), .images = json.at("images"), .texts = json.at("texts")};
  for (const Json& metric : json.at("metrics")) evaluation.metrics.push_back(metric_of(metric));
  for (const Json& part : member(json, "classifiers")) evaluation.classifiers.push_back(classifier_of(part));
  for (const Json& part : member(json, "verified")) evaluation.verified.push_back(verified_of(part));
  for (const Json& gallery : member(json, "galleries"))
    evaluation.galleries.push_back({.text = gallery.at("text"), .items = items_of(gallery.at("items"))});
  for (const Json& episode : member(json, "episodes"))
    evaluation.episodes.push_back({.text = episode.at("text"), .items = items_of(episode.at("items"))});
  return evaluation;
}

std::string plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string list;
  for (const Json& item : value) list += (list.empty() ? "" : ", ") + plain(item);
  return list.empty() ? "none" : list;
}

std::vector<std::pair<std::string, std::string>> parse_environment(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> rows;
  const Json json = Json::parse(text);
  check(json.is_object(), "it is no object");
  for (const auto& [key, value] : json.items()) rows.emplace_back(key, plain(value));
  return rows;
}

template <class Parse>
auto find(const Path& folder, const char* name, const char* purpose, Parse parse) {
  Found<decltype(parse(std::string()))> found;
  if (!std::filesystem::exists(folder / name)) {
    found.reason = join("There is no ", name, " in the run folder, so ", purpose, " cannot be shown.");
    return found;
  }
  const auto damaged = [&](const char* why) { found.reason = join(name, " is there but cannot be shown: ", why, "."); };
  try {
    found.content = parse(read_text(folder / name));
  } catch (const Error& error) {
    damaged(error.what());
  } catch (const nlohmann::json::exception& error) {
    damaged(error.what());
  }
  return found;
}

}  // namespace

std::optional<double> StepLine::find(const std::string& key) const {
  const auto found = values.find(key);
  return found == values.end() ? std::nullopt : std::optional(found->second);
}

RunFolderContent read_run_folder(const Path& folder) {
  check(std::filesystem::is_directory(folder), folder.string(), ": is no folder; wanted the folder of a run");
  return {.name = std::filesystem::canonical(folder).filename().string(),
          .recipe = find(folder, "recipe.toml", "the recipe", [](const std::string& text) { return text; }),
          .environment = find(folder, "env.json", "the environment", parse_environment),
          .metrics = find(folder, "metrics.jsonl", "how the training went", parse_metrics),
          .evaluation = find(folder, "evaluation.json", "how well it does", parse_evaluation)};
}

}  // namespace weft
