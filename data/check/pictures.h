// SPDX-License-Identifier: Apache-2.0
// What the pictures of a dataset are like; every one is read and decoded.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/check/numbers.h"
#include "data/store.h"

namespace weft {

// What remains of a picture after it was decoded.  The miniature is grey, 16 x 16 area means, transparent parts white;
// of a volume it is the middle slice.
struct PictureFacts {
  std::string damage;       // why it could not be read; the rest is then empty
  uint64_t pixels = 0;      // hash of the upright pixels and their size
  uint64_t difference = 0;  // of a 9 x 8 miniature, bit 8 y + x: brighter by over 1 than the place to its right
  bool is_flat = false;     // the miniature deviates by less than 2 grey levels, so that nothing can be told from it
  std::array<uint8_t, 256> miniature{};
  std::vector<std::vector<float>> values;      // by channel: a few values, evenly spread
  std::vector<std::vector<float>> foreground;  // the same of what positive masks cover
};

// Decodes all samples on `threads` threads; at most `most_values` values of each channel are kept altogether.
std::vector<PictureFacts> look_at_pictures(const Store& store, int threads, size_t most_values);

// Pictures of one kind, "8 bits x 3": what nnU-Net calls the intensity properties of a dataset.
struct Intensity {
  size_t pictures = 0;
  struct Channel {
    size_t values = 0;
    double mean = 0, deviation = 0, least = 0, low = 0, median = 0, high = 0, most = 0;  // low, high: 0.5 and 99.5 %
    double first_bin = 0, bin = 0;         // where the histogram begins, and the width of a bin
    std::array<uint32_t, 32> histogram{};  // between low and high
  };
  std::vector<Channel> channels;
  std::vector<Channel> foreground;  // of the pixels that a positive mask covers; none where none does
};

struct PictureStatistics {
  Quantiles width, height, bytes, aspect, views;  // upright; aspect = width / height; views: of volumes only
  std::map<std::string, size_t> sizes;            // "640x480" -> samples
  std::map<std::string, size_t> codecs;
  std::map<int, size_t> channels, bits, orientations;
  std::map<std::string, size_t> spacings;  // "0.8 x 0.8 x 2.5 mm", volumes that know theirs
  std::map<std::string, Intensity> intensities;
};
PictureStatistics picture_statistics(const Store& store, const std::vector<PictureFacts>& facts);

const char* name_of(Codec codec);

}  // namespace weft
