// SPDX-License-Identifier: Apache-2.0
// Pictures out of uncompressed DICOM files, and series of them as volumes.  Values are those after slope and intercept;
// MONOCHROME1, where low values are bright, is turned so that high ones are.  Positions are turned from DICOM's
// left-posterior-superior to right-anterior-superior mm.  Source: DICOM PS3.3 (image, VOI, functional group modules).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "data/formats/dicom_elements.h"
#include "data/formats/volume.h"

namespace weft {

// Whose picture it is.  For grouping only: these texts identify a patient and are hashed before anything is written.
struct DicomIdentity {
  std::string patient, study, series;
};
DicomIdentity identity_of(const DicomFile& file);
bool has_pixels(const DicomFile& file);         // reports, plans and directories have none
bool is_said_burned_in(const DicomFile& file);  // the pixels are said to show names or dates

struct DicomFrame {
  std::optional<std::array<double, 3>> position;     // of the first pixel's centre, RAS mm
  std::optional<std::array<double, 6>> orientation;  // unit vectors along a row and down a column, RAS
  std::array<double, 2> spacing{};                   // mm across, down; 0: unknown
  double slope = 1, intercept = 0;
  std::vector<Window> windows;
  Bytes pixels;  // planes of `type`, one per sample
};

struct DicomImage {
  uint32_t width = 0, height = 0, samples = 1;  // samples: 1 grey, 3 red, green, blue
  VoxelType type = VoxelType::u8;
  double number = 0;               // InstanceNumber: the order where there are no positions
  double between = 0;              // mm between slices, as the file says; 0: unsaid
  std::vector<DicomFrame> frames;  // at least one
  std::vector<std::string> notes;
};

// An Error says what about the pixels weft does not read: compression, palettes, more than 32 bits.
DicomImage read_dicom(const DicomFile& file);

struct DicomStack {
  Volume volume;
  std::vector<std::string> notes;
  size_t same_place = 0;  // frames left out because one of the stack lies at the same place
};

// Frames of one series: those of equal size, type, orientation and spacing are a volume, ordered along their normal, or
// by number where they have no positions.
std::vector<DicomStack> stack_frames(std::vector<DicomImage> images);

}  // namespace weft
