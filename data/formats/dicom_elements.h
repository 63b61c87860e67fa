// SPDX-License-Identifier: Apache-2.0
// The elements of a DICOM file that weft reads; all others, names and dates among them, are skipped where they lie.
// No message quotes a value.  Source: DICOM PS3.5 (data sets, value representations, transfer syntaxes), PS3.10
// (files).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

enum class DicomTag : uint32_t {
  transfer_syntax = 0x00020010,
  spacing_between_slices = 0x00180088,
  imager_pixel_spacing = 0x00181164,
  patient_id = 0x00100020,
  study = 0x0020000d,
  series = 0x0020000e,
  instance_number = 0x00200013,
  position = 0x00200032,
  orientation = 0x00200037,
  plane_positions = 0x00209113,
  plane_orientations = 0x00209116,
  samples_per_pixel = 0x00280002,
  photometric = 0x00280004,
  planar = 0x00280006,
  frames = 0x00280008,
  rows = 0x00280010,
  columns = 0x00280011,
  pixel_spacing = 0x00280030,
  bits_allocated = 0x00280100,
  bits_stored = 0x00280101,
  high_bit = 0x00280102,
  is_signed = 0x00280103,
  burned_in = 0x00280301,
  window_centre = 0x00281050,
  window_width = 0x00281051,
  intercept = 0x00281052,
  slope = 0x00281053,
  window_function = 0x00281056,
  modality_table = 0x00283000,
  pixel_measures = 0x00289110,
  frame_windows = 0x00289132,
  pixel_transformations = 0x00289145,
  shared_groups = 0x52009229,
  frame_groups = 0x52009230,
  float_pixels = 0x7fe00008,
  double_pixels = 0x7fe00009,
  pixels = 0x7fe00010,
};
std::string name_of(DicomTag tag);  // "(0028,0010)"

struct DicomElement;

struct DicomSet {
  std::vector<DicomElement> elements;  // the known ones, as they come
  bool big_endian = false;

  const DicomElement* find(DicomTag tag) const;        // null where it is missing
  std::string text(DicomTag tag) const;                // trimmed; "" where it is missing or empty
  std::optional<uint16_t> number(DicomTag tag) const;  // of two bytes
  std::vector<double> decimals(DicomTag tag) const;    // a list written in digits; none where it is missing or empty
};

struct DicomElement {
  DicomTag tag;
  bool is_word = false;  // value representation OW
  bool is_encapsulated = false;
  const uint8_t* value = nullptr;  // points into DicomFile::content
  uint32_t length = 0;
  std::vector<DicomSet> items;  // of a sequence
};

struct DicomFile {
  DicomFile() = default;
  DicomFile(DicomFile&&) = default;
  DicomFile& operator=(DicomFile&&) = default;

  Bytes content;
  std::string syntax;  // UID of the transfer syntax
  DicomSet set;
};

// Little-endian with implicit or explicit representations, big-endian, or deflated; an Error names any other transfer
// syntax.  Pixels that are compressed are found, not read.
DicomFile read_dicom_elements(Bytes content);

bool is_dicom(const uint8_t* data, size_t size);  // by the mark after the preamble

// "JPEG lossless" or the UID itself; "" where the pixels are not compressed.
std::string compression_of(const std::string& syntax);

}  // namespace weft
