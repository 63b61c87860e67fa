// SPDX-License-Identifier: Apache-2.0
// The table of contents of a training run.  Before: launch/main.cc found the ranks and the verb.  After: data/store.cc
// opens the dataset, data/loader.cc makes batches, trainer/trainer.cc takes the steps.
#include "launch/run_train.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <numeric>

#include "base/fault.h"
#include "base/log.h"
#include "base/process.h"
#include "data/loader.h"
#include "launch/engine_setup.h"
#include "launch/nccl_comm.h"
#include "launch/objectives.h"
#include "launch/report.h"
#include "launch/run_config.h"
#include "launch/run_folder.h"
#include "launch/same_start.h"
#include "trainer/checkpoint.h"
#include "trainer/device.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::atomic<bool> stop_requested{false};
void request_stop(int) {
  stop_requested = true;
}

Path run_folder_of(const RunConfig& config, const Path& recipe) {
  return config.run.folder.empty() ? Path("runs") / recipe.stem() : Path(config.run.folder);
}

std::string duration_text(double seconds) {
  const int whole = static_cast<int>(seconds + 0.5);
  char text[32];
  if (whole < 60)
    std::snprintf(text, sizeof text, "%d s", whole);
  else if (whole < 3600)
    std::snprintf(text, sizeof text, "%d min %02d s", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%d h %02d min", whole / 3600, whole / 60 % 60);
  return text;
}

// Times since the last logged line, for rates and shares.
struct Meter {
  int64_t images = 0;
  double waited = 0, control = 0, hidden = 0, exposed = 0, stalled = 0;
  std::vector<double> compute, data;  // of every rank
  Clock::time_point start = Clock::now();

  void add(const StepReport& r, double waited_seconds) {
    waited += waited_seconds;
    control += r.control_seconds;
    hidden += r.hidden_seconds;
    exposed += r.exposed_seconds;
    compute.resize(r.compute_seconds.size());
    data.resize(r.data_seconds.size());
    for (size_t rank = 0; rank < compute.size(); ++rank) {
      compute[rank] += r.compute_seconds[rank];
      data[rank] += r.data_seconds[rank];
    }
  }
};

std::vector<Path> dataset_folders(const DataSettings& data) {
  std::vector<Path> folders;
  for (const auto& [name, source] : data.all_sources()) folders.push_back(source.dataset);
  return folders;
}

FlatSettings flat_settings(const RunConfig& config) {
  return {config.engine.precision == "bf16" ? Precision::bf16 : Precision::fp32, config.optimizer.ema > 0,
          static_cast<int>(config.engine.virtual_ranks), config.engine.bucket_mib};
}

// The model as it starts, with the weights that the recipe names.
std::unique_ptr<Model> starting_model(const RunConfig& config, const Tokenizer& tokenizer) {
  auto model = config.model->build(tokenizer.size(), static_cast<uint64_t>(config.run.seed));
  if (!config.init.from.empty())
    log_info("init.from ", config.init.from, ": ", load_pretrained(config.init, model->parameters()).text());
  return model;
}

// Everything that a run is made of, built before the first step so that a mistake is found before it.
struct Run {
  Run(const RunConfig& config, const Path& recipe, Comm& comm)
      : sources(config.data.all_sources()),
        tokenizer(config.data.tokenizer_file()),
        learner(starting_model(config, tokenizer), flat_settings(config), config.optimizer, comm),
        checkpoints(run_folder_of(config, recipe) / "checkpoints",
                    {config.run.keep, config.run.keep_every, config.run.keep_best}, comm) {
    check_schedule(config.schedule, config.run.steps);
    trainer = std::make_unique<Trainer>(
        learner, objective_of(config, learner, comm), config.optimizer, config.schedule,
        StepSettings{.steps = config.run.steps,
                     .micro_batch = config.batch.micro,
                     .check_every = config.engine.check_every,
                     .halves_on_out_of_memory = !config.engine.elastic(),
                     .before_update = [this] { meter.stalled += checkpoints.wait_snapshot(); }},
        comm);
    shape = {config.batch.global,
             learner.model->preprocess().image_size,
             learner.model->context(),
             static_cast<uint64_t>(config.run.seed),
             comm.rank(),
             comm.size(),
             config.engine.deadline_seconds,
             learner.model->text_form().pads_to_context};
    check_batches(sources, config.data, shape);
  }

  void start_loading(const DataSettings& data) {
    loader = std::make_unique<Loader>(sources, tokenizer, data, shape, progress.step);
  }

  size_t training_samples() const {
    size_t samples = 0;
    for (const Sources::Source& source : sources.sources()) samples += source.samples.size();
    return samples;
  }

  Sources sources;
  Tokenizer tokenizer;
  Learner learner;
  Checkpoints checkpoints;
  TrainProgress progress;
  std::unique_ptr<Trainer> trainer;
  LoaderShape shape;
  std::unique_ptr<Loader> loader;
  Meter meter;
  // Since the last save.
  Clock::time_point last_save = Clock::now();
  double loss_sum = 0;
  int64_t loss_steps = 0;
};

void show_progress(const RunFolder::Line& line, const RunConfig& config, bool keep) {
  const double left = static_cast<double>(config.run.steps - line.progress.step) *
                      static_cast<double>(config.batch.global) / std::max(1e-9, line.samples_per_second);
  char text[256];
  std::snprintf(text, sizeof text,
                "step %lld/%lld  loss %.4f  %.0f images/s  waiting for data %.0f %%  communication %.0f %%  %s left",
                static_cast<long long>(line.progress.step), static_cast<long long>(config.run.steps), line.report.loss,
                line.samples_per_second, 100 * line.data_wait, 100 * (line.control + line.exposed),
                duration_text(left).c_str());
  log::progress(text, keep);
}

// The rank that took longest in one section of the steps, where it is a third or more above the median rank.
std::string straggler_of(const Meter& meter) {
  const auto slowest = [](const std::vector<double>& seconds, const char* section, double all) -> std::string {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    const double median = sorted[(sorted.size() - 1) / 2], most = sorted.back();
    if (most < 1.33 * median + std::max(0.05, 0.05 * all)) return "";
    const auto rank = std::max_element(seconds.begin(), seconds.end()) - seconds.begin();
    return join("rank ", rank, " is slow in ", section, ": ", static_cast<int>(1000 * most), " ms against ",
                static_cast<int>(1000 * median), " ms of the median rank");
  };
  if (meter.compute.size() < 2) return "";
  const double all = seconds_since(meter.start);
  const std::string data = slowest(meter.data, "data", all);
  return data.empty() ? slowest(meter.compute, "computing", all) : data;
}

RunFolder::Line line_of(const Meter& meter, const TrainProgress& progress, const StepReport& report) {
  const double seconds = std::max(1e-9, seconds_since(meter.start));
  return {progress,
          report,
          static_cast<double>(meter.images) / seconds,
          meter.waited / seconds,
          meter.control / seconds,
          meter.exposed / seconds,
          meter.hidden / seconds,
          meter.stalled,
          straggler_of(meter)};
}

// One step and what follows from it.  Every rank has the same report, so every rank decides alike.
StepReport take_step(Run& run, const RunConfig& config, Comm& comm) {
  const Clock::time_point start = Clock::now();
  TrainProgress& progress = run.progress;
  comm.tell("data", progress.step, "");
  fault::at("batch", progress.step);
  Batch& batch = run.loader->next();
  StepInput input;
  input.updates = progress.updates;
  input.stop = stop_requested;
  input.save_due =
      comm.is_first() && config.run.save_seconds > 0 && seconds_since(run.last_save) >= config.run.save_seconds;
  input.save_state = run.checkpoints.state();
  // A rank that comes late because of something else than its loader is as slow in data.
  input.data_seconds = seconds_since(start);
  input.sample = run.sources.info(batch.picks[static_cast<size_t>(batch.images.begin)].sample).key;
  const StepReport report = run.trainer->take(batch, input);
  ++progress.step;
  progress.updates += !report.skipped;
  progress.skipped_in_a_row = report.skipped ? progress.skipped_in_a_row + 1 : 0;
  progress.damaged += report.damaged;
  progress.seconds += seconds_since(start);
  run.meter.images += config.batch.global;
  run.meter.add(report, run.loader->waited_seconds());
  if (!report.skipped) run.loss_sum += report.loss, ++run.loss_steps;
  if (report.skipped)
    log_info("step ", progress.step - 1, ": skipped, loss ", report.loss, " and gradient norm ", report.gradient_norm,
             " (", progress.skipped_in_a_row, " in a row)");
  return report;
}

// Why the run must end now, or Exit::done to go on.
Exit verdict(const RunConfig& config, const TrainProgress& progress, const StepReport& report) {
  if (progress.skipped_in_a_row > config.run.skips_allowed) return Exit::diverged;
  if (progress.damaged > config.data.damage_budget) return Exit::data_budget;
  const bool finished = progress.step == config.run.steps;
  return report.stop_agreed && !finished ? Exit::preempted : Exit::done;
}

void save(Run& run) {
  const double score = run.loss_steps > 0 ? run.loss_sum / static_cast<double>(run.loss_steps) : INFINITY;
  run.checkpoints.begin(run.learner.flat, run.progress, score);
  run.last_save = Clock::now();
  run.loss_sum = 0;
  run.loss_steps = 0;
}

void report_what_never_learned(const Trainer& trainer) {
  const std::vector<std::string> names = trainer.reducer().never_reached();
  if (names.empty()) return;
  std::string some;
  for (size_t i = 0; i < std::min<size_t>(names.size(), 5); ++i) some += (i > 0 ? ", " : "") + names[i];
  log_warning(names.size(), " parameters had no gradient on this rank so far: ", some, names.size() > 5 ? ", ..." : "");
}

Exit train(Run& run, RunFolder& folder, const RunConfig& config, Comm& comm) {
  run.meter = Meter();
  Exit exit = Exit::done;
  const int64_t first_step = run.progress.step;
  while (run.progress.step < config.run.steps && exit == Exit::done) {
    const StepReport report = take_step(run, config, comm);
    const TrainProgress& progress = run.progress;
    if (progress.step == first_step + 1)
      log_info("first batch ready ", run.loader->first_ready_at(), " s, first step taken ",
               seconds_since_process_start(), " s after the start of the process");
    exit = verdict(config, progress, report);
    const bool last = progress.step == config.run.steps || exit != Exit::done;
    const bool logs = progress.step % config.run.log_every == 0 || last;
    const RunFolder::Line line = line_of(run.meter, progress, report);
    if (comm.is_first()) show_progress(line, config, logs);
    if (logs) {
      folder.log(line);
      run.meter = Meter();
    }
    if (progress.step == first_step + 10 || last) report_what_never_learned(*run.trainer);
    run.checkpoints.advance(report.least_save_state);
    if (progress.step % config.run.save_every == 0 || report.save_agreed || last) save(run);
  }
  run.checkpoints.finish();
  return exit;
}

void explain(Exit exit, const RunConfig& config, const TrainProgress& progress) {
  if (exit == Exit::diverged)
    log_info("diverged: ", progress.skipped_in_a_row,
             " steps in a row had a number that is not finite (run.skips_allowed = ", config.run.skips_allowed,
             ")\nhint: a lower optimizer.lr, a longer schedule.warmup_steps or optimizer.clip_norm");
  if (exit == Exit::data_budget)
    log_info(progress.damaged, " images could not be read (data.damage_budget = ", config.data.damage_budget,
             "); each is named above and in the log files");
  if (exit == Exit::preempted)
    log_info("stopped by a signal after step ", progress.step, "; the same command goes on from there");
}

}  // namespace

void stop_on_signals() {
  std::signal(SIGUSR1, request_stop);
  std::signal(SIGTERM, request_stop);
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond a limit of the file size is an error like a full disk
}

void forget_stop_request() {
  stop_requested = false;
}

Exit run_train(const TrainRequest& request, Comm& launched) {
  const Recipe recipe = Recipe::read(request.recipe, request.overrides);
  RunConfig config;
  const std::string resolved = recipe.fill(config);
  const int threads = set_up_engine(config.engine, request.ranks_of_host);
  launched.set_deadline(config.engine.deadline_seconds);
  const int device = device_of(config.engine, launched, visible_gpus());
  use_device(device);
  const auto gpus = device == kCpu ? nullptr : make_nccl_comm(launched, device, config.engine.deadline_seconds);
  Comm& comm = gpus == nullptr ? launched : *gpus;
  const auto pinned = pinned_by(config, threads, device);
  check_same_start(resolved, dataset_folders(config.data), config.engine.elastic() ? pinned : decltype(pinned){}, comm);
  Run run(config, request.recipe, comm);
  if (request.dry_run) {
    run.start_loading(config.data);
    const size_t images = run.loader->next().picks.size();
    log_info("dry run: ", run.learner.model->parameters().count(), " parameters, ", run.sources.size(),
             " samples, a step of ", images, " images on ", comm.size(), " ranks with ", threads,
             " threads each, at most ", static_cast<int64_t>(peak_memory_mib()),
             " MiB of memory on this rank; nothing was written");
    return Exit::done;
  }
  RunFolder folder(run_folder_of(config, request.recipe), comm);
  folder.write_recipe(resolved, config.resume.allow);
  folder.write_environment(threads);
  if (const auto saved = run.checkpoints.restore_latest(run.learner.flat)) {
    if (config.engine.elastic()) check_pinned(saved->pinned, pinned);
    run.progress = *saved;
    log_info("resuming after step ", saved->step, " in ", folder.path().string());
  }
  run.progress.pinned = pinned;
  log_info(run.learner.model->parameters().count(), " parameters, ", run.training_samples(), " training samples, ",
           comm.size(), " ranks on ", device_name(device), " with ", threads, " threads each");
  run.start_loading(config.data);
  const Exit exit = train(run, folder, config, comm);
  explain(exit, config, run.progress);
  std::vector<double> memory = {peak_memory_mib()};
  comm.all_reduce(memory);
  log_info("peak memory of all ranks ", static_cast<int64_t>(memory[0]), " MiB");
  if (comm.is_first()) {
    write_report(folder.path());
    log_info("run folder ", folder.path().string(), ", report ", (folder.path() / "report.html").string());
  }
  comm.barrier();
  return exit;
}

}  // namespace weft
