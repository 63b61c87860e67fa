// SPDX-License-Identifier: Apache-2.0
#include "data/formats/png_input.h"

#include <cstdio>
#include <cstring>

#include "data/formats/inflate.h"

namespace weft {

void on_png_error(png_structp png, png_const_charp message) {
  PngSaid* said = static_cast<PngSaid*>(png_get_error_ptr(png));
  std::snprintf(said->text, sizeof said->text, "%s", message);
  png_longjmp(png, 1);
}

void on_png_warning(png_structp, png_const_charp) {}

PngInput::PngInput(const uint8_t* data, size_t size) : next_(data), left_(size), size_(size) {
  png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &said_, on_png_error, on_png_warning);
  if (png_) info_ = png_create_info_struct(png_);
  WEFT_ASSERT(info_);
}

PngInput::~PngInput() {
  png_destroy_read_struct(&png_, &info_, nullptr);
}

void PngInput::read_info() {
  guard([this] {
    png_set_read_fn(png_, this, supply);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // the callers have a limit
    png_set_crc_action(png_, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
    png_read_info(png_, info_);
  });
}

void PngInput::check_fits() const {
  const uint32_t width = png_get_image_width(png_, info_), height = png_get_image_height(png_, info_);
  check(uint64_t{height} * png_get_rowbytes(png_, info_) / kMostInflation <= size_, "damaged PNG: its header promises ",
        width, " x ", height, " pixels, which do not fit into ", size_, " bytes");
}

void PngInput::supply(png_structp png, png_bytep into, size_t count) {
  PngInput* input = static_cast<PngInput*>(png_get_io_ptr(png));
  if (count > input->left_) png_error(png, "the data ends early");
  std::memcpy(into, input->next_, count);
  input->next_ += count;
  input->left_ -= count;
}

}  // namespace weft
