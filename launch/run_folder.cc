// SPDX-License-Identifier: Apache-2.0
#include "launch/run_folder.h"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "launch/env_report.h"

namespace weft {
namespace {
using Json = nlohmann::ordered_json;

// Keys that say what is judged, kept, shown or waited for, and not what a step computes.
bool changes_no_step(const std::string& key) {
  static const std::vector<std::string> kPrefixes = {"resume.",           "evaluate.",          "run.folder",
                                                     "run.log_every",     "run.save_",          "run.keep",
                                                     "data.threads",      "data.prefetch",      "engine.thread_ranks",
                                                     "engine.bucket_mib", "engine.check_every", "engine.faults",
                                                     "engine.deadline_"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(),
                     [&](const std::string& prefix) { return key.starts_with(prefix); });
}
}  // namespace

RunFolder::RunFolder(const Path& folder, Comm& comm) : folder_(folder), comm_(comm) {
  if (comm.is_first()) in_context([&] { make_folder(folder / "checkpoints"); }, "making the run folder");
  comm.barrier();
  const Path log_file = folder / ("log.rank" + std::to_string(comm.rank()) + ".txt");
  append_line(log_file, "started");
  log::open_file(log_file);
  if (comm.is_first()) events_ = std::make_unique<EventWriter>(folder);
}

RunFolder::~RunFolder() {
  log::close_file();
}

void RunFolder::write_recipe(const std::string& resolved, const std::vector<std::string>& allow) {
  if (!comm_.is_first()) return;
  const Path file = folder_ / "recipe.toml";
  if (std::filesystem::exists(file)) {
    std::string changes;
    for (const RecipeChange& change : compare_recipes(read_text(file), resolved)) {
      if (changes_no_step(change.key)) continue;
      if (std::find(allow.begin(), allow.end(), change.key) != allow.end()) continue;
      changes += "\n  " + change.key + " was " + change.before + ", is now " + change.after;
    }
    check(changes.empty(), file.string(), ": this run was started with another recipe:", changes,
          "\nhint: use another run.folder, or name the keys in resume.allow");
  }
  write_atomically(file, resolved);
}

void RunFolder::write_environment(int threads_per_rank) {
  if (comm_.is_first()) write_atomically(folder_ / "env.json", env_json(comm_.size(), threads_per_rank) + "\n");
}

void RunFolder::log(const Line& line) {
  if (!comm_.is_first()) return;
  if (!line.straggler.empty()) log_warning(line.straggler);
  const StepReport& r = line.report;
  Json json = {{"step", line.progress.step}, {"loss", r.loss}, {"terms", Json::object()}, {"counts", Json::object()}};
  for (const auto& [name, value] : r.terms) json["terms"][name] = value;
  for (const auto& [name, value] : r.counts) json["counts"][name] = value;
  json["lr"] = r.lr;
  json["gradient_norm"] = r.gradient_norm;
  json["logit_scale"] = r.logit_scale;
  json["samples_per_second"] = line.samples_per_second;
  json["data_wait"] = line.data_wait;
  json["communication"] = line.control + line.exposed;
  json["communication_exposed"] = line.exposed;
  json["communication_hidden"] = line.hidden;
  json["save_stall_seconds"] = line.stalled;
  json["seconds"] = line.progress.seconds;
  json["skipped"] = line.progress.step - line.progress.updates;
  json["damaged"] = line.progress.damaged;
  append_line(folder_ / "metrics.jsonl", json.dump());
  const double now = static_cast<double>(std::time(nullptr));
  for (const char* name : {"loss", "lr", "gradient_norm", "logit_scale", "samples_per_second"})
    events_->scalar(name, line.progress.step, json[name].get<double>(), now);
  for (const auto& [name, value] : r.terms) events_->scalar(name, line.progress.step, value, now);
  events_->flush();
}

}  // namespace weft
