// SPDX-License-Identifier: Apache-2.0
#include "configs/recipe.h"
#include "data/loader.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {

std::vector<Bytes> seeds() {
  return {bytes_of("dataset = \"a\"\nthreads = 2\n[augment]\nflip = 0.5\n"),
          bytes_of("regions = true\n[source.a]\ndataset = \"x\"\nshare_schedule = \"0:1, 10:0.5\"\n[source.b]\ndataset "
                   "= \"y\"\n")};
}

void parse(const Bytes& input) {
  DataSettings settings;
  Recipe::parse(text_of(input), "r.toml").fill(settings);
  for (const auto& [name, source] : settings.all_sources())
    if (!source.share_schedule.empty()) ShareSchedule::parse(source.share_schedule);
}

}  // namespace weft::fuzz
