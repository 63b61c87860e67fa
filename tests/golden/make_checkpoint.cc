// SPDX-License-Identifier: Apache-2.0
// Wrote tests/golden/checkpoint_v2, at the release that brought version 2 of the format:
//   ninja make_checkpoint_golden && tests/trainer/make_checkpoint_golden tests/golden/checkpoint_v2
// It is never written again: what a release has written must load in all later ones.
#include "base/log.h"
#include "launch/thread_comm.h"
#include "tests/trainer/golden_checkpoint.h"

int main(int, char** argv) {
  using namespace weft;
  run_thread_ranks(2, [&](Comm& comm) {
    const auto model = golden::model();
    FlatParameters flat(model->parameters(), {.ema = true, .virtual_ranks = 4}, comm);
    golden::fill(flat, model->parameters());
    TrainProgress progress = golden::progress();
    progress.pinned = golden::kPinned;
    Checkpoints checkpoints(argv[1], {}, comm);
    checkpoints.begin(flat, progress, golden::kScore);
    checkpoints.finish();
  });
}
