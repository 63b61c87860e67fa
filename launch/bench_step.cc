// SPDX-License-Identifier: Apache-2.0
#include "launch/bench_step.h"

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/memory.h"
#include "base/random.h"
#include "configs/recipe.h"
#include "data/tokenizer.h"
#include "launch/bench_comm.h"
#include "launch/engine_setup.h"
#include "launch/objectives.h"
#include "trainer/adamw_kernel.h"
#include "trainer/trainer.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

constexpr int kWarmUp = 2;  // the first step only counts hooks (trainer/reducer.h)

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The dataset's, where it is there: the token embedding has a row for each.
int tokenizer_ids(const RunConfig& config) {
  constexpr int kWithoutDataset = 4096;
  const Path file = config.data.tokenizer_file();
  return std::filesystem::exists(file) ? Tokenizer(file).size() : kWithoutDataset;
}

// The world's step, cut to a rank's share: noise, each image with a text of its own.
Batch made_up_batch(const RunConfig& config, const Model& model, int64_t images, int64_t tokens, int ids,
                    const Comm& comm) {
  if (model.text_form().pads_to_context) tokens = model.context();
  Batch b;
  b.image_size = config.model->image_size();
  b.cells.images = b.cells.texts = images;
  Stream stream(static_cast<uint64_t>(config.run.seed), Purpose::texts, 0, 0);
  for (int64_t i = 0; i < images; ++i) {
    const auto image = static_cast<int32_t>(i);
    b.picks.push_back({static_cast<uint32_t>(i), 0});
    std::vector<int32_t> text = {ids - 2};  // start, words, end
    for (int64_t k = 2; k < tokens; ++k)
      text.push_back(static_cast<int32_t>(stream.below(static_cast<uint64_t>(ids - 2))));
    text.push_back(ids - 1);
    b.tokens.push_back(std::move(text));
    b.cells.text.push_back(image);
    b.cells.q.push_back(1);
    b.cells.w.push_back(1);
    b.cells.drawn.emplace_back(image, image);
    b.cells.begin.push_back(i + 1);
  }
  b.images = b.texts = share_of(images, comm.rank(), comm.size());
  b.pixels.resize(static_cast<size_t>(b.images.size()) * 3 * static_cast<size_t>(b.image_size * b.image_size));
  for (uint8_t& pixel : b.pixels) pixel = static_cast<uint8_t>(stream.bits());
  return b;
}

FlatSettings flat_settings(const RunConfig& config, int virtual_ranks) {
  return {config.engine.precision == "bf16" ? Precision::bf16 : Precision::fp32, config.optimizer.ema > 0,
          virtual_ranks, config.engine.bucket_mib};
}

// A trainer that takes steps of one made-up batch.
class Training {
 public:
  Training(const RunConfig& config, int64_t images, int64_t tokens, int virtual_ranks, Comm& comm)
      : learner_(config.model->build(tokenizer_ids(config), static_cast<uint64_t>(config.run.seed)),
                 flat_settings(config, virtual_ranks), config.optimizer, comm),
        batch_(made_up_batch(config, *learner_.model, images, tokens, tokenizer_ids(config), comm)) {
    trainer_ =
        std::make_unique<Trainer>(learner_, objective_of(config, learner_, comm), config.optimizer, config.schedule,
                                  StepSettings{.steps = config.run.steps,
                                               .micro_batch = config.batch.micro,
                                               .check_every = config.engine.check_every,
                                               .halves_on_out_of_memory = !config.engine.elastic()},
                                  comm);
  }

  StepReport take() {
    const StepReport report = trainer_->take(batch_, {.updates = batch_.step});
    check(!report.skipped, "step ", batch_.step,
          " has a number that is not finite; a step that is skipped cannot be measured",
          "\nhint: a lower optimizer.lr");
    ++batch_.step;
    return report;
  }
  Learner& learner() { return learner_; }

 private:
  Learner learner_;
  std::unique_ptr<Trainer> trainer_;
  Batch batch_;
};

// Bytes a second of this rank beside its neighbours, with the access of an update: 4 streams read, 3 of them written.
double memory_bandwidth(Comm& comm) {
  constexpr int64_t kNumbers = 12 << 20;
  const Array<float> master = zeros<float>(kNumbers), gradient = zeros<float>(kNumbers);
  const Array<float> moment1 = zeros<float>(kNumbers), moment2 = zeros<float>(kNumbers);
  AdamWFactors factors{.lr = 1e-4};
  const auto update = [&] {
    adamw({master.get(), gradient.get(), moment1.get(), moment2.get(), nullptr, nullptr, kNumbers}, factors);
    ++factors.updates;
  };
  return 7 * sizeof(float) * double{kNumbers} / median_of_slowest(comm, 7, [] {}, update);
}

// Bytes that the norm and the update move for each number.
double optimizer_bytes(const RunConfig& config) {
  const bool bf16 = config.engine.precision == "bf16", ema = config.optimizer.ema > 0;
  return 4 + 28 + (ema ? 8 : 0) + (bf16 ? 4 : 0);
}

// Medians of rounds; of this rank where nothing else is said.
struct Measured {
  double alone = 0;   // computation of a rank whose neighbours of the host rest
  double beside = 0;  // computation of the slowest rank, no rank communicating
  double jitter = 0;  // of the computation from round to round, as a share of it
  double step = 0;    // of the slowest rank
  double compute = 0, hidden = 0, exposed = 0, control = 0, update = 0;
};

// In every round each part once, so that what else the machine does meets them alike.
class Rounds {
 public:
  Rounds(Training& lone, Training& whole, Comm& comm) : lone_(lone), whole_(whole), comm_(comm) {}

  void take(bool counts) {
    const bool has_turn = comm_.place().local_rank == 0;
    double alone = 0;
    if (comm_.place().local_ranks > 1) {
      start_together(comm_);
      if (has_turn) alone = lone_.take().compute_seconds[0];
    }
    start_together(comm_);
    const double beside = lone_.take().compute_seconds[0];
    start_together(comm_);
    const Clock::time_point start = Clock::now();
    const StepReport report = whole_.take();
    const double step = seconds_since(start);
    if (!counts) return;
    alone_.push_back(comm_.place().local_ranks > 1 ? alone : beside);
    beside_.push_back(beside);
    step_.push_back(step);
    const double compute = report.compute_seconds[static_cast<size_t>(comm_.rank())] - report.hidden_seconds;
    compute_.push_back(compute);
    hidden_.push_back(report.hidden_seconds);
    exposed_.push_back(report.exposed_seconds);
    control_.push_back(report.control_seconds);
    update_.push_back(step - compute - report.hidden_seconds - report.exposed_seconds - report.control_seconds);
  }

  Measured medians() {
    Measured m;
    const double middle = median(beside_);
    std::vector<double> deviations;
    for (const double seconds : beside_) deviations.push_back(std::abs(seconds - middle));
    m.jitter = 1.4826 * median(deviations) / middle;
    for (std::vector<double>* seconds : {&alone_, &beside_, &step_}) comm_.all_reduce(*seconds, Comm::Op::max);
    m.alone = median(alone_);
    m.beside = median(beside_);
    m.step = median(step_);
    m.compute = median(compute_), m.hidden = median(hidden_), m.exposed = median(exposed_);
    m.control = median(control_), m.update = median(update_);
    return m;
  }

 private:
  Training &lone_, &whole_;
  Comm& comm_;
  std::vector<double> alone_, beside_, step_, compute_, hidden_, exposed_, control_, update_;
};

// A step of this recipe on the ranks of `comm`, but for what is measured.
predict::Step step_of(const RunConfig& config, Learner& learner, int64_t images, int ranks) {
  const FlatLayout& layout = learner.flat.layout();
  predict::Step s;
  s.ranks = ranks;
  s.parameters = static_cast<double>(layout.count);
  s.buckets = layout.buckets();
  const int64_t virtual_ranks = layout.virtual_ranks / layout.ranks;
  const int64_t most = (images + virtual_ranks - 1) / virtual_ranks,
                micro = config.batch.micro > 0 ? config.batch.micro : most;
  s.accumulation = static_cast<int>(virtual_ranks * ((most + micro - 1) / micro));
  s.leaf_bytes = config.engine.precision == "bf16" ? 2 : 4;
  s.optimizer_bytes = optimizer_bytes(config);
  s.control_exchanges = 4;  // flags, features of images and of texts, norms
  const int64_t width =
      learner.model
          ->encode(at::zeros({1, 3, config.model->image_size(), config.model->image_size()}, at::kByte), Draws{})
          .size(1);
  s.gathered_bytes = static_cast<double>(2 * images * width) * sizeof(float);
  return s;
}

// Collectives of these ranks, and their memory.
void measure_links(Comm& comm, predict::Step& s) {
  s.memory_bandwidth = memory_bandwidth(comm);
  if (comm.size() == 1) return;
  constexpr int64_t kRepeats = 9;
  const double bucket_bytes = s.parameters / s.buckets * s.gradient_bytes;
  s.control = sweep(comm, "all_gather", bucket_bytes, kRepeats).link;
  s.reduce = sweep(comm, "reduce", bucket_bytes, kRepeats).link;
  s.gather = sweep(comm, "share", bucket_bytes, kRepeats).link;
}

void print_link(const char* name, const predict::Link& link) {
  std::printf("; %s %.1f us", name, 1e6 * link.latency);
  if (std::isfinite(link.bandwidth)) std::printf(" and %.1f GB/s", 1e-9 * link.bandwidth);
}

void print_row(const char* name, double predicted, double measured) {
  std::printf("%-26s %9.2f ms %9.2f ms\n", name, 1e3 * predicted, 1e3 * measured);
}

Json json_of(const predict::Prediction& p) {
  return {{"compute", p.compute}, {"hidden", p.hidden}, {"exposed", p.exposed},      {"optimizer", p.optimizer},
          {"control", p.control}, {"step", p.step},     {"efficiency", p.efficiency}};
}

Json json_of(const Measured& m) {
  return {{"compute_alone", m.alone}, {"compute_beside", m.beside}, {"jitter", m.jitter},
          {"step", m.step},           {"compute", m.compute},       {"hidden", m.hidden},
          {"exposed", m.exposed},     {"control", m.control},       {"update", m.update}};
}

void print_here(const predict::Step& s, const predict::Prediction& p, const Measured& m, const Comm& comm) {
  std::printf("%.1f million numbers in %d buckets, %d ranks on %d hosts; memory of a rank %.1f GB/s",
              1e-6 * s.parameters, s.buckets, s.ranks, comm.place().hosts, 1e-9 * s.memory_bandwidth);
  if (s.ranks > 1) {
    print_link("control", s.control);
    print_link("gradients", s.reduce);
    print_link("weights", s.gather);
    std::printf("\nforward and backward of a rank %.2f ms, while its neighbours rest %.2f ms", 1e3 * m.beside,
                1e3 * m.alone);
  }
  std::printf("\n%-26s %12s %12s\n", "", "predicted", "measured");
  print_row("forward and backward", s.compute_seconds, m.compute);
  print_row("gradients and weights", p.hidden + p.exposed, m.hidden + m.exposed);
  print_row("control, norm and update", p.control + p.optimizer, m.control + m.update);
  print_row("step", p.step, m.step);
}

// The step of one rank alone, to that of all with the same share each.
double efficiency_of(predict::Step s, double compute_alone) {
  const double all = predict::predict_step(s).step;
  s.ranks = 1;
  s.compute_seconds = compute_alone;
  return predict::predict_step(s).step / all;
}

// On the ranks that are there: predicted, measured and printed.  Leaves in `s` what was found here.
Json predict_here(const RunConfig& config, int64_t rounds, int64_t text_tokens, predict::Step& s, Comm& comm) {
  const int64_t images = share_of(config.batch.global, comm.rank(), comm.size()).size();
  const auto virtual_ranks = static_cast<int>(config.engine.virtual_ranks);
  LocalComm alone;
  Training lone(config, images, text_tokens, virtual_ranks / comm.size(), alone);
  Training whole(config, config.batch.global, text_tokens, virtual_ranks, comm);
  s = step_of(config, whole.learner(), images, comm.size());
  measure_links(comm, s);
  Rounds all(lone, whole, comm);
  for (int64_t round = -kWarmUp; round < rounds; ++round) all.take(round >= 0);
  const Measured measured = all.medians();
  s.compute_seconds = measured.beside;
  s.stolen = 1;
  const predict::Prediction p = predict::predict_step(s);
  const double efficiency = efficiency_of(s, measured.alone), error = p.step / measured.step - 1;
  if (comm.is_first()) {
    print_here(s, p, measured, comm);
    std::printf("predicted %+.1f %% off; efficiency against one rank alone, predicted: %.1f %%\n", 100 * error,
                100 * efficiency);
  }
  s.compute_seconds = measured.alone;
  s.jitter = measured.jitter;
  return {{"ranks", comm.size()},
          {"images", images},
          {"parameters", s.parameters},
          {"memory", s.memory_bandwidth},
          {"predicted", json_of(p)},
          {"measured", json_of(measured)},
          {"error", error},
          {"efficiency", efficiency}};
}

void print_elsewhere(const predict::Step& s, const predict::Prediction& p) {
  std::printf(
      "%d ranks, %.1f GB/s and %.1f us: forward and backward %.2f ms, transfers %.2f ms hidden and %.2f ms exposed, "
      "update %.2f ms, control %.2f ms\nstep %.2f ms, efficiency against one rank alone %.1f %%\n",
      s.ranks, 1e-9 * s.reduce.bandwidth, 1e6 * s.reduce.latency, 1e3 * p.compute, 1e3 * p.hidden, 1e3 * p.exposed,
      1e3 * p.optimizer, 1e3 * p.control, 1e3 * p.step, 100 * efficiency_of(s, s.compute_seconds));
}

}  // namespace

// s: as measured here.
predict::Step StepBench::elsewhere(predict::Step s) const {
  s.ranks = static_cast<int>(ranks);
  s.stolen = stolen;
  if (compute_seconds > 0) s.compute_seconds = compute_seconds;
  if (memory_gbs > 0) s.memory_bandwidth = 1e9 * memory_gbs;
  for (predict::Link* link : {&s.control, &s.reduce, &s.gather}) {
    if (bandwidth_gbs > 0) link->bandwidth = 1e9 * bandwidth_gbs;
    if (latency_us > 0) link->latency = 1e-6 * latency_us;
  }
  return s;
}

void StepBench::fields(Fields& visit) {
  visit("rounds", rounds, at_least(3), "steps measured, whose median counts");
  visit("text_tokens", text_tokens, non_negative, "tokens of the made-up texts (0: as many as the model takes)");
  visit("json", json, any, "file to write the figures to");
  visit("ranks", ranks, non_negative, "predict also for so many ranks with the same share each (0: no)");
  visit("bandwidth_gbs", bandwidth_gbs, non_negative, "bus bandwidth of a rank there, GB/s (0: as here)");
  visit("latency_us", latency_us, non_negative, "latency of a collective there, microseconds");
  visit("memory_gbs", memory_gbs, non_negative, "memory bandwidth of a rank there, GB/s (0: as here)");
  visit("compute_seconds", compute_seconds, non_negative,
        "forward and backward of a rank there; then nothing is measured here (0: as here)");
  visit("stolen", stolen, unit, "share of the time of hidden transfers that the computation loses there");
}

void StepBench::run(const Path& recipe, const std::vector<std::string>& overrides, Comm& comm,
                    int ranks_of_host) const {
  RunConfig config;
  Recipe::read(recipe, overrides).fill(config);
  check(config.engine.device != "cuda",
        "weft bench predict measures ranks on CPUs; engine.device = \"cuda\" is none of them");
  set_up_engine(config.engine, ranks_of_host);
  check(config.model->context() > 0,
        "the recipe's model reads no texts; weft bench predict makes up steps of images and "
        "texts alone");
  const int64_t tokens = text_tokens > 0 ? text_tokens : config.model->context();
  check(tokens >= 2 && tokens <= config.model->context(), "text_tokens is ", tokens, "; a text of this model has 2 to ",
        config.model->context());
  check(config.batch.global >= comm.size(), "batch.global is ", config.batch.global, ", less than the ", comm.size(),
        " ranks");
  Json all;
  predict::Step s;
  if (compute_seconds > 0) {
    check(ranks > 0 && bandwidth_gbs > 0 && memory_gbs > 0,
          "with compute_seconds nothing is measured; wanted also ranks, bandwidth_gbs and memory_gbs");
    LocalComm alone;
    Training none(config, 1, tokens, 0, alone);
    s = step_of(config, none.learner(), share_of(config.batch.global, 0, comm.size()).size(), 1);
  } else {
    all["here"] = predict_here(config, rounds, tokens, s, comm);
  }
  if (!comm.is_first()) return;
  if (ranks > 0) {
    s = elsewhere(s);
    const predict::Prediction p = predict::predict_step(s);
    print_elsewhere(s, p);
    all["elsewhere"] = json_of(p);
    all["elsewhere"]["ranks"] = ranks;
  }
  if (!json.empty()) write_atomically(json, all.dump(1) + "\n");
}

}  // namespace weft
