// SPDX-License-Identifier: Apache-2.0
// A settings tree with one of everything: types, checks, a plain section, exclusive kinds, kinds that add up.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "configs/fields.h"

namespace weft {

struct LossSettings : Settings {};
struct InfonceSettings : LossSettings {
  double weight = 1.0;
  double temperature = 0.07;
  void fields(Fields& visit) override {
    visit("weight", weight, non_negative, "multiplies this loss in the total");
    visit("temperature", temperature, positive, "divides the similarities");
  }
};
struct RankingSettings : LossSettings {
  int64_t margin = 1;
  void fields(Fields& visit) override { visit("margin", margin, at_least(1), "distance to the next"); }
};
struct BareSettings : LossSettings {
  void fields(Fields&) override {}
};

template <class Made, class Base>
std::unique_ptr<Base> make_settings() {
  return std::make_unique<Made>();
}
inline const std::array<KindOf<LossSettings>, 3> kLosses = {
    {{"bare", "nothing to set", make_settings<BareSettings, LossSettings>},
     {"infonce", "which text belongs to which image", make_settings<InfonceSettings, LossSettings>},
     {"ranking", "near before far", make_settings<RankingSettings, LossSettings>}}};

struct ModelSettings : Settings {};
struct TowerSettings : ModelSettings {
  int64_t width = 64;
  std::string pool = "mean";
  void fields(Fields& visit) override {
    visit("width", width, at_least(1), "channels of a block");
    visit("pool", pool, one_of({"mean", "first"}), "how tokens become one vector");
  }
};
struct MaskSettings : ModelSettings {
  bool is_large = false;
  void fields(Fields& visit) override { visit("is_large", is_large, any, "four times the parameters"); }
};
inline const std::array<KindOf<ModelSettings>, 2> kModels = {
    {{"mask", "one image, its masks", make_settings<MaskSettings, ModelSettings>},
     {"tower", "one image, one vector", make_settings<TowerSettings, ModelSettings>}}};

struct OptimizerSettings : Settings {
  double lr = 1e-3;
  std::vector<std::string> frozen;
  void fields(Fields& visit) override {
    visit("lr", lr, positive, "peak learning rate");
    visit("frozen", frozen, not_empty, "globs over parameter names");
  }
};

struct RootSettings : Settings {
  int64_t steps = 100;
  std::string note;
  OptimizerSettings optimizer;
  std::unique_ptr<ModelSettings> model;
  std::vector<std::unique_ptr<LossSettings>> losses;
  void fields(Fields& visit) override {
    visit("steps", steps, at_least(1), "optimizer steps");
    visit.section("optimizer", optimizer, "how parameters move");
    visit.choose("model", kModels, model, "what is trained");
    visit.choose_some("loss", kLosses, losses, "what is wrong about an output");
    visit("note", note, any, "for the reader");
  }
};

// A recipe that says the least.
inline const std::string kLeast = "[model.tower]\n[loss.bare]\n";

}  // namespace weft
