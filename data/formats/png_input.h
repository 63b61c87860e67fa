// SPDX-License-Identifier: Apache-2.0
// libpng over bytes in memory, for what reads PNG.  An error inside the library comes back by longjmp to the guard()
// that called it, which throws; the bodies that run there own nothing that would need a destructor.
#pragma once

#include <png.h>

#include <csetjmp>
#include <cstdint>
#include <vector>

#include "base/error.h"

namespace weft {

struct PngSaid {
  char text[256] = "";
};
[[noreturn]] void on_png_error(png_structp png, png_const_charp message);  // its error pointer: a PngSaid
void on_png_warning(png_structp png, png_const_charp message);             // of nothing that touches a pixel

template <class Body>
void png_guarded(png_structp png, const PngSaid& said, const char* what, const Body& body) {
  if (setjmp(png_jmpbuf(png))) fail(what, ": ", said.text);
  body();
}

class PngInput {
 public:
  PngInput(const uint8_t* data, size_t size);
  PngInput(const PngInput&) = delete;
  PngInput& operator=(const PngInput&) = delete;

 protected:
  ~PngInput();

  template <class Body>
  void guard(const Body& body) {
    png_guarded(png_, said_, "damaged PNG", body);
  }
  void read_info();         // what stands before the pixels; of other chunks only tRNS is kept
  void check_fits() const;  // an Error where the pixels that the header promises cannot be in so few bytes
  // Every row of the picture to where row_of(y) points, and the rest of the file.
  template <class RowOf>
  void read_rows(const RowOf& row_of) {
    std::vector<png_bytep> rows(png_get_image_height(png_, info_));
    for (size_t y = 0; y < rows.size(); ++y) rows[y] = row_of(y);
    guard([this, &rows] {
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
  }

  png_structp png_ = nullptr;
  png_infop info_ = nullptr;

 private:
  static void supply(png_structp png, png_bytep into, size_t count);

  const uint8_t* next_;
  size_t left_, size_;
  PngSaid said_;
};

}  // namespace weft
