// SPDX-License-Identifier: Apache-2.0
#include "data/contact_sheet.h"

#include "data/loader.h"
#include "data/view.h"

namespace weft {
namespace {

constexpr int kGap = 4;

void paste(const std::vector<uint8_t>& view_CHW, int side, int left, int top, Image& sheet) {
  const size_t plane = static_cast<size_t>(side) * static_cast<size_t>(side);
  for (int y = 0; y < side; ++y) {
    uint8_t* out = sheet.row(top + y) + 3 * left;
    for (int x = 0; x < side; ++x)
      for (size_t c = 0; c < 3; ++c) *out++ = view_CHW[c * plane + static_cast<size_t>(y * side + x)];
  }
}

}  // namespace

Image contact_sheet(const Store& store, const std::vector<uint32_t>& samples, int columns, int side) {
  const int rows = (static_cast<int>(samples.size()) + columns - 1) / columns;
  Image sheet;
  sheet.width = columns * (side + kGap) + kGap;
  sheet.height = rows * (side + kGap) + kGap;
  sheet.channels = 3;
  sheet.pixels.assign(static_cast<size_t>(sheet.width) * static_cast<size_t>(sheet.height) * 3, 255);
  Bytes content;
  std::vector<uint8_t> view(static_cast<size_t>(side) * static_cast<size_t>(side) * 3);
  for (size_t i = 0; i < samples.size(); ++i) {
    store.read(samples[i], content);
    const Image image = decode_sample(store.info(samples[i]), content, side);
    Stream background = evaluation_background(store.info(samples[i]).uid, 0);
    evaluation_view(image, side, background, view.data());
    const int place = static_cast<int>(i);
    paste(view, side, kGap + place % columns * (side + kGap), kGap + place / columns * (side + kGap), sheet);
  }
  return sheet;
}

}  // namespace weft
