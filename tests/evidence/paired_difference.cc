// SPDX-License-Identifier: Apache-2.0
// The last step of rows that compare: paired_difference LAYER FIGURE queries.json... against FIGURE queries.json...
// One queries.json per seed.  Each text's figure is averaged over seeds; printed are both means and the bootstrapped
// interval of the paired difference.  Status 0 only where its lower bound is above 0.
#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <span>

#include "base/error.h"
#include "base/files.h"
#include "losses/metrics/interval.h"

namespace weft {
namespace {

using Words = std::span<const std::string>;

// The mean over files of each text's figure.  words: the figure's name, then files.
std::map<std::string, double> mean_figures(const std::string& layer, Words words) {
  check(words.size() >= 2, "wanted: paired_difference LAYER FIGURE queries.json... against FIGURE queries.json...");
  const Words files = words.subspan(1);
  std::map<std::string, double> sums;
  std::map<std::string, size_t> seeds;
  for (const std::string& file : files) {
    const auto queries = nlohmann::json::parse(read_text(file));
    for (const auto& [text, row] : queries.at(layer).items()) {
      if (!row.contains(words[0])) continue;
      sums[text] += row.at(words[0]).get<double>();
      ++seeds[text];
    }
  }
  for (auto& [text, sum] : sums) {
    check(seeds[text] == files.size(), "\"", text, "\" was judged for ", seeds[text], " of ", files.size(), " seeds");
    sum /= static_cast<double>(files.size());
  }
  return sums;
}

int run(const std::vector<std::string>& words) {
  const auto against = std::find(words.begin(), words.end(), "against");
  check(words.size() >= 3 && against != words.end(),
        "wanted: paired_difference LAYER FIGURE queries.json... against FIGURE queries.json...");
  const auto first = mean_figures(words[0], Words(words.begin() + 1, against));
  const auto second = mean_figures(words[0], Words(against + 1, words.end()));
  std::vector<double> ours, baseline;
  for (const auto& [text, figure] : first) {
    const auto other = second.find(text);
    check(other != second.end(), "\"", text, "\" is judged on one side alone");
    ours.push_back(figure);
    baseline.push_back(other->second);
  }
  check(first.size() == second.size(), first.size(), " texts against ", second.size());
  const Interval difference = paired_bootstrap(ours, baseline, 0);
  std::printf("texts %zu, seeds %zu: %s %.4f, against %s %.4f, paired difference %.4f [%.4f, %.4f]\n", ours.size(),
              static_cast<size_t>(against - words.begin()) - 2, words[1].c_str(), mean_of(ours), (against + 1)->c_str(),
              mean_of(baseline), difference.mean, difference.low, difference.high);
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
