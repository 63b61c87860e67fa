// SPDX-License-Identifier: Apache-2.0
#include "configs/recipe.h"

#include <gtest/gtest.h>

#include "tests/configs/small_settings.h"
#include "tests/support.h"

namespace weft {
namespace {

std::string problems(const std::string& text, const std::vector<std::string>& overrides = {}) {
  RootSettings root;
  return error_of([&] { Recipe::parse(text, "r.toml", overrides).fill(root); });
}

TEST(Recipe, FillsWhatItNamesAndLeavesTheDefaults) {
  RootSettings root;
  Recipe::parse(
      "steps = 7\n[optimizer]\nlr = 1\nfrozen = [\"text.*\"]\n[model.tower]\npool = \"first\"\n"
      "[loss.ranking]\nmargin = 3\n[loss.infonce]\n",
      "r.toml")
      .fill(root);
  EXPECT_EQ(root.steps, 7);
  EXPECT_EQ(root.optimizer.lr, 1.0);  // an integer serves as a real
  EXPECT_EQ(root.optimizer.frozen, std::vector<std::string>{"text.*"});
  const auto* tower = dynamic_cast<TowerSettings*>(root.model.get());
  ASSERT_NE(tower, nullptr);
  EXPECT_EQ(tower->pool, "first");
  EXPECT_EQ(tower->width, 64);
  ASSERT_EQ(root.losses.size(), 2u);  // in the table's order
  EXPECT_EQ(dynamic_cast<InfonceSettings&>(*root.losses[0]).weight, 1.0);
  EXPECT_EQ(dynamic_cast<RankingSettings&>(*root.losses[1]).margin, 3);
}

TEST(Recipe, ThreeTyposAreReportedAtOnce) {
  EXPECT_EQ(problems("setps = 3\n[optimzer]\nlr = 2.0\n[model.tower]\n[loss.infonce]\nwieght = 0.5\n"),
            "r.toml:1: the top level has no key \"setps\"; did you mean \"steps\"?\n"
            "r.toml:2: the top level has no section \"optimzer\"; did you mean [optimizer]?\n"
            "r.toml:6: [loss.infonce] has no key \"wieght\"; did you mean \"weight\"?");
}

TEST(Recipe, WrongTypesAreNamedWithWhatWasFoundAndWanted) {
  EXPECT_EQ(problems("steps = 3.0\nnote = 1\n[optimizer]\nlr = \"fast\"\nfrozen = [1]\n[model.mask]\nis_large = 1\n"
                     "[loss.bare]\n"),
            "r.toml:1: steps is 3.0; wanted an integer\n"
            "r.toml:2: note is 1; wanted a string\n"
            "r.toml:4: optimizer.lr is \"fast\"; wanted a number\n"
            "r.toml:5: optimizer.frozen is a list of something other than strings; wanted a list of strings\n"
            "r.toml:7: model.mask.is_large is 1; wanted true or false");
  EXPECT_EQ(problems("note = 1979-05-27\n" + kLeast), "r.toml:1: note is a date or a time; wanted a string");
  EXPECT_EQ(problems("[optimizer]\nlr = nan\n" + kLeast), "r.toml:2: optimizer.lr is nan; wanted a number");
}

TEST(Recipe, ValuesOutOfRangeAreNamedWithTheRange) {
  EXPECT_EQ(problems("steps = 0\n[optimizer]\nlr = -1\nfrozen = [\"a\", \"\"]\n[model.tower]\npool = \"max\"\n"
                     "[loss.bare]\n"),
            "r.toml:1: steps is 0; wanted at least 1\n"
            "r.toml:3: optimizer.lr is -1; wanted more than 0\n"
            "r.toml:4: optimizer.frozen is [\"a\", \"\"]; wanted a text that is not empty\n"
            "r.toml:6: model.tower.pool is \"max\"; wanted one of \"mean\", \"first\"");
}

TEST(Recipe, AKeyWhoseDefaultItsCheckRefusesIsRequired) {
  struct Data : Settings {
    std::string path;
    void fields(Fields& visit) override { visit("path", path, not_empty, "where"); }
  };
  struct Root : Settings {
    Data data;
    void fields(Fields& visit) override { visit.section("data", data, "input"); }
  } root;
  EXPECT_EQ(error_of([&] { Recipe::parse("\n[data]\n", "r.toml").fill(root); }),
            "r.toml:2: [data] lacks \"path\"; wanted a text that is not empty");
  EXPECT_EQ(error_of([&] { Recipe::parse("", "r.toml").fill(root); }),
            "r.toml: [data] lacks \"path\"; wanted a text that is not empty");
  EXPECT_EQ(error_of([&] { Recipe::parse("", "r.toml", {"data.path=emoji"}).fill(root); }), "");
  EXPECT_EQ(root.data.path, "emoji");
}

TEST(Recipe, ExclusiveKindsAreChosenOnce) {
  EXPECT_EQ(problems("[model.tower]\n[model.mask]\nis_large = 3\n[loss.bare]\n"),
            "r.toml:1: [model.tower] stands beside [model.mask] of r.toml:2; wanted one of them\n"
            "r.toml:3: model.mask.is_large is 3; wanted true or false");
  EXPECT_EQ(problems("[loss.bare]\n"), "r.toml: there is no model; wanted one of [model.mask], [model.tower]");
  EXPECT_EQ(problems("[model.tower]\n"),
            "r.toml: there is no loss; wanted one or more of [loss.bare], [loss.infonce], [loss.ranking]");
}

TEST(Recipe, AnUnknownKindIsNamedOnce) {
  EXPECT_EQ(problems("[model.towre]\nwidth = 3\n[loss.bare]\n"),
            "r.toml:1: [model] has no kind \"towre\"; did you mean [model.tower]?");
  EXPECT_EQ(problems("[model.tower]\n[loss.cosine]\n[loss.bare]\n"),
            "r.toml:2: [loss] has no kind \"cosine\"; it has [loss.bare], [loss.infonce], [loss.ranking]");
}

TEST(Recipe, AKeyInASectionsPlaceAndASectionInAKeysPlaceAreErrors) {
  EXPECT_EQ(problems("optimizer = 3\n" + kLeast), "r.toml:1: optimizer is 3; wanted a section");
  EXPECT_EQ(problems("model = \"tower\"\n[loss.bare]\n"), "r.toml:1: model is \"tower\"; wanted a section");
  EXPECT_EQ(problems(kLeast + "[optimizer.lr]\nvalue = 1\n"),
            "r.toml:3: [optimizer] has no section \"lr\"; did you mean \"lr\"?");
  EXPECT_EQ(problems("\"optimizer.lr\" = 1\n" + kLeast),
            "r.toml:1: the top level has no key \"optimizer.lr\"; did you mean [optimizer]?");
}

TEST(Recipe, AnOverrideReplacesWhatTheFileSays) {
  RootSettings root;
  const std::string resolved =
      Recipe::parse("steps = 7\n" + kLeast, "r.toml", {"steps=9", "optimizer.lr=1e-4", "note=a b", "loss.ranking={}"})
          .fill(root);
  EXPECT_EQ(root.steps, 9);
  EXPECT_EQ(root.optimizer.lr, 1e-4);
  EXPECT_EQ(root.note, "a b");
  EXPECT_EQ(root.losses.size(), 2u);
  EXPECT_NE(resolved.find("steps = 9  # command line\n"), std::string::npos) << resolved;
}

TEST(Recipe, OverridesAreJudgedLikeTheFile) {
  EXPECT_EQ(problems("step = 3\n" + kLeast, {"optimizer.rl=3", "optimizer.lr=0", "model.tower.width=wide"}),
            "r.toml:1: the top level has no key \"step\"; did you mean \"steps\"?\n"
            "command line: model.tower.width=wide: model.tower.width is \"wide\"; wanted an integer\n"
            "command line: optimizer.lr=0: optimizer.lr is 0; wanted more than 0\n"
            "command line: optimizer.rl=3: [optimizer] has no key \"rl\"; it has \"lr\", \"frozen\"");
  EXPECT_EQ(problems(kLeast, {"steps=3", "steps=4"}), "command line: steps=4: the key is given twice");
}

TEST(Recipe, TheResolvedTextNamesEveryValueAndItsOrigin) {
  RootSettings root;
  EXPECT_EQ(Recipe::parse("note = \"x\"\n[model.tower]\nwidth = 8\n[loss.bare]\n", "r.toml", {"optimizer.lr=1e-5"})
                .fill(root),
            "steps = 100  # default\n"
            "note = \"x\"  # r.toml:1\n"
            "\n[optimizer]\nlr = 1e-5  # command line\nfrozen = []  # default\n"
            "\n[model.tower]\nwidth = 8  # r.toml:3\npool = \"mean\"  # default\n"
            "\n[loss.bare]\n");
}

TEST(Recipe, TheResolvedTextIsARecipeWithTheSameValues) {
  RootSettings root, again;
  const std::string resolved = Recipe::parse(
                                   "note = 'a \"b\" \\ # = \u00e9'\n[optimizer]\nlr = 1e-4\nfrozen = ['x\"', 'y']\n"
                                   "[model.mask]\nis_large = true\n[loss.bare]\n[loss.infonce]\ntemperature = 0.1\n",
                                   "r.toml")
                                   .fill(root);
  const std::string resolved_again = Recipe::parse(resolved, "resolved.toml").fill(again);
  EXPECT_TRUE(compare_recipes(resolved, resolved_again).empty());
  EXPECT_EQ(again.note, root.note);
  EXPECT_EQ(again.optimizer.lr, 1e-4);
  EXPECT_EQ(again.optimizer.frozen, root.optimizer.frozen);
  EXPECT_TRUE(dynamic_cast<MaskSettings&>(*again.model).is_large);
  EXPECT_EQ(dynamic_cast<InfonceSettings&>(*again.losses.at(1)).temperature, 0.1);
}

TEST(Recipe, ComparingFindsEveryKeyThatDiffers) {
  RootSettings first, second;
  const std::string before = Recipe::parse(kLeast + "[optimizer]\nlr = 0.5\n", "r.toml").fill(first);
  const std::string after =
      Recipe::parse("note = \"n\"\n[model.mask]\n[loss.infonce]\n[optimizer]\nlr = 0.5\n", "other.toml").fill(second);
  const std::vector<RecipeChange> changes = compare_recipes(before, after);
  std::vector<std::string> lines;
  for (const RecipeChange& change : changes) lines.push_back(change.key + ": " + change.before + " -> " + change.after);
  EXPECT_EQ(lines, (std::vector<std::string>{"loss.bare: {} -> ", "loss.infonce.temperature:  -> 0.07",
                                             "loss.infonce.weight:  -> 1.0", "model.mask.is_large:  -> false",
                                             "model.tower.pool: \"mean\" -> ", "model.tower.width: 64 -> ",
                                             "note: \"\" -> \"n\""}));
}

TEST(Recipe, AFileIsNamedInEveryMessage) {
  const ScratchFolder folder;
  write_atomically(folder / "r.toml", "step = 3\n" + kLeast);
  RootSettings root;
  EXPECT_EQ(error_of([&] { Recipe::read(folder / "r.toml").fill(root); }),
            (folder / "r.toml").string() + ":1: the top level has no key \"step\"; did you mean \"steps\"?");
}

}  // namespace
}  // namespace weft
