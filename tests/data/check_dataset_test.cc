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
  EXPECT_EQ(found.pictures.width.least, 4);
  EXPECT_EQ(found.pictures.width.median, 9);  // of 4, 8, 10, 20
  EXPECT_EQ(found.pictures.width.most, 20);
  EXPECT_EQ(found.pictures.codecs, (std::map<std::string, size_t>{{"jpeg", 1}, {"png", 3}}));
  EXPECT_EQ(found.pictures.channels, (std::map<int, size_t>{{3, 4}}));
  EXPECT_EQ(found.labels.layers.at("tags").kinds, (std::map<std::string, size_t>{{"neg", 1}, {"pos", 2}}));
  EXPECT_EQ(found.labels.layers.at("votes").kinds, (std::map<std::string, size_t>{{"neg", 1}, {"pos", 1}}));
  EXPECT_EQ(found.labels.vocabulary, 3u);
  EXPECT_EQ(found.labels.texts_per_sample, (std::map<size_t, size_t>{{0, 1}, {1, 2}, {2, 1}}));
  EXPECT_EQ(found.labels.without_text, 1u);
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
  EXPECT_EQ(json["pictures"]["width"]["most"], 20);
  EXPECT_EQ(json["labels"]["layers"]["tags"]["kinds"]["pos"], 2);
  EXPECT_EQ(json["labels"]["texts_per_sample"]["2"], 1);
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

TEST(CheckDataset, APictureThatDoesNotDecodeIsDamageThoughItsHeaderIsWhole) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "cut", .licence = "CC0"});
  Bytes cut = encode_png(tiny_image(7, 64, 64));
  cut[cut.size() / 2] ^= 0x55;  // within the pixels
  writer.add(cut, "cut", "one");
  writer.add(tiny_png(2), "whole", "two");
  writer.finish();
  const DatasetCheck found = check_dataset(folder.path());
  ASSERT_EQ(found.damaged.size(), 1u) << found.text();
  expect_says(found.damaged[0], "decoding sample 0 (cut)");
}

TEST(CheckDataset, IntensitiesAreThoseOfTheChannelsThatAreStored) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "values", .licence = "CC0"});
  Image colour = tiny_image(0, 10, 10), grey(10, 10, 1);
  for (size_t i = 0; i < grey.pixels.size(); ++i) {
    grey.pixels[i] = static_cast<uint8_t>(i);
    colour.pixels[3 * i] = 100, colour.pixels[3 * i + 2] = 200;
  }
  writer.add(encode_png(grey), "grey", "one");
  writer.add(encode_png(colour), "colour", "two");
  writer.finish();
  const auto& found = check_dataset(folder.path()).pictures.intensities;
  ASSERT_EQ(found.size(), 2u);
  const Intensity& one = found.at("png, 8 bits x 1");
  ASSERT_EQ(one.channels.size(), 1u);
  EXPECT_EQ(one.channels[0].values, 100u);
  EXPECT_DOUBLE_EQ(one.channels[0].mean, 49.5);
  EXPECT_NEAR(one.channels[0].deviation, 28.866070, 1e-6);  // sqrt((100^2 - 1) / 12)
  EXPECT_NEAR(one.channels[0].low, 0.495, 1e-9);
  EXPECT_NEAR(one.channels[0].high, 98.505, 1e-9);
  const Intensity& three = found.at("png, 8 bits x 3");
  ASSERT_EQ(three.channels.size(), 3u);
  EXPECT_EQ(three.channels[0].mean, 100);
  EXPECT_EQ(three.channels[1].mean, 0);
  EXPECT_EQ(three.channels[2].mean, 200);
}

}  // namespace
}  // namespace weft
