// SPDX-License-Identifier: Apache-2.0
#include "launch/same_start.h"

#include "base/error.h"
#include "base/hash.h"
#include "configs/recipe.h"

namespace weft {

void check_same_start(const std::string& recipe, const std::vector<Path>& datasets,
                      const std::map<std::string, std::string>& pinned, Comm& comm) {
  std::string others;
  for (const Path& dataset : datasets) {
    const Path manifest = dataset / "dataset.json";
    // Where it is missing on all ranks, the store says so in its own words.
    others += std::filesystem::exists(manifest)
                  ? join("content of ", dataset.string(), ": XXH3 ", hash_text(hash64(read_text(manifest))), "\n")
                  : join(manifest.string(), " is missing\n");
  }
  for (const auto& [name, value] : pinned) others += name + ": " + value + "\n";
  const std::vector<std::string> recipes = comm.gather_texts(recipe), machines = comm.gather_texts(others);
  for (size_t rank = 1; rank < recipes.size(); ++rank) {
    std::string changes;
    for (const RecipeChange& change : compare_recipes(recipes[0], recipes[rank]))
      changes += "\n  " + change.key + " is " + change.before + " on rank 0, " + change.after + " there";
    if (changes.empty() && machines[rank] != machines[0])
      changes = "\nrank 0:\n" + machines[0] + "rank " + std::to_string(rank) + ":\n" + machines[rank];
    check(changes.empty(), "rank ", rank, " was not started as rank 0 was:", changes);
  }
}

}  // namespace weft
