// SPDX-License-Identifier: Apache-2.0
#include "trainer/checkpoint.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr const char* kModelFile = "model.safetensors";
constexpr const char* kEmaFile = "ema.safetensors";
constexpr const char* kOptimizerFile = "optimizer.safetensors";
constexpr const char* kStateFile = "state.json";

std::string name_of_step(int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step-%08lld", static_cast<long long>(step));
  return name;
}

// Newest first.
std::vector<Path> folders_of(const Path& root) {
  std::vector<Path> list;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(root, none)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("step-") && !name.ends_with(".tmp")) list.push_back(entry.path());
  }
  std::sort(list.rbegin(), list.rend());
  return list;
}

Json parse_json(const Path& file) {
  try {
    return Json::parse(read_text(file));
  } catch (const Json::exception& error) {
    fail(file.string(), ": is not JSON: ", error.what());
  }
}

// Throws an Error that names the file where anything differs from the manifest.
void verify(const Path& checkpoint) {
  const Json manifest = parse_json(checkpoint / "manifest.json");
  check(manifest.value("format", "") == "weft.checkpoint", checkpoint.string(), ": manifest.json has format \"",
        manifest.value("format", ""), "\", wanted \"weft.checkpoint\"");
  check(manifest.value("version", 0) == 1, checkpoint.string(), ": manifest.json has version ",
        manifest.value("version", 0), "; this weft reads version 1");
  for (const Json& file : manifest.at("files")) {
    const Path path = checkpoint / file.at("name").get<std::string>();
    const std::string found = hash_of_file(path);
    check(found == file.at("xxh3").get<std::string>(), path.string(), ": content has XXH3 ", found,
          ", the manifest says ", file.at("xxh3").get<std::string>());
  }
}

void write_manifest(const Path& folder) {
  Json manifest = {{"format", "weft.checkpoint"}, {"version", 1}, {"files", Json::array()}};
  std::vector<Path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const Path& file : files)
    manifest["files"].push_back(
        {{"name", file.filename().string()}, {"bytes", fs::file_size(file)}, {"xxh3", hash_of_file(file)}});
  write_atomically(folder / "manifest.json", manifest.dump(1) + "\n");
}

NamedTensors moments_of(FlatParameters& flat) {
  NamedTensors moments = flat.named(flat.moment1(), "moment1.");
  for (auto& each : flat.named(flat.moment2(), "moment2.")) moments.push_back(std::move(each));
  return moments;
}

void write_folder(const Path& folder, Learner& learner, const TrainProgress& progress) {
  FlatParameters& flat = learner.flat;
  save_tensors(folder / kModelFile, flat.named(flat.master()), {{"format", "pt"}});
  if (learner.optimizer.ema().defined())
    save_tensors(folder / kEmaFile, flat.named(learner.optimizer.ema()), {{"format", "pt"}});
  save_tensors(folder / kOptimizerFile, moments_of(flat));
  const Json state = {{"step", progress.step},
                      {"updates", progress.updates},
                      {"skipped_in_a_row", progress.skipped_in_a_row},
                      {"damaged", progress.damaged},
                      {"seconds", progress.seconds}};
  write_atomically(folder / kStateFile, state.dump(1) + "\n");
  write_manifest(folder);
}

TrainProgress read_folder(const Path& folder, Learner& learner) {
  FlatParameters& flat = learner.flat;
  load_tensors(folder / kModelFile, flat.named(flat.master()));
  load_tensors(folder / kOptimizerFile, moments_of(flat));
  if (learner.optimizer.ema().defined()) {
    check(fs::exists(folder / kEmaFile), folder.string(), ": has no ", kEmaFile, ", but optimizer.ema asks for it");
    load_tensors(folder / kEmaFile, flat.named(learner.optimizer.ema()));
  }
  const Json state = parse_json(folder / kStateFile);
  return {state.at("step"), state.at("updates"), state.at("skipped_in_a_row"), state.at("damaged"),
          state.at("seconds")};
}

}  // namespace

void Checkpoints::save(Learner& learner, const TrainProgress& progress, Comm& comm) const {
  if (comm.is_first()) {
    const Path final = folder_ / name_of_step(progress.step);
    const Path temporary = final.string() + ".tmp";
    in_context(
        [&] {
          fs::remove_all(temporary);
          make_folder(temporary);
          write_folder(temporary, learner, progress);
          fs::remove_all(final);
          publish(temporary, final);
        },
        "saving step ", progress.step, " to ", final.string());
    const std::vector<Path> all = folders_of(folder_);
    for (size_t i = static_cast<size_t>(keep_); i < all.size(); ++i) fs::remove_all(all[i]);
  }
  comm.barrier();
}

Path Checkpoints::latest() const {
  for (const Path& folder : folders_of(folder_)) {
    try {
      verify(folder);
      return folder;
    } catch (const std::exception& error) {
      log_warning("a damaged checkpoint is passed over: ", error.what());
    }
  }
  return {};
}

std::optional<TrainProgress> Checkpoints::restore_latest(Learner& learner, Comm& comm) const {
  TrainProgress progress;
  const std::string found = comm.broadcast_text(comm.is_first() ? latest().string() : "");
  if (found.empty()) return std::nullopt;
  at::NoGradGuard no_grad;
  if (comm.is_first()) progress = in_context([&] { return read_folder(found, learner); }, "resuming from ", found);
  comm.broadcast(&progress, sizeof progress, 0);
  FlatParameters& flat = learner.flat;
  std::vector<Tensor> all = {flat.master(), flat.moment1(), flat.moment2()};
  if (learner.optimizer.ema().defined()) all.push_back(learner.optimizer.ema());
  for (Tensor& tensor : all) comm.broadcast(tensor.data_ptr(), tensor.nbytes(), 0);
  flat.refresh_leaves();
  return progress;
}

void load_for_evaluation(const Path& checkpoint, Model& model) {
  const Path ema = checkpoint / kEmaFile;
  NamedTensors values;
  for (Parameter& parameter : model.parameters().all()) values.emplace_back(parameter.name, parameter.value);
  load_tensors(fs::exists(ema) ? ema : checkpoint / kModelFile, values);
}

}  // namespace weft
