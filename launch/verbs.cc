// SPDX-License-Identifier: Apache-2.0
#include "launch/verbs.h"

#include <cstdio>

#include "launch/run_bench.h"
#include "launch/run_config.h"
#include "launch/run_data.h"
#include "launch/run_doctor.h"
#include "launch/run_evaluate.h"
#include "launch/run_train.h"
#include "launch/run_weights.h"

namespace weft {
namespace {

// The words that are key=value, taken out of `words`.
std::vector<std::string> take_overrides(std::vector<std::string>& words) {
  std::vector<std::string> overrides, rest;
  for (std::string& word : words) (word.find('=') != std::string::npos ? overrides : rest).push_back(std::move(word));
  words = std::move(rest);
  return overrides;
}

void want_words(const std::vector<std::string>& words, size_t count, const char* usage) {
  check(words.size() == count, "found ", words.size(), " words, wanted ", count, ": weft ", usage);
}

Exit bench(const CommandLine& line, Comm& comm, int ranks_of_host) {
  std::vector<std::string> words = line.words;
  const std::vector<std::string> overrides = take_overrides(words);
  return run_bench({words, overrides, ranks_of_host}, comm);
}

Exit train(const CommandLine& line, Comm& comm, int ranks_of_host) {
  std::vector<std::string> words = line.words;
  TrainRequest request{{}, take_overrides(words), line.dry_run, ranks_of_host};
  want_words(words, 1, "train RECIPE.toml [key=value ...]");
  request.recipe = words[0];
  return run_train(request, comm);
}

Exit evaluate(const CommandLine& line, Comm& comm, int ranks_of_host) {
  std::vector<std::string> words = line.words;
  EvaluateRequest request{{}, take_overrides(words), ranks_of_host};
  want_words(words, 1, "evaluate RUN_FOLDER [key=value ...]");
  request.run_folder = words[0];
  return run_evaluate(request, comm);
}

Exit data(const CommandLine& line, Comm&, int) {
  std::vector<std::string> words = line.words;
  const std::vector<std::string> options = take_overrides(words);
  return run_data(words, options);
}

Exit config(const CommandLine& line, Comm&, int) {
  RunConfig root;
  if (line.words == std::vector<std::string>{"list"}) {
    std::fputs(list_keys(root).c_str(), stdout);
  } else {
    check(line.words.size() == 2 && line.words[0] == "explain", "wanted: weft config list | explain KEY");
    std::fputs(explain_key(root, line.words[1]).c_str(), stdout);
  }
  return Exit::done;
}

Exit doctor(const CommandLine& line, Comm& comm, int) {
  want_words(line.words, 0, "doctor");
  return run_doctor(comm);
}

Exit weights(const CommandLine& line, Comm&, int) {
  std::vector<std::string> words = line.words;
  const std::vector<std::string> options = take_overrides(words);
  want_words(words, 2, "weights RUN_FOLDER FILE.safetensors [naming=original|hugging_face]");
  return run_weights(words[0], words[1], options);
}

Exit completion(const CommandLine&, Comm&, int) {
  std::fputs(completion_script().c_str(), stdout);
  return Exit::done;
}

Exit help(const CommandLine&, Comm&, int) {
  std::fputs(help_text().c_str(), stdout);
  return Exit::done;
}

}  // namespace

const std::vector<Verb> kVerbs = {
    {"bench", "bench comm | data RECIPE.toml | predict RECIPE.toml [key=value ...]",
     "how fast ranks exchange; how fast data come; what a step takes, predicted and measured", true, bench},
    {"completion", "completion", "print a bash completion script: source <(weft completion)", false, completion},
    {"config", "config list | explain KEY", "every key of a recipe with its default, or one of them", false, config},
    {"data", "data import KIND [SOURCE] FOLDER [key=value ...] | check FOLDER | show FOLDER",
     "make, examine or look at a dataset", false, data},
    {"doctor", "doctor", "versions, devices and a self-test of ten seconds", true, doctor},
    {"evaluate", "evaluate RUN_FOLDER [key=value ...]", "judge the newest checkpoint on a split and write the report",
     true, evaluate},
    {"help", "help", "this text", false, help},
    {"train", "train RECIPE.toml [key=value ...] [--dry-run]", "train; the same command again goes on where it stopped",
     true, train},
    {"weights", "weights RUN_FOLDER FILE.safetensors [naming=original|hugging_face]",
     "the newest checkpoint's weights as other projects take them", false, weights},
};

std::string help_text() {
  std::string text =
      "weft trains vision models from every kind of label, on as many ranks as mpirun starts.\n\n"
      "  mpirun -np 2 weft train configs/recipes/clip_emoji_cpu.toml\n\nverbs:\n";
  for (const Verb& verb : kVerbs) text += std::string("  weft ") + verb.usage + "\n      " + verb.describe + "\n";
  text +=
      "\noptions: --dry-run (train: read, build and check everything, take no step), --help, --version\n"
      "exit codes: 0 done, 2 user error, 3 diverged, 4 too many damaged images, 5 a rank was lost, 75 stopped after a "
      "save, "
      "1 anything else\n";
  return text;
}

std::string completion_script() {
  std::string names;
  for (const Verb& verb : kVerbs) names += std::string(names.empty() ? "" : " ") + verb.name;
  return "_weft() {\n  local word=${COMP_WORDS[COMP_CWORD]}\n  if [ \"$COMP_CWORD\" = 1 ]; then\n    "
         "COMPREPLY=($(compgen -W \"" +
         names +
         "\" -- \"$word\"))\n  else\n    COMPREPLY=($(compgen -f -- \"$word\"))\n  fi\n}\ncomplete -F _weft weft\n";
}

}  // namespace weft
