// SPDX-License-Identifier: Apache-2.0
#include "launch/run_weights.h"

#include <algorithm>

#include "base/log.h"
#include "configs/recipe.h"
#include "data/tokenizer.h"
#include "launch/run_config.h"
#include "models/exported.h"
#include "trainer/checkpoint.h"

namespace weft {

void WeightsSettings::fields(Fields& visit) {
  visit("naming", naming, one_of(kNamings),
        "whose names and shapes the file has: those of the project that the model comes from (open_clip, "
        "segment-anything), or transformers'");
}

Exit run_weights(const Path& run_folder, const Path& file, const std::vector<std::string>& options) {
  WeightsSettings settings;
  Recipe::parse("", "command line", options).fill(settings);
  RunConfig config;
  Recipe::read(run_folder / "recipe.toml").fill(config);
  const int vocabulary = config.model->context() > 0 ? Tokenizer(config.data.tokenizer_file()).size() : 0;
  const std::unique_ptr<Model> model = config.model->build(vocabulary, static_cast<uint64_t>(config.run.seed));
  LocalComm comm;
  const Path checkpoint = Checkpoints(run_folder / "checkpoints", {}, comm).latest();
  check(!checkpoint.empty(), run_folder.string(), ": has no checkpoint to take weights from");
  load_for_evaluation(checkpoint, *model);
  const auto named = std::find(kNamings.begin(), kNamings.end(), settings.naming) - kNamings.begin();
  save_exported(file, *model, static_cast<Naming>(named));
  log_info(file.string(), ": weights of ", checkpoint.string(), " by ", settings.naming, "'s names");
  return Exit::done;
}

}  // namespace weft
