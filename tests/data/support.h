// SPDX-License-Identifier: Apache-2.0
// Encoded images of a few pixels, one per shade, and how tests change a byte or a number in a file that was written.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "data/h5.h"
#include "data/image.h"

namespace weft {

inline void expect_says(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "\"" << part << "\" is not in: " << text;
}

inline Image tiny_image(int shade, int width = 4, int height = 3) {
  Image image(width, height, 3);
  std::fill(image.pixels.begin(), image.pixels.end(), static_cast<uint8_t>(shade));
  return image;
}

inline Bytes tiny_png(int shade, int width = 4, int height = 3) {
  return encode_png(tiny_image(shade, width, height));
}
inline Bytes tiny_jpeg(int shade) {
  return encode_jpeg(tiny_image(shade, 8, 8), 90);
}

inline void write_file(const Path& path, const Bytes& content) {
  make_folder(path.parent_path());
  std::ofstream(path, std::ios::binary).write(reinterpret_cast<const char*>(content.data()), content.size());
}

// Changes one bit of the place in a file where `content` lies.
inline void flip_byte_of(const Bytes& content, const Path& file) {
  Bytes all = read_bytes(file);
  const auto place = std::search(all.begin(), all.end(), content.begin(), content.end());
  ASSERT_NE(place, all.end());
  *(place + content.size() / 2) ^= 1;
  write_file(file, all);
}

// Overwrites a column in place, so that the file keeps its size.
template <class T>
void lie_in_column(const Path& file, const std::string& name, hid_t type, const std::vector<T>& values) {
  const H5Id id(H5Fopen(file.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  const H5Id column(H5Dopen2(id.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
  ASSERT_GE(H5Dwrite(column.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
}

}  // namespace weft
