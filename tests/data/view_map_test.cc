// SPDX-License-Identifier: Apache-2.0
// Where views look, out of decoders of every kind, and what their maps say of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "data/formats/volume.h"
#include "data/store.h"
#include "tests/data/pictures.h"

namespace weft {
namespace {

// Views that look everywhere, one for each way.
std::vector<AugmentSettings> geometries() {
  std::vector<AugmentSettings> all(8);
  all[1].flip = 1;
  all[2].flip_vertical = 1;
  all[3].quarter_turns = all[3].flip = 1;
  all[4].rotate_degrees = 180;
  all[5].shear_degrees = all[5].rotate_degrees = 20;
  all[5].rescale = 0.5;
  all[5].translate = 0.2;
  all[6].scale_jitter_min = 0.3;
  all[6].scale_jitter_max = 2;
  all[7] = all[6];
  all[7].rotate_degrees = 40;
  all[7].flip = all[7].quarter_turns = 0.5;
  for (AugmentSettings& augment : all) augment.crop_scale_min = 0.3;
  return all;
}

// The centre of what is bright in the first plane.
Point bright_spot(const Bytes& view, int size, double ground) {
  double sum = 0, x_sum = 0, y_sum = 0;
  for (int y = 0; y < size; ++y)
    for (int x = 0; x < size; ++x) {
      const double above = std::max(0.0, view[y * size + x] - ground);
      sum += above, x_sum += above * (x + 0.5), y_sum += above * (y + 0.5);
    }
  return {static_cast<float>(x_sum / sum), static_cast<float>(y_sum / sum)};
}

TEST(ViewMap, ASpotLiesWhereTheMapSaysHoweverTheViewIsMade) {
  const Point spot = {60, 36};
  Image image = flat(100, 70, {127, 127, 127});  // the grey of padding
  for (int y = 33; y < 39; ++y)
    for (int x = 57; x < 63; ++x) std::fill_n(image.row(y) + 3 * x, 3, 255);
  int seen = 0;
  for (const AugmentSettings& augment : geometries())
    for (uint64_t item = 0; item < 60; ++item) {
      ViewMap map;
      const Bytes view = train(image, augment, 64, item, &map);
      const Point at = map.to_view.apply(spot);
      const double far = 5 * map.to_view.scale() + 3;  // a mirrored edge may show a second one
      const bool is_clear = at.x > far && at.y > far && at.x < 64 - far && at.y < 64 - far;
      if (!is_clear || augment.translate > 0 || augment.rotate_degrees == 180) continue;
      ++seen;
      const Point found = bright_spot(view, 64, 130);
      ASSERT_NEAR(found.x, at.x, 0.2) << "view " << item << " of geometry " << &augment;
      ASSERT_NEAR(found.y, at.y, 0.2);
    }
  EXPECT_GT(seen, 150);
}

TEST(ViewMap, APixelOfTheViewHasTheColourOfItsPlaceInThePicture) {
  Image slope(120, 90, 3);  // x in red, y in green
  for (int y = 0; y < 90; ++y)
    for (int x = 0; x < 120; ++x) {
      const uint8_t colour[] = {static_cast<uint8_t>(2 * x + 1), static_cast<uint8_t>(2 * y + 1), 0};
      std::copy_n(colour, 3, slope.row(y) + 3 * x);
    }
  int compared = 0;
  for (const AugmentSettings& augment : geometries())
    for (uint64_t item = 0; item < 20; ++item) {
      ViewMap map;
      const Bytes view = train(slope, augment, 48, item, &map);
      const Affine back = map.to_view.inverse();
      const double margin = 3 / std::min(1.0, map.to_view.scale());
      for (int y = 0; y < 48; ++y)
        for (int x = 0; x < 48; ++x) {
          const Point at = back.apply({x + 0.5f, y + 0.5f});
          if (at.x < margin || at.y < margin || at.x > 120 - margin || at.y > 90 - margin) continue;
          ++compared;
          ASSERT_NEAR(view[y * 48 + x], 2 * at.x, 2) << x << ", " << y << " of view " << item;
          ASSERT_NEAR(view[48 * 48 + y * 48 + x], 2 * at.y, 2);
        }
    }
  EXPECT_GT(compared, 100000);
}

TEST(ViewMap, WhatIsKnownAndKeptIsWhatIsShown) {
  for (const AugmentSettings& augment : geometries())
    for (uint64_t item = 0; item < 20; ++item) {
      ViewMap map;
      const Bytes view = train(flat(100, 70, {255, 255, 255}), augment, 64, item, &map);
      Bytes known(64 * 64);
      paint_known(map, 64, known.data());
      const double pixels = static_cast<double>(std::count(known.begin(), known.end(), 1));
      const double area = 100 * 70 * std::pow(map.to_view.scale(), 2);
      ASSERT_NEAR(map.kept_share, pixels / area, 0.04) << item;
      ASSERT_EQ(is_all_known(map, 64), pixels == 64 * 64) << item;
      const Affine& m = map.to_view;
      EXPECT_EQ(map.flipped, m.a * m.e - m.b * m.d < 0);
      if (augment.scale_jitter_max == 0 || augment.rotate_degrees > 0) continue;
      for (size_t i = 0; i < known.size(); ++i) ASSERT_EQ(view[i], known[i] ? 255 : 127) << "padding, pixel " << i;
    }
}

TEST(ViewMap, AViewOfTheWholePictureKeepsAllOfIt) {
  AugmentSettings augment;
  augment.crop_scale_min = augment.crop_scale_max = augment.crop_ratio_max = 1;
  ViewMap map;
  train(noisy(40, 40, 3), augment, 32, 0, &map);
  EXPECT_EQ(map.kept_share, 1);
  train(noisy(40, 40, 4), augment, 32, 0, &map);  // a cutout that fits
  EXPECT_EQ(map.kept_share, 1);
}

TEST(ViewMap, AHiddenRectangleIsGreyAndUnknown) {
  AugmentSettings augment;
  augment.cutout = 1;
  for (const int channels : {3, 4}) {
    ViewMap map;
    const Bytes view = train(noisy(50, 50, channels), augment, 40, 3, &map);
    ASSERT_FALSE(map.hidden.is_empty());
    Bytes known(40 * 40);
    paint_known(map, 40, known.data());
    EXPECT_FALSE(is_all_known(map, 40));
    EXPECT_EQ(std::count(known.begin(), known.end(), 0), static_cast<long>(map.hidden.area()));
    for (size_t i = 0; i < known.size(); ++i)
      if (!known[i]) {
        ASSERT_EQ(view[i], 127);
      }
    EXPECT_LT(map.kept_share, 1);
  }
}

TEST(ViewMap, ATurnOfTheHueLeavesGreysAndLuma) {
  AugmentSettings augment;
  augment.hue = 0.5;
  for (const uint8_t value : train(flat(20, 20, {90, 90, 90}), augment, 8)) EXPECT_NEAR(value, 90, 1);
  std::set<int> reds;
  for (uint64_t item = 0; item < 30; ++item) {
    const Bytes view = train(flat(20, 20, {120, 100, 80}), augment, 8, item);
    EXPECT_NEAR(0.299 * view[0] + 0.587 * view[64] + 0.114 * view[128], 103.7, 1.5);
    reds.insert(view[0]);
  }
  EXPECT_GT(reds.size(), 8u);
}

TEST(ViewMap, ABlurSmoothsAndNoiseRoughens) {
  const auto roughness = [](const Bytes& view) {
    double sum = 0;
    for (size_t i = 1; i < view.size(); ++i) sum += std::abs(view[i] - view[i - 1]);
    return sum / static_cast<double>(view.size());
  };
  AugmentSettings plain, blurred, loud;
  blurred.blur = 1;
  loud.noise = 0.2;
  const Image image = noisy(64, 64, 3);
  double sharp = 0, soft = 0;
  for (uint64_t item = 0; item < 30; ++item) {
    sharp += roughness(train(image, plain, 32, item));
    soft += roughness(train(image, blurred, 32, item));
  }
  EXPECT_LT(soft, 0.7 * sharp);
  for (const uint8_t value : train(flat(20, 20, {60, 60, 60}), blurred, 16)) ASSERT_EQ(value, 60);
  const Bytes grains = train(flat(20, 20, {128, 128, 128}), loud, 64, 4);
  double sum = 0;
  for (const uint8_t value : grains) sum += value;
  EXPECT_NEAR(sum / static_cast<double>(grains.size()), 128, 1.5);
  EXPECT_GT(roughness(grains), 1);
}

Image smooth(int width, int height) {
  Image image(width, height, 3);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        image.row(y)[3 * x + c] = static_cast<uint8_t>(128 + 90 * std::sin(x * 0.05 + c) * std::cos(y * 0.07 - c));
  return image;
}

// The JPEG with an Exif segment that says how it is turned.
Bytes with_orientation(Bytes jpeg, int orientation) {
  std::string segment(
      "\xff\xe1\0\x22"
      "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0?\0\0\0\0\0\0\0",
      36);
  segment[segment.find('?')] = static_cast<char>(orientation);
  jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
  return jpeg;
}

// The part that is decoded at a smaller scale is within 3 of the whole one resized, on pictures without fine detail.
TEST(ViewMap, AViewOutOfTheDecoderIsThatOfTheWholeDecodedPictureWhateverItsOrientation) {
  const Bytes plain = encode_jpeg(smooth(400, 300), 95);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes file = with_orientation(plain, orientation);
    ASSERT_EQ(sample_info(file).orientation, orientation);
    const Image whole = decode_image(file.data(), file.size());
    ViewMaker maker;
    for (const AugmentSettings& augment : geometries())
      for (const int size : {24, 100}) {
        Bytes view(size_t{3} * size * size);
        const ViewMap map =
            maker.make(sample_info(file), file, 0, {&augment, size, stream_of(orientation), view.data(), nullptr});
        ViewMap wanted_map;
        const Bytes wanted = train(whole, augment, size, orientation, &wanted_map);
        EXPECT_EQ(map.to_view.a, wanted_map.to_view.a);
        double sum = 0;
        for (size_t i = 0; i < view.size(); ++i) {
          ASSERT_NEAR(view[i], wanted[i], 6) << "orientation " << orientation << ", size " << size << ", byte " << i;
          sum += std::abs(view[i] - wanted[i]);
        }
        EXPECT_LT(sum / static_cast<double>(view.size()), 1);
      }
  }
}

TEST(ViewMap, SeveralViewsOfOneDecodeAreThoseOfSeveral) {
  const Bytes file = encode_jpeg(smooth(150, 110), 90);
  AugmentSettings weak, strong = everything();
  ViewMaker maker;
  const int size = 96;
  std::vector<Bytes> views(3, Bytes(size_t{3} * size * size));
  std::vector<ViewRequest> requests;
  for (uint64_t i = 0; i < 3; ++i)
    requests.push_back({i == 0 ? &weak : &strong, size, stream_of(i), views[i].data(), nullptr});
  std::vector<ViewMap> maps(3);
  maker.make(sample_info(file), file, 0, requests, maps);
  for (uint64_t i = 0; i < 3; ++i) {
    Bytes alone(size_t{3} * size * size);
    maker.make(sample_info(file), file, 0, {i == 0 ? &weak : &strong, size, stream_of(i), alone.data(), nullptr});
    EXPECT_EQ(views[i], alone) << "view " << i;
  }
}

TEST(ViewMap, AViewInF32IsTheOneIn8BitsWithinARounding) {
  const Image image = noisy(61, 47, 3);
  Raster raster;
  raster.width = 61;
  raster.height = 47;
  raster.channels = 3;
  for (const uint8_t value : image.pixels) raster.values.push_back(value / 255.0f);
  ViewMaker maker;
  for (AugmentSettings augment : geometries()) {
    augment.filter = "bilinear";  // a cubic overshoots, and f32 is not clamped
    if (augment.rotate_degrees > 0) continue;
    for (uint64_t item = 0; item < 10; ++item) {
      std::vector<float> values(3 * 40 * 40);
      maker.make(raster, {&augment, 40, stream_of(item), nullptr, values.data()});
      const Bytes bytes = train(image, augment, 40, item);
      for (size_t i = 0; i < bytes.size(); ++i) ASSERT_NEAR(255 * values[i], bytes[i], 1) << "value " << i;
    }
  }
}

// A cutout of four channels, opaque in the middle.
Image cutout_picture(int width, int height) {
  Image image(width, height, 4);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      uint8_t* pixel = image.row(y) + 4 * x;
      pixel[0] = static_cast<uint8_t>(4 * x), pixel[1] = static_cast<uint8_t>(5 * y), pixel[2] = 90;
      const int from_edge = std::min({x, y, width - 1 - x, height - 1 - y});
      pixel[3] = static_cast<uint8_t>(std::clamp(40 * (from_edge - 3), 0, 255));
    }
  return image;
}

Raster in_f32(const Image& image) {
  Raster raster;
  raster.width = image.width, raster.height = image.height, raster.channels = image.channels;
  raster.has_alpha = true;
  for (const uint8_t value : image.pixels) raster.values.push_back(value / 255.0f);
  return raster;
}

TEST(ViewMap, APictureWithAlphaIsTheSameSceneInF32) {
  const Image image = cutout_picture(60, 44);
  const Raster raster = in_f32(image);
  AugmentSettings straight, turned;
  straight.flip = turned.flip = 0.5;
  turned.rotate_degrees = 40, turned.cutout = 0.5;
  for (const AugmentSettings& augment : {straight, turned})
    for (uint64_t item = 0; item < 10; ++item) {
      std::vector<float> values(3 * 40 * 40);
      ViewMap map;
      const Bytes bytes = train(image, augment, 40, item, &map);
      const ViewMap real = ViewMaker().make(raster, {&augment, 40, stream_of(item), nullptr, values.data()});
      EXPECT_NEAR(real.to_view.then(map.to_view.inverse()).a, 1, 1e-12);
      EXPECT_EQ(real.kept_share, map.kept_share);
      EXPECT_TRUE(real.has_background);
      // u8 rounds the premultiplied colour, each pass of the resize, the turn and the blend.
      for (size_t i = 0; i < bytes.size(); ++i) ASSERT_NEAR(255 * values[i], bytes[i], 4) << "value " << i;
    }
}

TEST(ViewMap, GreyWithAlphaInF32IsOneChannelOverTheGreyOfItsBackground) {
  Raster raster = in_f32(cutout_picture(40, 40));
  Image clear(40, 40, 4);  // nothing but background
  raster.channels = 2;
  raster.values.assign(size_t{2} * 40 * 40, 0);
  AugmentSettings augment;
  std::vector<float> values(32 * 32);
  ViewMaker().make(raster, {&augment, 32, stream_of(5), nullptr, values.data()});
  const Bytes colours = train(clear, augment, 32, 5);
  for (size_t i = 0; i < values.size(); ++i) {
    const double grey = 0.299 * colours[i] + 0.587 * colours[1024 + i] + 0.114 * colours[2048 + i];
    ASSERT_NEAR(255 * values[i], grey, 0.01) << i;
  }
}

TEST(ViewMap, OpacityIsNoPlaneOfAnF32View) {
  SampleInfo info;
  info.codec = Codec::png, info.bits = 16;
  for (const auto& [channels, planes] : {std::pair<uint8_t, int>{1, 1}, {2, 1}, {3, 3}, {4, 3}}) {
    info.channels = channels;
    EXPECT_EQ(value_channels(info, {}), planes);
  }
}

TEST(ViewMap, ASliceOfAVolumeIsSeenIn8BitsAndInF32) {
  Volume volume;
  volume.header.slices = 3;
  volume.header.width = 12;
  volume.header.height = 10;
  volume.header.modalities.resize(2);
  for (int plane = 0; plane < 6; ++plane)
    volume.voxels.insert(volume.voxels.end(), 120, static_cast<uint8_t>(40 * plane));
  const Bytes file = encode_volume(volume);
  SampleInfo info;
  info.codec = Codec::volume;
  info.width = 12;
  info.height = 10;
  info.channels = 2;
  info.views = 3;
  AugmentSettings augment;
  ASSERT_EQ(value_channels(info, {}), 2);
  std::vector<float> values(2 * 8 * 8);
  Bytes bytes(3 * 8 * 8);
  ViewMaker maker;
  maker.make(info, file, 2, {&augment, 8, stream_of(0), nullptr, values.data()});
  maker.make(info, file, 2, {&augment, 8, stream_of(0), bytes.data(), nullptr});
  for (size_t i = 0; i < 64; ++i) {  // planes 4 and 5
    ASSERT_NEAR(values[i], 160 / 255.0, 1e-6);
    ASSERT_NEAR(values[64 + i], 200 / 255.0, 1e-6);
    ASSERT_EQ(bytes[i], 160);
    ASSERT_EQ(bytes[64 + i], 200);
  }
}

TEST(ViewMap, AFileThatIsNotWhatTheStoreSaysIsAnError) {
  const Bytes file = encode_jpeg(smooth(40, 30), 90);
  SampleInfo info = sample_info(file);
  info.width = 41;
  Bytes view(3 * 16 * 16);
  AugmentSettings augment;
  EXPECT_THROW(ViewMaker().make(info, file, 0, {&augment, 16, stream_of(0), view.data(), nullptr}), Error);
}

}  // namespace
}  // namespace weft
