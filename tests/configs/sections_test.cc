// SPDX-License-Identifier: Apache-2.0
// Sections whose names the recipe chooses.
#include <gtest/gtest.h>

#include "configs/recipe.h"
#include "tests/support.h"

namespace weft {
namespace {

struct SourceLike final : Settings {
  std::string dataset;
  double share = 1;
  void fields(Fields& visit) override {
    visit("dataset", dataset, not_empty, "folder");
    visit("share", share, non_negative, "of the batch");
  }
};

struct WithSources final : Settings {
  int64_t steps = 3;
  std::map<std::string, SourceLike> sources;
  void fields(Fields& visit) override {
    visit("steps", steps, any, "steps");
    visit.sections("source", sources, "what to draw from");
  }
};

TEST(NamedSections, AreFilledByTheirNamesAndComeBackInTheResolvedRecipe) {
  WithSources root;
  const std::string resolved =
      Recipe::parse("[source.photos]\ndataset = \"p\"\n[source.drawings]\ndataset = \"d\"\nshare = 2\n", "r.toml",
                    {"source.photos.share=0.5"})
          .fill(root);
  ASSERT_EQ(root.sources.size(), 2u);
  EXPECT_EQ(root.sources.at("photos").share, 0.5);
  EXPECT_EQ(root.sources.at("drawings").dataset, "d");
  WithSources again;
  Recipe::parse(resolved, "resolved").fill(again);
  EXPECT_EQ(again.sources.at("drawings").share, 2);
  EXPECT_EQ(again.sources.at("photos").dataset, "p");
}

TEST(NamedSections, MayBeNone) {
  WithSources root;
  Recipe::parse("steps = 1\n", "r.toml").fill(root);
  EXPECT_TRUE(root.sources.empty());
}

TEST(NamedSections, MistakesInThemHaveTheirPlace) {
  WithSources root;
  EXPECT_EQ(
      error_of([&] { Recipe::parse("[source.a]\ndatset = \"p\"\n[source.b]\ndataset = 3\n", "r.toml").fill(root); }),
      "r.toml:1: [source.a] lacks \"dataset\"; wanted a text that is not empty\n"
      "r.toml:2: [source.a] has no key \"datset\"; did you mean \"dataset\"?\n"
      "r.toml:4: source.b.dataset is 3; wanted a string");
}

TEST(NamedSections, AreListedWithAPlaceholder) {
  WithSources root;
  const std::string list = list_keys(root);
  EXPECT_NE(list.find("[source.NAME]"), std::string::npos) << list;
  EXPECT_NE(list.find("source.NAME.share"), std::string::npos) << list;
}

}  // namespace
}  // namespace weft
