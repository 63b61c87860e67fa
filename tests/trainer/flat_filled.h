// SPDX-License-Identifier: Apache-2.0
// Flat parameters whose states are filled with numbers that follow from a seed, for tests of checkpoints.
#pragma once

#include "base/hash.h"
#include "trainer/checkpoint.h"

namespace weft {

// Sizes that end within a pad, within a piece and across units.
inline ParameterSet some_parameters() {
  ParameterSet set(1);
  set.add("proj", {33, 100}, Init::constant(0));
  set.add("bias", {7}, Init::constant(0));
  set.add("table", {111, 64}, Init::constant(0));
  set.add("scale", {}, Init::constant(0));
  return set;
}

struct FilledFlat {
  explicit FilledFlat(Comm& comm, const FlatSettings& settings = {.ema = true},
                      ParameterSet parameters = some_parameters())
      : set(std::move(parameters)), flat(set, settings, comm), comm(comm) {}

  void fill(uint64_t seed) {
    for_each([&](float& number, float wanted) { number = wanted; }, seed);
  }
  bool holds(uint64_t seed) {
    bool equal = true;
    for_each([&](float& number, float wanted) { equal = equal && number == wanted; }, seed);
    return equal;
  }
  void save(Checkpoints& checkpoints, int64_t step, double score = 1) {
    checkpoints.begin(flat, {.step = step, .updates = step - 1}, score);
    checkpoints.wait_snapshot();
    checkpoints.finish();
  }
  // Filled with `step`, saved as `step`.
  void save(const Path& folder, int64_t step) {
    fill(static_cast<uint64_t>(step));
    Checkpoints checkpoints(folder, {}, comm);
    save(checkpoints, step);
  }

  ParameterSet set;
  FlatParameters flat;
  Comm& comm;

 private:
  template <class Use>
  void for_each(const Use& use, uint64_t seed) {
    for (const State state : {State::master, State::moment1, State::moment2, State::ema}) {
      if (!flat.has(state)) continue;
      for (const FlatParameters::Seat& seat : flat.seats()) {
        const uint64_t key = hash64(seat.parameter->name, seed * 4 + static_cast<uint64_t>(state));
        for_owned_runs(flat, seat, [&](Range run) {
          for (int64_t at = run.begin; at < run.end; ++at)
            use(*flat.owned(state, at), static_cast<float>((key + static_cast<uint64_t>(at - seat.offset)) % 99991));
        });
      }
    }
  }
};

}  // namespace weft
