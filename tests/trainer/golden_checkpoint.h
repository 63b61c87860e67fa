// SPDX-License-Identifier: Apache-2.0
// What the checkpoints under tests/golden hold: a model of 850 numbers whose values follow from name and position, so
// that nothing of the trainer is needed to know them.
#pragma once

#include <map>

#include "models/two_tower.h"
#include "trainer/checkpoint.h"

namespace weft::golden {

inline std::unique_ptr<Model> model() {
  TwoTowerSettings s;
  s.image_size_ = 4;
  s.patch = 4;
  s.image_width = 4;
  s.image_layers = 1;
  s.head_width = 4;
  s.text_context = 4;
  s.text_width = 4;
  s.text_layers = 1;
  s.text_heads = 1;
  s.embed = 3;
  return s.build(/*tokenizer_ids=*/5, /*seed=*/1);
}

inline TrainProgress progress() {
  return {.step = 120, .updates = 118, .skipped_in_a_row = 1, .damaged = 3, .seconds = 45.5};
}
constexpr double kScore = 1.25;  // from version 2 on, as is `pinned`
inline const std::map<std::string, std::string> kPinned = {{"threads", "1"}};

// The k-th name of the model in the order of the alphabet has number k.
inline std::map<std::string, int> numbers(const ParameterSet& set) {
  std::map<std::string, int> numbers;
  for (const Parameter& parameter : set.all()) numbers[parameter.name] = 0;
  int next = 0;
  for (auto& [name, number] : numbers) number = next++;
  return numbers;
}

// Of the i-th value of a parameter; exact in f32.
inline float value(State state, int number, int64_t i) {
  const float base = static_cast<float>(number) + static_cast<float>(i) / 1024;
  switch (state) {
    case State::master:
      return base;
    case State::moment1:
      return -base;
    case State::moment2:
      return 2 * base;
    case State::ema:
      return base + 0.5f;
  }
  return 0;
}

inline void fill(FlatParameters& flat, const ParameterSet& set) {
  const std::map<std::string, int> number_of = numbers(set);
  for (const State state : {State::master, State::moment1, State::moment2, State::ema})
    for (const FlatParameters::Seat& seat : flat.seats())
      for_owned_runs(flat, seat, [&](Range run) {
        for (int64_t at = run.begin; at < run.end; ++at)
          *flat.owned(state, at) = value(state, number_of.at(seat.parameter->name), at - seat.offset);
      });
}

}  // namespace weft::golden
