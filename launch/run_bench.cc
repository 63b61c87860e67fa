// SPDX-License-Identifier: Apache-2.0
#include "launch/run_bench.h"

#include "configs/recipe.h"
#include "launch/bench_comm.h"
#include "launch/bench_data.h"
#include "launch/bench_step.h"

namespace weft {
namespace {

void fill(Settings& settings, const std::vector<std::string>& overrides) {
  Recipe::parse("", "the command line", overrides).fill(settings);
}

}  // namespace

Exit run_bench(const BenchRequest& request, Comm& comm) {
  std::vector<std::string> own, of_recipe;
  for (const std::string& word : request.overrides) {
    const size_t dot = word.find('.');
    (dot < word.find('=') ? of_recipe : own).push_back(word);
  }
  const std::vector<std::string>& words = request.words;
  if (words == std::vector<std::string>{"comm"}) {
    std::erase_if(of_recipe, [](const std::string& word) { return word.starts_with("engine.thread_ranks="); });
    check(of_recipe.empty(), "weft bench comm has no recipe; found ", of_recipe.empty() ? "" : of_recipe[0]);
    CommBench bench;
    fill(bench, own);
    bench.run(comm);
  } else if (words.size() == 2 && words[0] == "data") {
    DataBench bench;
    fill(bench, own);
    bench.run(words[1], of_recipe, comm);
  } else {
    check(words.size() == 2 && words[0] == "predict",
          "wanted: weft bench comm [key=value ...] | data RECIPE.toml | predict RECIPE.toml [key=value ...]");
    StepBench bench;
    fill(bench, own);
    bench.run(words[1], of_recipe, comm, request.ranks_of_host);
  }
  return Exit::done;
}

}  // namespace weft
