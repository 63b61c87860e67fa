// SPDX-License-Identifier: Apache-2.0
#include "data/check/labels.h"

#include <gtest/gtest.h>

#include "data/check_dataset.h"
#include "data/geometry.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

class Labels : public testing::Test {
 protected:
  Labels() {
    for (int i = 0; i < 6; ++i) uids_.push_back(writer_.add(tiny_png(i, 20, 10), join("picture ", i), join(i)));
  }
  // "dog is an animal"; both are classes of the layer.
  EvidenceWriter& layer(const std::string& name) {
    EvidenceWriter& layer = writer_.layer(name);
    Vocabulary& vocabulary = layer.vocabulary();
    const uint32_t animal = vocabulary.row_of("animal"), dog = vocabulary.row_of("dog");
    vocabulary.about(dog).parents = {animal};
    vocabulary.about(dog).closed = vocabulary.about(animal).closed = true;
    return layer;
  }
  void say_region(EvidenceWriter& to, int sample, const std::string& text, const Box& box, RegionIs is, uint32_t id,
                  uint32_t parent = 0) {
    to.add({.item = uids_[sample],
            .scope = Scope::box,
            .concept_row = to.vocabulary().row_of(text),
            .region = is,
            .id = id,
            .parent = parent,
            .geometry = box_bytes(box)});
  }
  LabelStatistics found() {
    writer_.finish();
    return label_statistics(Store(folder_.path()), 100);
  }
  static const ConceptStatistics& of(const LabelStatistics& found, const std::string& text) {
    for (const ConceptStatistics& one : found.concepts)
      if (one.text == text) return one;
    ADD_FAILURE() << "no concept " << text;
    return found.concepts.front();
  }
  ScratchFolder folder_;
  StoreWriter writer_{folder_.path(), {.name = "labels", .licence = "CC0"}};
  std::vector<Uid> uids_;
};

TEST_F(Labels, EveryStateIsCountedAndWhatFollowsFromTheHierarchyToo) {
  EvidenceWriter& tags = layer("tags");
  tags.add(uids_[0], "dog");
  tags.add(uids_[1], "animal", Kind::neg);
  tags.add(uids_[2], "dog", Kind::unknown);
  tags.add(uids_[3], "dog", Kind::soft, 0.4f);
  const LabelStatistics labels = found();
  const StateCounts& dog = of(labels, "dog").all;
  EXPECT_EQ(dog[Known::pos], 1u);
  EXPECT_EQ(dog[Known::neg], 1u);
  EXPECT_EQ(dog[Known::unknown], 1u);
  EXPECT_EQ(dog[Known::soft], 1u);
  EXPECT_EQ(dog[Known::unsaid], 2u);
  const StateCounts& animal = of(labels, "animal").all;
  EXPECT_EQ(animal[Known::pos], 1u);
  EXPECT_EQ(animal[Known::neg], 1u);
  EXPECT_EQ(animal[Known::unsaid], 4u);
  EXPECT_EQ(dog.prevalence().hits, 1u);
  EXPECT_EQ(dog.prevalence().of, 2u);
  EXPECT_EQ(labels.without_statement, 2u);
}

TEST_F(Labels, AnExhaustiveSampleDeniesTheClassesItDoesNotName) {
  EvidenceWriter& tags = layer("tags");
  tags.add(uids_[0], "dog");
  tags.vocabulary().row_of("a caption");  // no class
  for (const int sample : {0, 1}) tags.add({.item = uids_[sample], .kind = Kind::exhaustive});
  const LabelStatistics labels = found();
  EXPECT_EQ(of(labels, "dog").all[Known::pos], 1u);
  EXPECT_EQ(of(labels, "dog").all[Known::neg], 1u);
  EXPECT_EQ(of(labels, "dog").layers.at("tags")[Known::unsaid], 4u);
  EXPECT_EQ(of(labels, "a caption").all[Known::unsaid], 6u);
  EXPECT_EQ(labels.layers.at("tags").exhaustive, 2u);
  EXPECT_EQ(labels.layers.at("tags").classes, 2u);
}

TEST_F(Labels, ContradictionsWithinAndAcrossLayersAreToldApart) {
  layer("tags").add(uids_[0], "dog");
  layer("votes").add(uids_[0], "animal", Kind::neg);  // which denies the dog
  layer("votes").add(uids_[1], "dog");
  layer("votes").add(uids_[1], "dog", Kind::neg);
  const LabelStatistics labels = found();
  EXPECT_EQ(labels.across, 2u);  // of dog and of animal
  EXPECT_EQ(labels.within, 1u);
  ASSERT_EQ(labels.contradictions.size(), 3u);
  EXPECT_EQ(labels.contradictions[0].text, "animal");
  EXPECT_EQ(labels.contradictions[0].says_yes, std::vector<std::string>{"tags"});
  EXPECT_EQ(labels.contradictions[0].says_no, std::vector<std::string>{"votes"});
  expect_says(check_dataset(folder_.path()).text(), "#0 \"dog\": yes says tags, no says votes");
}

TEST_F(Labels, APartIsSeparateAsOftenAsItsWholeIsVerifiedToBeAbsent) {
  EvidenceWriter& tags = layer("tags");
  for (const int sample : {0, 1, 2}) {
    say_region(tags, sample, "dog", {0, 0, 10, 10}, RegionIs::object, 1);
    say_region(tags, sample, "tail", {2, 2, 4, 4}, RegionIs::part, 2, 1);
  }
  tags.add(uids_[3], "tail");
  tags.add(uids_[3], "dog", Kind::neg);
  tags.add(uids_[4], "tail");  // and nothing of dogs
  const LabelStatistics labels = found();
  const auto tail = std::find_if(labels.parts.begin(), labels.parts.end(),
                                 [](const PartOf& one) { return one.child == "tail" && one.parent == "dog"; });
  ASSERT_NE(tail, labels.parts.end());
  EXPECT_EQ(tail->separate.hits, 1u);
  EXPECT_EQ(tail->separate.of, 4u);
  EXPECT_EQ(tail->attached.hits, 3u);
  EXPECT_EQ(tail->attached.of, 3u);
}

TEST_F(Labels, AreasOfBoxesAndMasksAreSharesOfThePicture) {
  EvidenceWriter& tags = layer("tags");
  say_region(tags, 0, "dog", {0, 0, 10, 5}, RegionIs::object, 1);  // of 20 x 10
  std::vector<uint8_t> pixels(200);
  pixels[7] = pixels[8] = 1;
  tags.add({.item = uids_[1],
            .scope = Scope::mask,
            .concept_row = tags.vocabulary().row_of("dog"),
            .geometry = mask_bytes(rle_of_bitmap(pixels.data(), 10, 20))});
  const ConceptStatistics dog = of(found(), "dog");
  EXPECT_EQ(dog.area.count, 2u);
  EXPECT_DOUBLE_EQ(dog.area.most, 0.25);
  EXPECT_DOUBLE_EQ(dog.area.least, 0.01);
  EXPECT_EQ(dog.regions, (std::map<std::string, size_t>{{"box", 1}, {"mask", 1}}));
}

TEST_F(Labels, WordsAndLettersAreCountedAsOftenAsATextIsSaid) {
  EvidenceWriter& captions = writer_.layer("captions");
  captions.add(uids_[0], "ein schöner Hund");
  captions.add(uids_[1], "ein schöner Hund");
  captions.add(uids_[2], "Katze");
  const LabelStatistics labels = found();
  EXPECT_EQ(labels.words.count, 3u);
  EXPECT_EQ(labels.words.median, 3);
  EXPECT_EQ(labels.words.least, 1);
  EXPECT_EQ(labels.letters.most, 16);
}

TEST_F(Labels, AShuffleThatMixesMeetsAsManyPairsAsChance) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "order", .licence = "CC0"});
  for (int i = 0; i < 250; ++i) writer.add(tiny_png(i), join(i), join("group ", i / 5));
  writer.finish();
  const ShuffleStatistics shuffle = *check_dataset(folder.path(), {.shuffle_batch = 25}).shuffle;
  ASSERT_EQ(shuffle.collisions.size(), 3u);
  const ShuffleStatistics::Collisions& groups = shuffle.collisions[0];
  EXPECT_NEAR(groups.expected, 50 * 10 * (25.0 * 24) / (250.0 * 249), 1e-12);  // 50 groups of 5
  EXPECT_NEAR(groups.met, groups.expected, 4 * groups.deviation);
  EXPECT_NEAR(groups.ratio(), 1, 0.15);
}

}  // namespace
}  // namespace weft
