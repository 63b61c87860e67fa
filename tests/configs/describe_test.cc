// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "configs/recipe.h"
#include "tests/configs/small_settings.h"
#include "tests/support.h"

namespace weft {
namespace {

TEST(ListKeys, HasALineForEveryKeyOfEveryKind) {
  RootSettings root;
  const std::string list = list_keys(root);
  EXPECT_EQ(list.substr(0, list.find('\n')),
            "steps                     100     an integer, at least 1                            optimizer steps");
  for (const std::string part :
       {"\n[model]  ", "one of its kinds", "\n[model.mask]  ", "\n[model.tower]  ", "\nmodel.tower.width  ",
        "\nmodel.mask.is_large  ", "\n[loss.bare]  ", "\nloss.infonce.weight  ", "\nloss.ranking.margin  ",
        "near before far\n", "a number, more than 0", "a string, one of \"mean\", \"first\""})
    EXPECT_NE(list.find(part), std::string::npos) << part << "\n" << list;
}

TEST(ExplainKey, SaysWhatAKeyIsItsDefaultAndWhatItWants) {
  RootSettings root;
  EXPECT_EQ(explain_key(root, "optimizer.lr"),
            "optimizer.lr: peak learning rate\n  default: 0.001\n  wanted:  a number, more than 0\n");
}

TEST(ExplainKey, ListsWhatASectionHolds) {
  RootSettings root;
  EXPECT_EQ(explain_key(root, "loss.ranking"),
            "[loss.ranking]" + std::string(34, ' ') +
                "near before far\n"
                "loss.ranking.margin  1  an integer, at least 1  distance to the next\n");
}

TEST(ExplainKey, AnUnknownKeyIsAnErrorWithASuggestion) {
  RootSettings root;
  EXPECT_EQ(error_of([&] { explain_key(root, "optimizer.rl"); }),
            "there is no key \"optimizer.rl\"; did you mean \"optimizer.lr\"?");
  EXPECT_EQ(error_of([&] { explain_key(root, "zzzzzz"); }), "there is no key \"zzzzzz\"");
}

}  // namespace
}  // namespace weft
