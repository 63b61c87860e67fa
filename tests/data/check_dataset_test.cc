// SPDX-License-Identifier: Apache-2.0
#include "data/check_dataset.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/manifest.h"
#include "data/store.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

void write_four(const Path& folder) {
  StoreWriter writer(folder, {.name = "four", .licence = "CC0"});
  const Uid a = writer.add(tiny_png(1, 4, 3), "a", "one");
  const Uid b = writer.add(tiny_png(2, 10, 3), "b", "one");
  const Uid c = writer.add(tiny_jpeg(3), "c", "two");  // 8 x 8
  writer.add(tiny_png(4, 20, 3), "c", "three");
  writer.layer("tags").add(a, "x");
  writer.layer("tags").add(a, "y", Kind::neg);
  writer.layer("tags").add(b, "x");
  writer.layer("votes").add(a, "x", Kind::neg);
  writer.layer("votes").add(c, "z");
  writer.set_split("held_back", {"two"});
  writer.finish();
}

TEST(CheckDataset, CountsWhatIsThere) {
  ScratchFolder folder;
  write_four(folder.path());
  const DatasetCheck found = check_dataset(folder.path());
  EXPECT_TRUE(found.is_sound()) << found.text();
  EXPECT_EQ(found.samples, 4u);
  EXPECT_EQ(found.width.least, 4u);
  EXPECT_EQ(found.width.median, 8u);  // of 4, 8, 10, 20 the lower
  EXPECT_EQ(found.width.most, 20u);
  EXPECT_EQ(found.codecs, (std::map<std::string, size_t>{{"jpeg", 1}, {"png", 3}}));
  EXPECT_EQ(found.channels, (std::map<int, size_t>{{3, 4}}));
  EXPECT_EQ(found.statements.at("tags"), (std::map<std::string, size_t>{{"neg", 1}, {"pos", 2}}));
  EXPECT_EQ(found.statements.at("votes"), (std::map<std::string, size_t>{{"neg", 1}, {"pos", 1}}));
  EXPECT_EQ(found.vocabulary, 3u);
  EXPECT_EQ(found.texts_per_sample, (std::map<size_t, size_t>{{0, 1}, {1, 2}, {2, 1}}));
  EXPECT_EQ(found.without_text, 1u);
  EXPECT_EQ(found.split_groups, (std::map<std::string, size_t>{{"all", 3}, {"held_back", 1}, {"train", 2}}));
  EXPECT_EQ(found.split_samples, (std::map<std::string, size_t>{{"all", 4}, {"held_back", 1}, {"train", 3}}));
  EXPECT_EQ(found.repeated_keys, (std::vector<std::string>{"the key \"c\" is that of 2 samples"}));
  expect_says(found.text(), "the dataset is sound");
}

TEST(CheckDataset, JsonSaysTheSame) {
  ScratchFolder folder;
  write_four(folder.path());
  const auto json = nlohmann::json::parse(check_dataset(folder.path()).json());
  EXPECT_EQ(json["samples"], 4);
  EXPECT_EQ(json["width"]["most"], 20);
  EXPECT_EQ(json["statements"]["tags"]["pos"], 2);
  EXPECT_EQ(json["texts_per_sample"]["2"], 1);
  EXPECT_EQ(json["sound"], true);
}

TEST(CheckDataset, NamesEveryDamagedSampleAndFileAndGoesOn) {
  ScratchFolder folder;
  write_four(folder.path());
  flip_byte_of(tiny_png(1, 4, 3), folder / "images-00000.h5");
  flip_byte_of(tiny_jpeg(3), folder / "images-00000.h5");
  const DatasetCheck found = check_dataset(folder.path());
  EXPECT_FALSE(found.is_sound());
  ASSERT_EQ(found.damaged.size(), 3u);
  expect_says(found.damaged[0], "images-00000.h5: its hash is ");
  expect_says(found.damaged[1], "reading sample 0 (a) of images-00000.h5");
  expect_says(found.damaged[2], "reading sample 2 (c) of images-00000.h5");
  expect_says(found.text(), "damaged: 3\n");
  expect_says(found.text(), "NOT sound");
}

TEST(CheckDataset, AnIndexThatContradictsTheImagesHeaderIsDamage) {
  ScratchFolder folder;
  write_four(folder.path());
  lie_in_column(folder / "images-00000.h5", "index/width", H5T_NATIVE_UINT32, std::vector<uint32_t>{4, 11, 8, 20});
  const DatasetCheck found = check_dataset(folder.path());
  ASSERT_EQ(found.damaged.size(), 2u);
  expect_says(found.damaged[1], "its header says png 10 x 3 of 3 channels; the index says png 11 x 3 of 3 channels");
}

TEST(CheckDataset, ASubsetOfASplitIsNoGroupInTwoSplits) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "gallery", .licence = "CC0"});
  const Uid a = writer.add(tiny_png(1), "a", "one");
  writer.add(tiny_png(2), "b", "one");
  writer.set_split("dev", {"one"});
  writer.set_subset("dev_gallery", {a});
  writer.finish();
  const DatasetCheck found = check_dataset(folder.path());
  EXPECT_TRUE(found.is_sound()) << found.text();
  EXPECT_EQ(found.split_samples.at("dev_gallery"), 1u);
}

TEST(CheckDataset, AGroupInTwoSplitsIsFound) {
  ScratchFolder folder;
  write_four(folder.path());
  Manifest manifest = read_manifest(folder.path());
  manifest.splits["test"] = {"two"};
  write_atomically(folder / kManifestFile, manifest_text(manifest));
  const DatasetCheck found = check_dataset(folder.path());
  EXPECT_FALSE(found.is_sound());
  EXPECT_EQ(found.straddling, (std::vector<std::string>{"the group \"two\" is in the splits held_back and test"}));
}

}  // namespace
}  // namespace weft
