// SPDX-License-Identifier: Apache-2.0
#include "trainer/groups.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <string_view>

#include "base/error.h"

namespace weft {
namespace {

constexpr std::string_view kBlocks = "transformer.resblocks.";
constexpr std::array<std::string_view, 5> kEmbeddings = {"conv1.", "class_embedding", "positional_embedding",
                                                         "token_embedding.", "ln_pre."};

// Edits that make the glob match: what * stands for costs nothing.
int glob_distance(const std::string& glob, const std::string& name) {
  std::vector<int> above(name.size() + 1), row(name.size() + 1);
  std::iota(above.begin(), above.end(), 0);
  for (const char c : glob) {
    row[0] = above[0] + (c != '*');
    for (size_t j = 0; j < name.size(); ++j)
      row[j + 1] = c == '*' ? std::min(above[j + 1], row[j])
                            : std::min({above[j] + (c != '?' && c != name[j]), above[j + 1] + 1, row[j] + 1});
    std::swap(above, row);
  }
  return above.back();
}

void for_each_match(const ParameterSet& set, const std::string& key, const std::string& glob,
                    const std::function<void(size_t)>& body) {
  bool any = false;
  for (size_t i = 0; i < set.all().size(); ++i)
    if (matches_glob(set.all()[i].name, glob)) any = true, body(i);
  if (any) return;
  const auto nearest = std::min_element(set.all().begin(), set.all().end(), [&](const auto& a, const auto& b) {
    return glob_distance(glob, a.name) < glob_distance(glob, b.name);
  });
  fail("optimizer.", key, ": \"", glob, "\" matches no parameter of the model; the nearest is \"", nearest->name, "\"");
}

struct LrScale {
  std::string glob;
  double factor = 0;
};

LrScale parsed(const std::string& item) {
  const size_t equals = item.rfind('=');
  LrScale scale{item.substr(0, equals)};
  const char* end = item.data() + item.size();
  const char* first = equals == std::string::npos ? end : item.data() + equals + 1;
  const auto [stopped, problem] = std::from_chars(first, end, scale.factor);
  check(problem == std::errc() && stopped == end && std::isfinite(scale.factor) && scale.factor > 0,
        "optimizer.lr_scales: found \"", item,
        "\"; wanted glob=factor with a factor > 0 (optimizer.frozen names what is not trained)");
  return scale;
}

// By the prefix of a tower's names, e.g. "visual." or "": how many blocks it has.
std::map<std::string, int> count_blocks(const ParameterSet& set) {
  std::map<std::string, int> blocks;
  for (const Parameter& parameter : set.all()) {
    const size_t at = parameter.name.find(kBlocks);
    if (at == std::string::npos) continue;
    int& count = blocks[parameter.name.substr(0, at)];
    count = std::max(count, std::stoi(parameter.name.substr(at + kBlocks.size())) + 1);
  }
  check(!blocks.empty(), "optimizer.layer_decay: the model has no parameter named *", kBlocks,
        "<number>.*, so that its layers are not known");
  return blocks;
}

// How many layers lie between the parameter and what follows its tower's blocks.
int layers_above(const std::string& name, const std::map<std::string, int>& blocks) {
  // Of two prefixes of a name the longer one comes later.
  const auto tower =
      std::find_if(blocks.rbegin(), blocks.rend(), [&](const auto& item) { return name.starts_with(item.first); });
  if (tower == blocks.rend()) return 0;
  const std::string inner = name.substr(tower->first.size());
  if (inner.starts_with(kBlocks)) return tower->second - std::stoi(inner.substr(kBlocks.size()));
  const bool embeds = std::any_of(kEmbeddings.begin(), kEmbeddings.end(),
                                  [&](std::string_view start) { return inner.starts_with(start); });
  return embeds ? tower->second + 1 : 0;
}

}  // namespace

bool matches_glob(const std::string& name, const std::string& glob) {
  return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
}

std::vector<ParameterGroup> groups_of(const ParameterSet& set, const GroupSettings& settings) {
  std::vector<ParameterGroup> groups(set.all().size());
  for (size_t i = 0; i < groups.size(); ++i)
    groups[i].weight_decay = set.all()[i].value.dim() < 2 ? 0 : settings.weight_decay;
  if (settings.layer_decay != 1) {
    const std::map<std::string, int> blocks = count_blocks(set);
    for (size_t i = 0; i < groups.size(); ++i)
      groups[i].lr_scale = std::pow(settings.layer_decay, layers_above(set.all()[i].name, blocks));
  }
  for (const std::string& item : settings.lr_scales) {
    const LrScale scale = parsed(item);
    for_each_match(set, "lr_scales", scale.glob, [&](size_t i) { groups[i].lr_scale *= scale.factor; });
  }
  for (const std::string& glob : settings.no_decay)
    for_each_match(set, "no_decay", glob, [&](size_t i) { groups[i].weight_decay = 0; });
  for (const std::string& glob : settings.frozen)
    for_each_match(set, "frozen", glob, [&](size_t i) { groups[i].frozen = true; });
  const bool trains = std::any_of(groups.begin(), groups.end(), [](const ParameterGroup& g) { return !g.frozen; });
  check(trains, "optimizer.frozen names every parameter of the model: nothing is left to train");
  return groups;
}

}  // namespace weft
