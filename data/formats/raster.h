// SPDX-License-Identifier: Apache-2.0
// Values beyond eight bits: 16-bit pictures and slices of volumes, with what is known about how to show them.
#pragma once

#include <vector>

namespace weft {

// Values from black to white.
struct Window {
  float low = 0, high = 0;
  bool operator==(const Window&) const = default;
};

// Rows top to bottom, channels interleaved.  f32 holds every i16 and u16 exactly.
struct Raster {
  int width = 0, height = 0, channels = 0;  // channels: modalities of a volume; 1, 2, 3 or 4 of a picture
  int bits = 8;                             // of a value as it was stored: 8, 16, or 32 (real numbers)
  bool has_alpha = false;                   // the last channel is opacity
  std::vector<float> values;                // height * width * channels
  std::vector<Window> named;      // those that the source asks for, e.g. DICOM's, the preferred one first; any channel
  std::vector<Window> automatic;  // per channel: the 0.5 and 99.5 percentiles of the whole volume; pictures have none
  std::vector<Window> full;       // per channel: all that the stored type can hold; none for real numbers
};

// The 0.5 and 99.5 percentiles (linear between ranks, as NumPy's) of the finite values; {0, 0} where there are none.
Window percentile_window(std::vector<float> values);

}  // namespace weft
