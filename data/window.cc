// SPDX-License-Identifier: Apache-2.0
#include "data/window.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/error.h"

namespace weft {
namespace {

constexpr const char* kWanted = "default, stored, auto, slice, full, or LOW:HIGH in the source's unit, e.g. -160:240";

size_t colours_of(const Raster& raster) {
  return static_cast<size_t>(raster.channels) - raster.has_alpha;
}

std::optional<float> number_of(std::string_view text) {
  float value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool is_whole = problem == std::errc() && end == text.data() + text.size() && std::isfinite(value);
  return is_whole ? std::optional(value) : std::nullopt;
}

std::optional<Window> numbers_of(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos) return std::nullopt;
  const auto low = number_of(std::string_view(text).substr(0, colon));
  const auto high = number_of(std::string_view(text).substr(colon + 1));
  return low && high && *low < *high ? std::optional(Window{*low, *high}) : std::nullopt;
}

bool is_window(const std::string& text) {
  for (const char* kind : {"default", "stored", "auto", "slice", "full"})
    if (text == kind) return true;
  return numbers_of(text).has_value();
}

Window window_of_slice(const Raster& raster, size_t channel) {
  std::vector<float> values;
  for (size_t i = channel; i < raster.values.size(); i += raster.channels) values.push_back(raster.values[i]);
  return percentile_window(std::move(values));
}

Window find_window(const std::string& text, const Raster& raster, size_t channel) {
  if (text == "default") return default_windows(raster)[channel];
  if (text == "slice" || (text == "auto" && raster.automatic.empty())) return window_of_slice(raster, channel);
  if (text == "auto") return raster.automatic[channel];
  if (text == "stored") {
    check(!raster.named.empty(), "window = stored: the source of this sample names no window; wanted one of ", kWanted);
    return raster.named.front();
  }
  if (text == "full") {
    check(!raster.full.empty(), "window = full: this sample holds real numbers, which have no range; wanted one of ",
          kWanted);
    return raster.full[channel];
  }
  const auto window = numbers_of(text);
  check(window.has_value(), "window is \"", text, "\"; wanted ", kWanted);
  return *window;
}

float share(float value, const Window& window) {
  if (!(value > window.low)) return 0;
  if (!(value < window.high)) return 1;
  return static_cast<float>((double{value} - window.low) / (double{window.high} - window.low));
}

}  // namespace

void WindowSettings::fields(Fields& visit) {
  visit(
      "window", window, Check{kWanted, {}, is_window},
      "values shown from black to white, for each channel or all of them; default: what the source names, else all "
      "that 8 bits or a picture can hold, else auto; stored: the source's; auto, slice: 0.5 and 99.5 percentile of the "
      "volume or the slice; several windows of one channel become channels");
}

std::vector<Window> default_windows(const Raster& raster) {
  const size_t colours = colours_of(raster);
  if (!raster.named.empty()) return std::vector<Window>(colours, raster.named.front());
  std::vector<Window> windows = raster.bits == 8 || raster.automatic.empty() ? raster.full : raster.automatic;
  windows.resize(colours);
  return windows;
}

std::vector<Window> windows_of(const WindowSettings& settings, const Raster& raster) {
  const std::vector<std::string>& asked = settings.window;
  const size_t colours = colours_of(raster);
  check(asked.size() == 1 || colours == 1 || asked.size() == colours, "window names ", asked.size(),
        " windows for a sample of ", colours, " channels; wanted one, or one for each");
  std::vector<Window> windows;
  for (size_t i = 0; i < std::max(asked.size(), colours); ++i)
    windows.push_back(find_window(asked[asked.size() == 1 ? 0 : i], raster, colours == 1 ? 0 : i));
  return windows;
}

Raster windowed_values(const Raster& raster, const std::vector<Window>& windows) {
  const size_t from = raster.channels, colours = colours_of(raster);
  WEFT_ASSERT(!windows.empty() && (windows.size() == 1 || colours == 1 || windows.size() == colours));
  const size_t seen = std::max(colours, windows.size()), to = seen + raster.has_alpha;
  Raster shown;
  shown.width = raster.width;
  shown.height = raster.height;
  shown.channels = static_cast<int>(to);
  shown.bits = 32;
  shown.has_alpha = raster.has_alpha;
  const size_t pixels = raster.values.size() / from;
  shown.values.resize(pixels * to);
  for (size_t channel = 0; channel < to; ++channel) {
    const bool is_alpha = channel == seen;
    const Window window = is_alpha ? raster.full.back() : windows[windows.size() == 1 ? 0 : channel];
    const float* in = raster.values.data() + (is_alpha ? from - 1 : colours == 1 ? 0 : channel);
    float* out = shown.values.data() + channel;
    for (size_t i = 0; i < pixels; ++i, in += from, out += to) *out = share(*in, window);
  }
  return shown;
}

Image windowed(const Raster& raster, const std::vector<Window>& windows) {
  const Raster shown = windowed_values(raster, windows);
  const size_t from = shown.channels, colours = from - shown.has_alpha;
  Image image(shown.width, shown.height, shown.has_alpha ? 4 : 3);
  const size_t to = image.channels;
  for (size_t channel = 0; channel < to; ++channel) {
    const float* in = shown.values.data() + (channel == 3 ? from - 1 : std::min(channel, colours - 1));
    uint8_t* out = image.pixels.data() + channel;
    for (size_t i = 0; i < image.pixels.size(); i += to, in += from) out[i] = static_cast<uint8_t>(*in * 255 + 0.5f);
  }
  return image;
}

}  // namespace weft
