// SPDX-License-Identifier: Apache-2.0
#include "trainer/checkpoint.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "trainer/checkpoint_reader.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
constexpr const char* kTemporary = ".tmp";

// What the body throws, or "".
template <class Body>
std::string failure_of(const Body& body) {
  try {
    body();
    return "";
  } catch (const std::exception& error) {
    return *error.what() == '\0' ? "an exception without a text" : error.what();
  }
}

// The same on every rank: the failure of the first rank that has one, or "".
std::string first_failure(Comm& comm, const std::string& mine) {
  const std::vector<std::string> all = comm.gather_texts(mine);
  const auto found = std::find_if(all.begin(), all.end(), [](const std::string& text) { return !text.empty(); });
  if (found == all.end()) return "";
  return comm.size() == 1 ? *found : join("rank ", found - all.begin(), ": ", *found);
}

void wait_for(std::future<void>& work) {
  if (work.valid()) work.wait();
}

}  // namespace

Checkpoints::~Checkpoints() {
  given_up_ = true;
}

Path Checkpoints::latest() const {
  std::string names;
  if (comm_.is_first())
    for (const CheckpointFolder& folder : checkpoint_folders(folder_)) names += checkpoint_name(folder.step) + "\n";
  std::istringstream lines(comm_.broadcast_text(names));
  for (std::string name; std::getline(lines, name);) {
    const Path folder = folder_ / name;
    const std::string failure =
        first_failure(comm_, failure_of([&] { CheckpointReader(folder).verify(comm_.rank(), comm_.size()); }));
    if (failure.empty()) return folder;
    if (comm_.is_first()) log_warning("a damaged checkpoint is passed over: ", failure);
  }
  return {};
}

std::optional<TrainProgress> Checkpoints::restore_latest(FlatParameters& flat) {
  // The first save will want it, and has no time to spare.
  reserved_ = std::async(std::launch::async,
                         [this, size = CheckpointWriter(flat, "").snapshot_size()] { snapshot_.resize(size); });
  const Path found = latest();
  if (found.empty()) {
    const std::string there = comm_.broadcast_text(checkpoint_folders(folder_).empty() ? "" : "some");
    check(there.empty(), folder_.string(),
          ": none of the checkpoints is whole\nhint: remove them to train from the beginning");
    return std::nullopt;
  }
  TrainProgress progress;
  const std::string failure = first_failure(comm_, failure_of([&] {
                                              CheckpointReader(found).load(flat);
                                              progress = read_progress(found);
                                            }));
  check(failure.empty(), failure, "\n  ... while resuming from ", found.string());
  flat.refresh_all_leaves();
  return progress;
}

void Checkpoints::begin(FlatParameters& flat, const TrainProgress& progress, double score) {
  fault::at("checkpoint", progress.step);
  if (save_) {
    log_info("the checkpoint of step ", save_->progress.step, " is still being written; step ", progress.step,
             " waits for it");
    conclude();
  }
  wait_for(published_);
  const Path final = folder_ / checkpoint_name(progress.step);
  save_ = std::make_unique<Save>(
      Save{{flat, final.string() + kTemporary}, {progress.step, given_up_}, progress, score, final});
  state_ = 1;
  std::promise<void> copied;
  copied_ = copied.get_future();
  written_ = std::async(std::launch::async, [this, &flat, save = save_.get(), copied = std::move(copied)]() mutable {
    write(*save, flat, std::move(copied));
  });
}

// On a thread of this rank.
void Checkpoints::write(Save& save, FlatParameters& flat, std::promise<void> copied) {
  log::bind_rank(comm_.rank());
  wait_for(reserved_);
  save.failure = failure_of([&] {
    save.writer.take_snapshot(flat, snapshot_);
    copied.set_value();
    if (comm_.is_first()) remove_leftovers(save.writer.temporary());
    save.hashes = save.writer.write_shard(snapshot_, save.parts);
  });
  state_ = 2;
}

double Checkpoints::wait_snapshot() {
  const Clock::time_point start = Clock::now();
  wait_for(copied_);
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void Checkpoints::advance(int least_state) {
  if (save_ && least_state == 2) conclude();
}

void Checkpoints::finish() {
  if (save_) conclude();
  wait_for(published_);
  last_failure_ = comm_.broadcast_text(last_failure_);  // the first rank alone knows how publishing went
  check(last_failure_.empty(), "the last checkpoint could not be saved: ", last_failure_);
}

// Ranks agree on what became of the save.
void Checkpoints::conclude() {
  comm_.tell("saving", save_->progress.step, "");
  written_.wait();
  const std::shared_ptr<Save> save = std::move(save_);
  state_ = 0;
  last_failure_ = first_failure(comm_, save->failure);
  std::vector<uint64_t> hashes(save->hashes.size() * static_cast<size_t>(comm_.size()));
  if (last_failure_.empty())
    comm_.all_gather(save->hashes.data(), save->hashes.size() * sizeof(uint64_t), hashes.data());
  if (!comm_.is_first()) return;
  published_ = std::async(std::launch::async, [this, save, hashes = std::move(hashes)] {
    log::bind_rank(comm_.rank());
    if (last_failure_.empty())
      last_failure_ = failure_of([&] {
        save->writer.write_manifest(hashes, state_text(save->progress, save->score), save->parts);
        publish_checkpoint(save->writer.temporary(), save->final);
      });
    const int64_t step = save->progress.step;
    if (last_failure_.empty()) {
      const std::string failure = failure_of([&] { prune(step); });
      if (!failure.empty()) log_warning("old checkpoints could not be removed: ", failure);
    } else {
      log_warning("the checkpoint of step ", step, " is given up, training goes on: ", last_failure_);
      std::error_code none;
      fs::remove_all(save->writer.temporary(), none);
    }
  });
}

void Checkpoints::remove_leftovers(const Path& but) const {
  make_folder(folder_);
  std::vector<Path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("step-") && name.ends_with(kTemporary) && entry.path() != but)
      leftovers.push_back(entry.path());
  }
  for (const Path& leftover : leftovers) fs::remove_all(leftover);
}

// Checkpoints of later steps than the one just saved were passed over when this run began and are left alone.
void Checkpoints::prune(int64_t step) const {
  std::vector<CheckpointFolder> folders = checkpoint_folders(folder_);
  std::erase_if(folders, [&](const CheckpointFolder& folder) { return folder.step > step; });
  std::set<int64_t> kept;
  for (size_t i = 0; i < std::min(folders.size(), static_cast<size_t>(keep_.last)); ++i) kept.insert(folders[i].step);
  std::vector<std::pair<double, int64_t>> scores;
  for (const CheckpointFolder& folder : folders) {
    if (keep_.every > 0 && folder.step % keep_.every == 0) kept.insert(folder.step);
    double score = INFINITY;
    failure_of([&] { score = read_score(folder.path); });  // an unreadable one is nobody's best
    if (std::isfinite(score)) scores.emplace_back(score, folder.step);
  }
  std::sort(scores.begin(), scores.end());
  for (size_t i = 0; i < std::min(scores.size(), static_cast<size_t>(keep_.best)); ++i) kept.insert(scores[i].second);
  for (const CheckpointFolder& folder : folders) {
    if (kept.count(folder.step)) continue;
    const Path going = folder.path.string() + kTemporary;  // half a checkpoint must not look like one
    fs::rename(folder.path, going);
    fs::remove_all(going);
  }
}

void load_for_evaluation(const Path& checkpoint, Model& model) {
  NamedTensors values;
  for (Parameter& parameter : model.parameters().all()) values.emplace_back(parameter.name, parameter.value);
  const State state = CheckpointReader(checkpoint).has(State::ema) ? State::ema : State::master;
  for (const StatePlace& place : kStatePlaces)
    if (place.state == state) load_tensors(checkpoint / place.file, values);
}

}  // namespace weft
