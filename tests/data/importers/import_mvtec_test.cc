// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_mvtec.h"

#include "tests/data/importers/label_support.h"

namespace weft {
namespace {

class Mvtec : public LabelTest<MvtecImporter> {
 protected:
  Mvtec() {
    picture("bottle/train/good/000.png", 1);
    picture("bottle/test/good/000.png", 2);
    picture("bottle/test/broken_large/000.png", 3);
    grey("bottle/ground_truth/broken_large/000_mask.png", "xx000000 xx000000 00000000 00000000 00000000 00000000");
  }
};

TEST_F(Mvtec, GoodPicturesHoldNothingOfInterest) {
  import();
  const Said good = {"categories image bottle", "defects image good", "defects image neg *"};
  EXPECT_EQ(said("bottle/train/good/000.png"), good);
  EXPECT_EQ(said("bottle/test/good/000.png"), good);
  EXPECT_EQ(split("test"), (std::set<std::string>{"bottle/test/broken_large/000.png", "bottle/test/good/000.png"}));
}

TEST_F(Mvtec, DefectsAreAnomaliesWithTheirMasks) {
  import();
  EXPECT_EQ(said("bottle/test/broken_large/000.png"),
            (Said{"categories image bottle", "defects image broken large", "defects image exhaustive broken large",
                  "defects image neg good", "defects mask broken large #1: 4 in 0 0 2 2"}));
  const Store store(dataset());
  const Vocabulary& vocabulary = store.vocabulary();
  const auto& about = vocabulary.about(static_cast<uint32_t>(vocabulary.find("broken large")));
  ASSERT_EQ(about.parents.size(), 1u);
  EXPECT_EQ(vocabulary.text(about.parents[0]), "anomaly");
  EXPECT_TRUE(about.closed);
}

TEST_F(Mvtec, AFolderOfMasksBelongsToOnePicture) {
  std::filesystem::remove_all(source() / "bottle/ground_truth");
  grey("bottle/ground_truth/broken_large/000/000.png", "10000000 00000000 00000000 00000000 00000000 00000000");
  grey("bottle/ground_truth/broken_large/000/001.png", "01000000 00000000 00000000 00000000 00000000 00000000");
  import();
  EXPECT_EQ(said("bottle/test/broken_large/000.png").size(), 6u);
}

TEST_F(Mvtec, OneCategoryCanBeTheSource) {
  import_from(source() / "bottle");
  EXPECT_EQ(said("test/broken_large/000.png").count("categories image bottle"), 1u);
}

TEST_F(Mvtec, MasksWithoutPicturesAndDefectsWithoutMasksAreTold) {
  picture("bottle/test/scratch/004.png", 4);
  expect_says(import().text(), "pictures of bottle/test/scratch have no masks");
  EXPECT_EQ(said("bottle/test/scratch/004.png").count("defects image exhaustive scratch"), 0u);
  grey("bottle/ground_truth/broken_large/009_mask.png", "10000000 00000000 00000000 00000000 00000000 00000000");
  expect_says(error(), "bottle/ground_truth/broken_large/009_mask.png: a mask whose picture is not there");
}

}  // namespace
}  // namespace weft
