// SPDX-License-Identifier: Apache-2.0
// Values of many bits become what a screen, or a model, sees: a window's low end is 0, its high end 1 (or 255), and
// what lies outside is clamped.  A value that is no number is shown as the low end.
#pragma once

#include <string>
#include <vector>

#include "configs/fields.h"
#include "data/image.h"

namespace weft {

struct WindowSettings : Settings {
  std::vector<std::string> window = {"default"};
  void fields(Fields& visit) override;
};

// The source's first window where it names one; else, of eight bits and of pictures, all that can be stored; else
// the volume's percentiles.  One per channel that is not opacity.
std::vector<Window> default_windows(const Raster& raster);

// What the settings ask for: one window per channel that is not opacity, or several of a raster's one channel.
std::vector<Window> windows_of(const WindowSettings& settings, const Raster& raster);

// One channel in several windows becomes as many channels; otherwise window i is channel i's, and a single one is of
// all. Opacity stays the last channel, as a share of what can be stored.
Raster windowed_values(const Raster& raster, const std::vector<Window>& windows);  // 0 .. 1

// The same in 8 bits and three channels, or four with opacity: the last of fewer channels is repeated, and of more than
// three the first three are shown.
Image windowed(const Raster& raster, const std::vector<Window>& windows);

}  // namespace weft
