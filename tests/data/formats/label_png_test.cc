// SPDX-License-Identifier: Apache-2.0
#include "data/formats/label_png.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "tests/support.h"

namespace weft {
namespace {

nlohmann::json cases() {
  return nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/label_png.json"));
}

TEST(LabelPng, EveryKindGivesTheNumbersThatAreStored) {
  for (const auto& one : cases()) {
    const LabelPicture picture = read_label_png(bytes_of_base64(one["png"].get<std::string>()));
    EXPECT_EQ(picture.values, one["values"].get<std::vector<uint32_t>>()) << one["name"];
    EXPECT_EQ(picture.alpha, one["alpha"].get<std::vector<uint8_t>>()) << one["name"];
    EXPECT_EQ(picture.palette, one["palette"].get<std::vector<uint32_t>>()) << one["name"];
    EXPECT_EQ(picture.values.size(), size_t{picture.width} * picture.height) << one["name"];
  }
}

TEST(LabelPng, AFileThatIsCutIsAnErrorWhereverItIsCut) {
  for (const auto& one : cases()) {
    const Bytes whole = bytes_of_base64(one["png"].get<std::string>());
    for (size_t size = 0; size + 12 < whole.size(); ++size)  // the last 12 bytes are the end, which holds no pixel
      EXPECT_NE(error_of([&] { read_label_png(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size))); }),
                "")
          << one["name"] << " cut to " << size;
  }
}

TEST(LabelPng, EachValueIsAMaskOfItsPixels) {
  LabelPicture picture;
  picture.height = 3, picture.width = 4;
  picture.values = {7, 7, 0, 2,  //
                    7, 0, 0, 2,  //
                    0, 0, 7, 7};
  const std::map<uint32_t, Rle> masks = masks_by_value(picture);
  ASSERT_EQ(masks.size(), 3u);
  std::vector<uint32_t> painted(12, 99);
  for (const auto& [value, mask] : masks) {
    check_rle(mask);
    std::vector<uint8_t> pixels(12);
    paint_rle(mask, pixels.data(), 1);
    for (size_t i = 0; i < 12; ++i)
      if (pixels[i]) painted[i] = value;
  }
  EXPECT_EQ(painted, picture.values);
  EXPECT_EQ(area_of(mask_of_nonzero(picture)), 7u);
}

TEST(LabelPng, APictureOfOneValueIsOneMask) {
  LabelPicture picture;
  picture.height = 2, picture.width = 2;
  picture.values = {5, 5, 5, 5};
  const std::map<uint32_t, Rle> masks = masks_by_value(picture);
  ASSERT_EQ(masks.size(), 1u);
  EXPECT_EQ(area_of(masks.at(5)), 4u);
}

}  // namespace
}  // namespace weft
