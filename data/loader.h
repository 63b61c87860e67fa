// SPDX-License-Identifier: Apache-2.0
// Samples to batches.  Before: data/store.cc gives encoded bytes.  After: models/*.cc takes the pixels.
// Threads decode straight into the slots of a ring of preallocated batches, steps ahead of the trainer.  What a step
// holds comes from data/order.h, so the result depends on neither the number of threads nor the moment.  In the place
// of a sample that cannot be read comes another one, which the order names; ranks agree on it in the step.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "configs/fields.h"
#include "data/batch.h"
#include "data/order.h"
#include "data/sources.h"
#include "data/tokenizer.h"
#include "data/view.h"

namespace weft {

// What a run draws from: one dataset, or several sources with shares of the batch.
struct DataSettings final : Settings {
  SourceSettings one;                             // where there is no [data.source.<name>]
  std::map<std::string, SourceSettings> sources;  // by name
  std::string tokenizer;                          // file; empty: the first dataset's
  int64_t texts_per_image = 1;
  int64_t negatives_per_image = 0;
  int64_t strong_views = 0;
  bool regions = false;
  std::string pixels = "u8";
  WindowSettings windows;
  ObjectSettings objects;
  int64_t threads = 1;
  int64_t prefetch = 3;
  int64_t damage_budget = 0;
  AugmentSettings augment, strong;
  MixSettings mix;
  void fields(Fields& visit) override;

  std::map<std::string, SourceSettings> all_sources() const;
  Path first_dataset() const;
  Path tokenizer_file() const;
};

struct LoaderShape {
  int64_t global_batch = 0;
  int image_size = 0;
  int context = 0;  // most tokens of a text; 0: the model reads none
  uint64_t seed = 0;
  int rank = 0, ranks = 1;
  double deadline_seconds = 0;  // of every wait of the run; next() gives up a little before the peers do; 0: never
  bool fills_context = false;   // every text is padded to it
};

// Throws the Error of a step that cannot be made: more ranks than images in a batch, or a batch larger than the split.
void check_batches(const Sources& sources, const DataSettings& settings, const LoaderShape& shape);

class Loader {
 public:
  Loader(const Sources& sources, const Tokenizer& tokenizer, const DataSettings& settings, const LoaderShape& shape,
         int64_t first_step);
  ~Loader();

  // The next step's batch, valid until the next call.  Sets waited_seconds().  Throws what a thread threw, and
  // Exit::peer_lost past the deadline, naming the samples that hang; their threads are left behind.
  Batch& next();
  double waited_seconds() const;  // in the last next()
  double first_ready_at() const;  // seconds from the start of the process to the first batch

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft
