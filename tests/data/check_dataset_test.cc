// SPDX-License-Identifier: Apache-2.0
#include "data/check_dataset.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

#include "data/formats/volume.h"
#include "data/geometry.h"
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

// The volume of tests/golden/make_fingerprint.py, foreground().
TEST(CheckDataset, ForegroundIntensitiesAreNnUnets) {
  constexpr uint32_t kSlices = 3, kHeight = 8, kWidth = 10;
  Volume volume;
  volume.header.slices = kSlices, volume.header.height = kHeight, volume.header.width = kWidth;
  volume.header.type = VoxelType::i16;
  volume.header.modalities = {{.slope = 1, .intercept = 0}, {.slope = 0.5, .intercept = -10}};
  std::vector<int16_t> voxels;
  std::vector<Rle> masks;
  for (uint32_t z = 0; z < kSlices; ++z) {
    std::vector<uint8_t> first;
    for (const int channel : {0, 1})
      for (uint32_t y = 0; y < kHeight; ++y)
        for (uint32_t x = 0; x < kWidth; ++x) {
          const uint32_t value = channel == 0 ? (x * 37 + y * 101 + z * 211) % 1009 : (x * y * 13 + z * 57) % 499;
          voxels.push_back(static_cast<int16_t>(channel == 0 ? int(value) - 400 : int(value)));
          if (channel == 0) first.push_back((x + 2 * y + 3 * z) % 5 == 0);
        }
    masks.push_back(rle_of_bitmap(first.data(), kHeight, kWidth));
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(voxels.data());
  volume.voxels.assign(bytes, bytes + voxels.size() * sizeof(int16_t));
  std::vector<uint8_t> column(kHeight * kWidth), all(kHeight * kWidth, 1);
  for (uint32_t y = 2; y < 7; ++y) column[y * kWidth + 4] = 1;

  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "volumes", .licence = "CC0"});
  const Uid uid = writer.add(encode_volume(volume), "case", "case");
  const auto say = [&](const char* text, Kind kind, uint32_t view, const Rle& mask) {
    EvidenceWriter& layer = writer.layer("labels");
    layer.add({.item = uid,
               .view = view,
               .scope = Scope::mask,
               .concept_row = layer.vocabulary().row_of(text),
               .kind = kind,
               .geometry = mask_bytes(mask)});
  };
  for (uint32_t z = 0; z < kSlices; ++z) say("one", Kind::pos, z, masks[z]);
  say("two", Kind::pos, kEveryView, rle_of_bitmap(column.data(), kHeight, kWidth));
  say("three", Kind::neg, 0, rle_of_bitmap(all.data(), kHeight, kWidth));
  say("four", Kind::unknown, 1, rle_of_bitmap(all.data(), kHeight, kWidth));
  writer.finish();

  const DatasetCheck found = check_dataset(folder.path());
  const Intensity& one = found.pictures.intensities.at("volume, 16 bits x 2");
  const auto golden = nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/fingerprint.json"));
  const auto wanted = golden["foreground"].get<std::vector<std::array<double, 6>>>();
  ASSERT_EQ(one.foreground.size(), 2u);
  for (size_t c = 0; c < 2; ++c) {
    const Intensity::Channel& channel = one.foreground[c];
    EXPECT_EQ(channel.values, static_cast<size_t>(wanted[c][0]));
    EXPECT_NEAR(channel.mean, wanted[c][1], 1e-9);
    EXPECT_NEAR(channel.deviation, wanted[c][2], 1e-9);
    EXPECT_NEAR(channel.low, wanted[c][3], 1e-9);
    EXPECT_NEAR(channel.median, wanted[c][4], 1e-9);
    EXPECT_NEAR(channel.high, wanted[c][5], 1e-9);
    EXPECT_EQ(one.channels[c].values, 240u);
  }
  expect_says(found.text(), "where a mask is positive");
  EXPECT_EQ(nlohmann::json::parse(found.json())["pictures"]["intensities"]["volume, 16 bits x 2"]["foreground"].size(),
            2u);
}

TEST(CheckDataset, OfManyForegroundPixelsEvenlySpreadOnesAreKept) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "many", .licence = "CC0"});
  Image grey(100, 100, 1);
  for (size_t i = 0; i < grey.pixels.size(); ++i) grey.pixels[i] = static_cast<uint8_t>(i / 100);  // by row
  std::vector<uint8_t> lower(10000);
  std::fill(lower.begin() + 5000, lower.end(), 1);
  const Uid uid = writer.add(encode_png(grey), "a", "a");
  writer.layer("labels").add(
      {.item = uid, .scope = Scope::mask, .geometry = mask_bytes(rle_of_bitmap(lower.data(), 100, 100))});
  writer.finish();
  const Intensity one = check_dataset(folder.path(), {.most_values = 500}).pictures.intensities.at("png, 8 bits x 1");
  EXPECT_EQ(one.channels.at(0).values, 500u);
  EXPECT_NEAR(one.channels[0].mean, 49.5, 0.1);
  EXPECT_EQ(one.foreground.at(0).values, 500u);
  EXPECT_NEAR(one.foreground[0].mean, 74.5, 0.1);
  EXPECT_EQ(one.foreground[0].least, 50);
}

}  // namespace
}  // namespace weft
