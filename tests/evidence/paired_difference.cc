// SPDX-License-Identifier: Apache-2.0
// Row first-light.2's last step: paired_difference LAYER BASELINE queries.json...
// One queries.json per seed.  Ours is each text's average precision, averaged over seeds; printed are both means and
// the bootstrapped interval of the paired difference.  Status 0 only where its lower bound is above 0.
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "losses/metrics/interval.h"

namespace weft {
namespace {

struct Query {
  double ours = 0, baseline = 0;
  int seeds = 0;
};

int run(const std::vector<std::string>& words) {
  check(words.size() >= 3, "wanted: paired_difference LAYER BASELINE queries.json...");
  std::map<std::string, Query> queries;
  for (size_t i = 2; i < words.size(); ++i) {
    const auto file = nlohmann::json::parse(read_text(words[i]));
    for (const auto& [text, row] : file.at(words[0]).items()) {
      Query& query = queries[text];
      query.ours += row.at("weft").get<double>();
      query.baseline += row.at(words[1]).get<double>();
      ++query.seeds;
    }
  }
  std::vector<double> ours, baseline;
  for (const auto& [text, query] : queries) {
    check(query.seeds == static_cast<int>(words.size()) - 2, "\"", text, "\" was judged for ", query.seeds, " of ",
          words.size() - 2, " seeds");
    ours.push_back(query.ours / query.seeds);
    baseline.push_back(query.baseline / query.seeds);
  }
  const Interval difference = paired_bootstrap(ours, baseline, 0);
  std::printf("texts %zu, seeds %zu: weft %.4f, %s %.4f, paired difference %.4f [%.4f, %.4f]\n", ours.size(),
              words.size() - 2, mean_of(ours), words[1].c_str(), mean_of(baseline), difference.mean, difference.low,
              difference.high);
  return difference.low > 0 ? 0 : 1;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    return weft::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "paired_difference: %s\n", error.what());
    return 2;
  }
}
