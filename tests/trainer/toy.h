// SPDX-License-Identifier: Apache-2.0
// A small model and steps made of counters, for tests of the trainer without a dataset.
#pragma once

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>

#include <algorithm>

#include "base/random.h"
#include "losses/infonce.h"
#include "models/two_tower.h"
#include "trainer/pair_objective.h"
#include "trainer/trainer.h"

namespace weft::toy {

inline TwoTowerSettings small_model() {
  TwoTowerSettings s;
  s.image_size_ = 16;
  s.patch = 8;
  s.image_width = 32;
  s.image_layers = 2;
  s.head_width = 16;
  s.text_context = 8;
  s.text_width = 32;
  s.text_layers = 2;
  s.text_heads = 2;
  s.embed = 24;
  return s;
}

constexpr int kVocabulary = 40;

// The world's step, cut to a rank's share.  Images have 0 to 3 texts, so counts are uneven between ranks.
inline Batch batch(int64_t step, int64_t images, int rank, int ranks) {
  Batch b;
  b.step = step;
  b.image_size = 16;
  b.cells.images = images;
  std::vector<std::vector<int32_t>> per_image;
  for (int64_t i = 0; i < images; ++i) {
    b.picks.push_back({static_cast<uint32_t>(i), 0});
    Stream stream(9, Purpose::texts, static_cast<uint64_t>(step), static_cast<uint64_t>(i));
    std::vector<int32_t> texts;
    for (uint64_t k = stream.below(4); k > 0; --k) texts.push_back(static_cast<int32_t>(stream.below(7)));
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    for (const int32_t text : texts) {
      b.cells.text.push_back(text);
      b.cells.q.push_back(1);
      b.cells.w.push_back(1);
      b.cells.drawn.emplace_back(static_cast<int32_t>(i), text);
    }
    b.cells.begin.push_back(static_cast<int64_t>(b.cells.text.size()));
  }
  b.cells.texts = 7;
  for (int32_t t = 0; t < 7; ++t) {
    std::vector<int32_t> ids = {kVocabulary - 2};
    for (int32_t k = 0; k <= t % 4; ++k) ids.push_back((3 * t + k) % (kVocabulary - 2));
    ids.push_back(kVocabulary - 1);
    b.tokens.push_back(ids);
  }
  b.images = share_of(images, rank, ranks);
  b.texts = share_of(7, rank, ranks);
  for (int64_t i = b.images.begin; i < b.images.end; ++i) {
    Stream stream(9, Purpose::augment, static_cast<uint64_t>(step), static_cast<uint64_t>(i));
    for (int p = 0; p < 3 * 16 * 16; ++p) b.pixels.push_back(static_cast<uint8_t>(stream.bits() & 255));
  }
  return b;
}

struct Setup {
  std::string positives = "evidence";
  int64_t images = 16, steps = 20, micro_batch = 0;
  double ema = 0.9;
  Precision precision = Precision::fp32;
  int virtual_ranks = 0;
  double bucket_mib = 16;
  bool recompute = false;
  std::vector<std::string> frozen = {};
};

inline OptimizerSettings optimizer(const Setup& setup) {
  OptimizerSettings o;
  o.lr = 1e-3;
  o.clip_norm = 1;
  o.ema = setup.ema;
  o.frozen = setup.frozen;
  return o;
}

inline std::unique_ptr<Learner> learner(const Setup& setup, Comm& comm) {
  TwoTowerSettings model = small_model();
  model.recompute = setup.recompute;
  return std::make_unique<Learner>(model.build(kVocabulary, 5),
                                   FlatSettings{setup.precision, setup.ema > 0, setup.virtual_ranks, setup.bucket_mib},
                                   optimizer(setup), comm);
}

inline Trainer trainer(Learner& learner, const Setup& setup, Comm& comm) {
  InfoNceSettings loss;
  loss.targets.positives = setup.positives;
  std::vector<std::unique_ptr<Loss>> losses;
  losses.push_back(loss.build());
  ScheduleSettings schedule;
  schedule.warmup_steps = 4;
  return Trainer(learner, std::make_unique<PairObjective>(learner, std::move(losses), PairObjectiveSettings{}, comm),
                 optimizer(setup), schedule,
                 StepSettings{.steps = setup.steps, .micro_batch = setup.micro_batch, .check_every = 5}, comm);
}

// Masters, moments and average of the world, one after another.
inline Tensor all_state(Learner& learner, Comm& comm) {
  std::vector<Tensor> parts;
  for (const State state : {State::master, State::moment1, State::moment2, State::ema})
    if (learner.flat.has(state))
      for (const auto& [name, value] : learner.flat.gathered(state, comm)) parts.push_back(value.flatten());
  return at::cat(parts);
}

// Losses of steps [begin, end).
inline std::vector<double> take_steps(Trainer& trainer, const Setup& setup, Comm& comm, int64_t begin, int64_t end) {
  std::vector<double> losses;
  for (int64_t step = begin; step < end; ++step) {
    Batch b = batch(step, setup.images, comm.rank(), comm.size());
    losses.push_back(trainer.take(b, {.updates = step}).loss);
  }
  return losses;
}

}  // namespace weft::toy
