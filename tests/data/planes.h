// SPDX-License-Identifier: Apache-2.0
// Masks for tests: from rows of text ('#' is inside, '?' is unknown), rectangles, random blobs; the golden file.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "base/random.h"
#include "data/prompts/plane.h"
#include "data/prompts/prompt.h"

namespace weft {

struct TestMask {
  std::vector<uint8_t> inside, known;
  int width = 0, height = 0;

  TestMask(int w, int h, uint8_t value = 0)
      : inside(size_t(w) * h, value), known(size_t(w) * h, 1), width(w), height(h) {}
  TestMask(const std::vector<std::string>& rows) : TestMask(int(rows.at(0).size()), int(rows.size())) {
    for (size_t i = 0; i < inside.size(); ++i) {
      const char c = rows[i / width][i % width];
      inside[i] = c == '#';
      known[i] = c != '?';
    }
  }
  MaskView view() const { return {inside.data(), known.data(), width, height}; }
  TestMask& fill(int x0, int y0, int x1, int y1, uint8_t value = 1) {
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x) inside[size_t(y) * width + x] = value;
    return *this;
  }
  bool at(float x, float y) const { return inside[size_t(y) * width + size_t(x)] != 0; }
  bool is_known(float x, float y) const { return known[size_t(y) * width + size_t(x)] != 0; }
  std::vector<std::string> rows() const {
    std::vector<std::string> text(height, std::string(width, '.'));
    for (size_t i = 0; i < inside.size(); ++i)
      if (inside[i]) text[i / width][i % width] = '#';
    return text;
  }
};

inline int64_t area_of(const std::vector<uint8_t>& plane) {
  int64_t area = 0;
  for (const uint8_t v : plane) area += v != 0;
  return area;
}

// Where smooth noise exceeds `level` deviations.
inline TestMask random_blob(int width, int height, double sigma, double level, uint64_t item) {
  Stream stream(99, Purpose::init, 0, item);
  const std::vector<float> noise = smooth_noise(width, height, sigma, stream);
  TestMask mask(width, height);
  for (size_t i = 0; i < noise.size(); ++i) mask.inside[i] = noise[i] > level;
  return mask;
}

inline const nlohmann::json& mask_golden(const char* name) {
  static const auto json = nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/masks.json"));
  return json.at(name);
}

}  // namespace weft
