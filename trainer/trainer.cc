// SPDX-License-Identifier: Apache-2.0
#include "trainer/trainer.h"

#include <ATen/ops/from_blob.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <new>

#include "base/error.h"
#include "base/fault.h"
#include "base/log.h"
#include "trainer/device.h"
#include "trainer/timer.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

// Runs body; false where memory ran out in it.
template <class Body>
bool fits_in_memory(const Body& body) {
  try {
    body();
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const c10::OutOfMemoryError&) {
    return false;
  } catch (const c10::Error& error) {  // LibTorch's allocator for CPUs has no type of its own
    if (std::string(error.what()).find("DefaultCPUAllocator") == std::string::npos) throw;
    return false;
  }
}

// For the fault plan: in the first weight that this rank owns.
void flip_a_bit(FlatParameters& flat) {
  const int width = flat.precision() == Precision::bf16 ? 2 : 4;
  std::byte* const place = flat.exchange().leaves() + flat.layout().piece(0, flat.rank()).begin * width;
  std::byte value{};
  copy_to_host(flat.device(), &value, place, 1);
  value ^= std::byte{1};
  copy_from_host(flat.device(), place, &value, 1);
}

Range part_of(Range whole, int64_t i, int64_t parts) {
  const Range part = share_of(whole.size(), static_cast<int>(i), static_cast<int>(parts));
  return {whole.begin + part.begin, whole.begin + part.end};
}

}  // namespace

Learner::Learner(std::unique_ptr<Model> m, const FlatSettings& flat_settings, const OptimizerSettings& settings,
                 Comm& comm)
    : model(std::move(m)),
      groups(group_parameters(model->parameters(), settings)),
      flat(model->parameters(), flat_settings, comm),
      optimizer(flat, settings, groups) {}

Trainer::Trainer(Learner& learner, std::unique_ptr<Objective> objective, OptimizerSettings optimizer,
                 ScheduleSettings schedule, StepSettings step, Comm& comm)
    : learner_(learner),
      objective_(std::move(objective)),
      optimizer_(std::move(optimizer)),
      schedule_(std::move(schedule)),
      step_(std::move(step)),
      comm_(comm),
      reducer_(learner.flat),
      guard_(learner.flat, comm) {}

StepReport Trainer::take(Batch& batch, const StepInput& input) {
  for (;;) {
    StepReport report;
    report.lr = learning_rate(schedule_, optimizer_.lr, batch.step, step_.steps);
    if (attempt(batch, input, report) == Outcome::taken) return report;
    halve_micro_batch(batch);
  }
}

Trainer::Outcome Trainer::attempt(Batch& batch, const StepInput& input, StepReport& report) {
  const Clock::time_point start = Clock::now();
  learner_.flat.exchange().take_times();
  const std::vector<Piece> pieces = pieces_of(batch);
  comm_.tell("forward", batch.step, input.sample);
  fault::at("forward", batch.step);
  if (fault::due("desync", batch.step)) comm_.barrier();
  if (!agree(batch, input, forward(batch, pieces), report)) return Outcome::out_of_memory;
  objective_->judge(batch, pieces, report);
  comm_.tell("backward", batch.step, input.sample);
  fault::at("backward", batch.step);
  const bool went_back = go_back(batch, pieces);
  const auto times = learner_.flat.exchange().take_times();
  report.hidden_seconds = times.hidden;
  report.exposed_seconds = times.exposed;
  if (fault::due("flip", batch.step)) flip_a_bit(learner_.flat);
  if (checks_weights(batch.step)) guard_.verify();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  if (!agree_after(went_back, seconds - report.control_seconds - times.exposed, input, report))
    return Outcome::out_of_memory;
  comm_.tell("update", batch.step, input.sample);
  fault::at("update", batch.step);
  if (step_.before_update) step_.before_update();
  update(input.updates, report);
  if (checks_weights(batch.step + 1)) guard_.note();
  return Outcome::taken;
}

// Images of each virtual rank are cut into runs of at most micro_batch, and texts into as many.
std::vector<Piece> Trainer::pieces_of(const Batch& batch) const {
  // The number of runs follows from the virtual rank with the most images, so that every rank takes the same path.
  const int64_t world = learner_.flat.layout().virtual_ranks, each = reducer_.virtual_ranks();
  const int64_t most = (static_cast<int64_t>(batch.picks.size()) + world - 1) / world;
  const int64_t size = step_.micro_batch > 0 ? step_.micro_batch : most;
  const int64_t runs = (most + size - 1) / size;
  const auto share = [&](int64_t count, int64_t j) {
    return share_of(count, static_cast<int>(comm_.rank() * each + j), static_cast<int>(world));
  };
  std::vector<Piece> pieces;
  for (int64_t j = 0; j < each; ++j) {
    const Range images = share(static_cast<int64_t>(batch.picks.size()), j);
    const Range texts = share(static_cast<int64_t>(batch.tokens.size()), j);
    for (int64_t i = 0; i < runs; ++i)
      pieces.push_back({static_cast<int>(j), part_of(images, i, runs), part_of(texts, i, runs)});
  }
  return pieces;
}

bool Trainer::forward(const Batch& batch, const std::vector<Piece>& pieces) {
  const bool keeps_graph = static_cast<int>(pieces.size()) == reducer_.virtual_ranks();
  return fits_in_memory([&] {
    if (fault::due("oom", batch.step)) throw std::bad_alloc();
    objective_->forward(batch, pieces, keeps_graph);
  });
}

// The control exchange before the backward: who ran out of memory, who wants to stop, which images nobody can judge.
// False where the step must be taken again.
bool Trainer::agree(Batch& batch, const StepInput& input, bool encoded, StepReport& report) {
  const Timer timer(report.control_seconds);
  constexpr size_t kFlags = 4;
  std::vector<float> flags(kFlags + batch.picks.size(), 0.f);
  flags[0] = !encoded;
  flags[1] = input.stop;
  flags[2] = input.save_due;
  flags[3] = -static_cast<float>(input.save_state);
  constexpr int kUnreadable = 1, kReplaced = 2;  // plus which replacement
  for (const Damage& damage : batch.damaged) {
    const bool is_replaced = damage.attempt != Damage::kNone;
    flags[kFlags + static_cast<size_t>(damage.position)] =
        static_cast<float>(is_replaced ? kReplaced + damage.attempt : kUnreadable);
    log_warning("step ", batch.step,
                is_replaced ? ": another image took the place of one: " : ": left out an image: ", damage.reason);
  }
  comm_.all_reduce(flags, Comm::Op::max);
  if (flags[0] > 0) return false;
  report.stop_agreed = flags[1] > 0;
  report.save_agreed = flags[2] > 0;
  report.least_save_state = static_cast<int>(-flags[3]);
  for (size_t image = 0; image < batch.picks.size(); ++image) {
    const int flag = static_cast<int>(flags[kFlags + image]);
    if (flag == 0) continue;
    batch.mend(static_cast<int32_t>(image), flag >= kReplaced ? flag - kReplaced : Damage::kNone);
    ++report.damaged;
  }
  return true;
}

void Trainer::halve_micro_batch(const Batch& batch) {
  const int64_t world = learner_.flat.layout().virtual_ranks;
  const int64_t whole = (static_cast<int64_t>(batch.picks.size()) + world - 1) / world;
  const int64_t now = step_.micro_batch > 0 ? std::min(step_.micro_batch, whole) : whole;
  check(step_.halves_on_out_of_memory, "step ", batch.step, ": out of memory with a micro-batch of ", now,
        " images; engine.determinism = \"elastic\" keeps it fixed\nhint: start again with batch.micro = ",
        std::max<int64_t>(1, now / 2));
  check(now > 1, "step ", batch.step, ": out of memory with a micro-batch of one image of ", batch.image_size,
        " pixels; a smaller model, or more memory, is wanted");
  step_.micro_batch = (now + 1) / 2;
  log_info("step ", batch.step, ": out of memory on some rank with a micro-batch of ", now,
           " images; all ranks go on with ", step_.micro_batch);
}

// False where memory ran out; then the sums are worth nothing, but every bucket has left, so no rank waits.
bool Trainer::go_back(const Batch& batch, const std::vector<Piece>& pieces) {
  const std::vector<Objective::Given> given = objective_->given();
  bool fits = true;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const int virtual_rank = pieces[i].virtual_rank;
    const bool first = i == 0 || pieces[i - 1].virtual_rank != virtual_rank;
    const bool last = i + 1 == pieces.size() || pieces[i + 1].virtual_rank != virtual_rank;
    if (first) {
      reducer_.start(virtual_rank);
      // Each virtual rank's part of the gradient, once a step whatever the micro-batches.
      for (const Objective::Given& each : given)
        if (each.parameter->trains)
          learner_.flat.gradient_of(*each.parameter).fill_(each.gradient[static_cast<size_t>(virtual_rank)]);
    }
    const auto arm = [&] {
      if (i + 1 < pieces.size()) return;
      reducer_.arm();
      for (const Objective::Given& each : given) reducer_.complete(*each.parameter);
    };
    fits = fits && fits_in_memory([&] { objective_->backward(batch, i, arm); });
    if (last) reducer_.finish(virtual_rank);
  }
  return fits;
}

// The control exchange after the backward: the norm, and whether every rank got through.  False where memory ran out.
bool Trainer::agree_after(bool succeeded, double compute_seconds, const StepInput& input, StepReport& report) {
  const Timer timer(report.control_seconds);
  std::vector<double> mine = owned_squares(learner_.flat);
  const size_t squares = mine.size();
  bool is_finite = std::isfinite(report.loss);
  size_t sums = 0;  // of each virtual rank
  for (int j = 0; j < reducer_.virtual_ranks(); ++j) {
    const std::vector<double> found = objective_->sums(j);
    sums = found.size();
    for (const double value : found) is_finite = is_finite && std::isfinite(value), mine.push_back(value);
  }
  for (const double value : {double(!succeeded), double(!is_finite), compute_seconds, input.data_seconds})
    mine.push_back(value);
  const size_t width = mine.size();
  std::vector<double> all(width * static_cast<size_t>(comm_.size()));
  comm_.all_gather(mine.data(), mine.size() * sizeof(double), all.data());
  bool fits = true, finite = true;
  std::vector<std::vector<double>> by_rank;
  std::vector<double> world_sums(sums);
  for (auto rank = all.begin(); rank != all.end(); rank += static_cast<int64_t>(width)) {
    auto rest = rank + static_cast<int64_t>(squares);
    by_rank.emplace_back(rank, rest);
    for (int j = 0; j < reducer_.virtual_ranks(); ++j)  // by virtual rank, so that no rank count changes the sum
      for (double& sum : world_sums) sum += *rest++;
    fits = fits && rest[0] == 0;
    finite = finite && rest[1] == 0;
    report.compute_seconds.push_back(rest[2]);
    report.data_seconds.push_back(rest[3]);
  }
  objective_->tell(world_sums, report);
  report.gradient_norm = std::sqrt(add_squares(learner_.flat.layout(), by_rank));
  report.skipped = !finite || !std::isfinite(report.gradient_norm);
  return fits;
}

void Trainer::update(int64_t updates, StepReport& report) {
  FlatParameters& flat = learner_.flat;
  const std::vector<Objective::Limit> limits = objective_->limits();
  if (!report.skipped) {
    learner_.optimizer.step(report.lr, report.gradient_norm, updates, [&](int bucket) {
      for (const Objective::Limit& limit : limits) {
        const int64_t at = flat.seat_of(*limit.parameter).offset;
        if (!flat.owns(at) || flat.layout().bucket_of(at) != bucket) continue;
        at::from_blob(flat.owned(State::master, at), std::array<int64_t, 1>{1}, on_device(flat.device()))
            .clamp_(limit.low, limit.high);
        flat.refresh_leaves(at, at + FlatLayout::kPad);
      }
      flat.exchange().share(bucket);
    });
  }
  if (learner_.model->has_pairs()) report.logit_scale = std::exp(flat.scalar(learner_.model->logit_scale()));
}

}  // namespace weft
