// SPDX-License-Identifier: Apache-2.0
#include "data/window.h"

#include <gtest/gtest.h>

#include <cmath>

#include "data/formats/volume.h"
#include "tests/support.h"

namespace weft {
namespace {

Raster raster_of(int channels, const std::vector<float>& values) {
  Raster raster;
  raster.width = static_cast<int>(values.size()) / channels;
  raster.height = 1;
  raster.channels = channels;
  raster.bits = 16;
  raster.values = values;
  return raster;
}

std::vector<Window> windows(const Raster& raster, const std::vector<std::string>& asked) {
  WindowSettings settings;
  settings.window = asked;
  return windows_of(settings, raster);
}

TEST(Window, ValuesRunFromBlackToWhiteAndAreClampedOutside) {
  const Raster raster = raster_of(1, {-1000, -160, 40, 240, 3000, NAN, INFINITY, -INFINITY});
  const Image image = windowed(raster, {{-160, 240}});
  EXPECT_EQ(image.channels, 3);
  std::vector<int> red;
  for (size_t i = 0; i < image.pixels.size(); i += 3) red.push_back(image.pixels[i]);
  EXPECT_EQ(red, (std::vector<int>{0, 0, 128, 255, 255, 0, 255, 0}));
  EXPECT_EQ(windowed_values(raster, {{-160, 240}}).values, (std::vector<float>{0, 0, 0.5f, 1, 1, 0, 1, 0}));
}

TEST(Window, SeveralOfOneChannelBecomeChannels) {
  const Raster raster = raster_of(1, {0, 50, 100});
  const Raster values = windowed_values(raster, {{0, 100}, {0, 50}, {50, 100}});
  EXPECT_EQ(values.channels, 3);
  EXPECT_EQ(values.values, (std::vector<float>{0, 0, 0, 0.5f, 1, 0, 1, 1, 1}));
}

TEST(Window, ChannelsHaveTheirOwnAndFewerThanThreeAreRepeated) {
  const Raster raster = raster_of(2, {0, 0, 10, 100});
  const Image image = windowed(raster, {{0, 20}, {0, 200}});
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{0, 0, 0, 128, 128, 128}));
  EXPECT_EQ(windowed_values(raster, {{0, 100}}).values, (std::vector<float>{0, 0, 0.1f, 1}));
}

TEST(Window, OpacityIsAShareOfAllThatCanBeStored) {
  Raster raster = raster_of(2, {30000, 65535, 20000, 13107});
  raster.has_alpha = true;
  raster.full = {{0, 65535}, {0, 65535}};
  const Image image = windowed(raster, {{20000, 30000}});
  EXPECT_EQ(image.channels, 4);
  EXPECT_EQ(image.pixels, (std::vector<uint8_t>{255, 255, 255, 255, 0, 0, 0, 51}));
}

TEST(Window, EveryKindIsFoundAndTheDefaultIsTheSources) {
  Raster raster = raster_of(1, {0, 200});
  raster.automatic = {{5, 95}};
  EXPECT_EQ(windows(raster, {"default"})[0], (Window{5, 95}));
  raster.full = {{-32768, 32767}};
  raster.named = {{-160, 240}, {0, 1}};
  EXPECT_EQ(windows(raster, {"default"})[0], (Window{-160, 240}));
  EXPECT_EQ(windows(raster, {"stored"})[0], (Window{-160, 240}));
  EXPECT_EQ(windows(raster, {"auto"})[0], (Window{5, 95}));
  EXPECT_EQ(windows(raster, {"slice"})[0], (Window{1, 199}));
  EXPECT_EQ(windows(raster, {"full"})[0], (Window{-32768, 32767}));
  EXPECT_EQ(windows(raster, {"-1000:400", "auto"}), (std::vector<Window>{{-1000, 400}, {5, 95}}));
  raster.automatic.clear();
  EXPECT_EQ(windows(raster, {"auto"})[0], (Window{1, 199}));
}

TEST(Window, EightBitsAreShownAsTheyAre) {
  Raster raster = raster_of(1, {0, 200});
  raster.bits = 8;
  raster.automatic = {{5, 95}};
  raster.full = {{0, 255}};
  EXPECT_EQ(windows(raster, {"default"})[0], (Window{0, 255}));
}

TEST(Window, WhatCannotBeFoundIsAnError) {
  const Raster raster = raster_of(1, {0, 200}), two = raster_of(3, {0, 200, 3});
  const std::string wanted = "default, stored, auto, slice, full, or LOW:HIGH in the source's unit, e.g. -160:240";
  EXPECT_EQ(error_of([&] { windows(raster, {"stored"}); }),
            "window = stored: the source of this sample names no window; wanted one of " + wanted);
  EXPECT_EQ(error_of([&] { windows(raster, {"full"}); }),
            "window = full: this sample holds real numbers, which have no range; wanted one of " + wanted);
  for (const char* text : {"5:5", "7:-3", "1", "a:b", "1:2:3", "", "nan:1", ":"})
    EXPECT_EQ(error_of([&] { windows(raster, {text}); }), join("window is \"", text, "\"; wanted ", wanted));
  EXPECT_EQ(error_of([&] { windows(two, {"0:1", "0:2"}); }),
            "window names 2 windows for a sample of 3 channels; wanted one, or one for each");
}

TEST(Window, AVolumeGoesThroughDecodeImageByItsMiddleSlice) {
  Volume volume;
  volume.header.slices = 3;
  volume.header.height = 1;
  volume.header.width = 2;
  volume.header.modalities.resize(1);
  volume.header.spacing = {1, 2, 3};
  volume.voxels = {10, 20, 30, 40, 50, 60};
  const Bytes file = encode_volume(volume);
  const ImageHeader header = read_image_header(file.data(), file.size());
  EXPECT_EQ(header.codec, Codec::volume);
  EXPECT_EQ(header.views, 3u);
  EXPECT_EQ(header.bits, 8);
  EXPECT_EQ(header.spacing, (std::array<float, 3>{1, 2, 3}));
  EXPECT_EQ(decode_image(file.data(), file.size()).pixels, (std::vector<uint8_t>{30, 30, 30, 40, 40, 40}));
  EXPECT_EQ(decode_image(file.data(), file.size(), 0, &header, 2).pixels,
            (std::vector<uint8_t>{50, 50, 50, 60, 60, 60}));
  EXPECT_EQ(decode_raster(file.data(), file.size(), 0).values, (std::vector<float>{10, 20}));
  ImageHeader other = header;
  other.width = 7;
  EXPECT_EQ(error_of([&] { decode_image(file.data(), file.size(), 0, &other); }),
            "found a volume of 2 x 1 with 1 channel(s); the store has a volume of 7 x 1 with 1 channel(s)");
}

}  // namespace
}  // namespace weft
