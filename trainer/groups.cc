// SPDX-License-Identifier: Apache-2.0
#include "trainer/groups.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace weft {
namespace {

// Where the number of a block stands, and what lies before the blocks: open_clip's names, timm's and SAM's.
constexpr std::array<std::string_view, 3> kBlocks = {"transformer.resblocks.", "trunk.blocks.",
                                                     "image_encoder.blocks."};
constexpr std::array<std::string_view, 9> kEmbeddings = {
    "conv1.",          "class_embedding",    "positional_embedding",    "token_embedding.",          "ln_pre.",
    "trunk.pos_embed", "trunk.patch_embed.", "image_encoder.pos_embed", "image_encoder.patch_embed."};

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

// The tower and the number of the block that a parameter belongs to, by its name.
struct Block {
  std::string tower;  // what stands before the blocks, e.g. "visual." or ""
  int number;
};
std::optional<Block> block_of(const std::string& whole_name) {
  constexpr std::string_view kLora = "extra.lora.";  // before the name of what it adapts
  const std::string name = whole_name.starts_with(kLora) ? whole_name.substr(kLora.size()) : whole_name;
  for (const std::string_view blocks : kBlocks) {
    const size_t at = name.find(blocks);
    if (at != std::string::npos) return Block{name.substr(0, at), std::stoi(name.substr(at + blocks.size()))};
  }
  return std::nullopt;
}

// By tower: how many blocks it has.
std::map<std::string, int> count_blocks(const ParameterSet& set) {
  std::map<std::string, int> blocks;
  for (const Parameter& parameter : set.all())
    if (const auto block = block_of(parameter.name))
      blocks[block->tower] = std::max(blocks[block->tower], block->number + 1);
  check(!blocks.empty(), "optimizer.layer_decay: the model has no parameter named *", kBlocks[0],
        "<number>.*, so that its layers are not known");
  return blocks;
}

// How many layers lie between the parameter and what follows its tower's blocks.
int layers_above(const std::string& name, const std::map<std::string, int>& blocks) {
  if (const auto block = block_of(name)) return blocks.at(block->tower) - block->number;
  // Of two prefixes of a name the longer one comes later.
  const auto tower =
      std::find_if(blocks.rbegin(), blocks.rend(), [&](const auto& item) { return name.starts_with(item.first); });
  if (tower == blocks.rend()) return 0;
  const std::string inner = name.substr(tower->first.size());
  const bool embeds = std::any_of(kEmbeddings.begin(), kEmbeddings.end(),
                                  [&](std::string_view start) { return inner.starts_with(start); });
  return embeds ? tower->second + 1 : 0;
}

}  // namespace

std::vector<ParameterGroup> groups_of(const ParameterSet& set, const GroupSettings& settings) {
  std::vector<ParameterGroup> groups(set.all().size());
  for (size_t i = 0; i < groups.size(); ++i) {
    groups[i].weight_decay = set.all()[i].value.dim() < 2 ? 0 : settings.weight_decay;
    groups[i].frozen = set.all()[i].is_fixed;
  }
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
