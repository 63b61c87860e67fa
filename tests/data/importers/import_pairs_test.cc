// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_pairs.h"

#include "tests/data/importers/label_support.h"

namespace weft {
namespace {

class Pairs : public LabelTest<PairsImporter> {
 protected:
  Pairs() {
    picture("g/7/1_temp.png", 1);
    picture("g/7/1_test.png", 2);
    text("g/7_not/1.txt", "1 1 3 4 2\n4,0,8,6,6\n");
    settings_.kinds = {"open", "short"};
  }
};

TEST_F(Pairs, TestedPicturesHaveBoxesAndTemplatesHaveNone) {
  text("g/7_not/1.txt", "1 1 3 4 2\n4,0,8,6,1\n");
  import();
  EXPECT_EQ(said("g/7/1_test.png"),
            (Said{"defects box open #2: 4 0 8 6", "defects box short #1: 1 1 3 4", "defects image exhaustive *",
                  "pairs pair defect-free template: g/7/1_temp.png"}));
  EXPECT_EQ(said("g/7/1_temp.png"), (Said{"defects image neg *", "defects image neg open", "defects image neg short"}));
}

TEST_F(Pairs, BothPicturesAreOfOneGroup) {
  text("g/7_not/1.txt", "");
  import();
  const Store store(dataset());
  EXPECT_EQ(store.info(0).group, "g/7/1");
  EXPECT_EQ(store.info(1).group, "g/7/1");
}

TEST_F(Pairs, MistakesAreNamedByTheirLine) {
  expect_says(error(), "g/7_not/1.txt:2: the type 6 is none of 1 to 2");
  text("g/7_not/1.txt", "1 1 3\n");
  expect_says(error(), "g/7_not/1.txt:1: wanted x1 y1 x2 y2 type");
  text("g/7_not/1.txt", "1 1 3 4 2\n");
  picture("g/7/2_test.png", 3);
  expect_says(error(), "g/7/2: the pair has no template");
}

TEST_F(Pairs, WithoutABoxFileATestedPictureIsUnlabelled) {
  std::filesystem::remove_all(source() / "g/7_not");
  EXPECT_EQ(import().repaired.at("unlabelled_image").size(), 1u);
  EXPECT_EQ(said("g/7/1_test.png"), (Said{"pairs pair defect-free template: g/7/1_temp.png"}));
}

TEST_F(Pairs, OtherNamesAreKeys) {
  expect_says(error(), "the type 6");
  settings_.template_suffix = "_none";
  settings_.tested_suffix = "_neither";
  expect_says(error(), "hint: template_suffix=");
}

}  // namespace
}  // namespace weft
