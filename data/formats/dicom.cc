// SPDX-License-Identifier: Apache-2.0
#include "data/formats/dicom.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>

#include "base/error.h"
#include "data/formats/byte_reader.h"

namespace weft {
namespace {

using Tag = DicomTag;

// How one sample lies in the file.
struct Layout {
  uint32_t frames = 1;
  int allocated = 8, stored = 8, high = 7;
  bool is_signed = false, is_planar = false, is_inverted = false, is_ybr = false;

  int64_t low() const { return is_signed ? -(int64_t{1} << (stored - 1)) : 0; }
  int64_t high_value() const { return (int64_t{1} << (is_signed ? stored - 1 : stored)) - 1; }
};

uint16_t need(const DicomSet& set, Tag tag, const char* what) {
  const auto number = set.number(tag);
  check(number.has_value(), "DICOM: the ", what, ", element ", name_of(tag), ", is missing");
  return *number;
}

void check_colours(const std::string& photometric, const DicomImage& image) {
  check(photometric != "PALETTE COLOR",
        "DICOM: its colours are those of a palette (PALETTE COLOR); wanted grey or RGB");
  const bool is_grey = photometric == "MONOCHROME1" || photometric == "MONOCHROME2";
  const bool is_colour = photometric == "RGB" || photometric == "YBR_FULL";
  check(is_grey || is_colour, "DICOM: the photometric interpretation, element ", name_of(Tag::photometric),
        ", is none of MONOCHROME1, MONOCHROME2, RGB and YBR_FULL");
  check(image.samples == (is_grey ? 1 : 3), "DICOM: ", image.samples, " samples per pixel do not go with ",
        photometric);
}

Layout read_layout(const DicomSet& set, DicomImage& image) {
  image.height = need(set, Tag::rows, "number of rows");
  image.width = need(set, Tag::columns, "number of columns");
  check(image.height > 0 && image.width > 0, "DICOM: a picture of ", image.width, " x ", image.height, " pixels");
  image.samples = set.number(Tag::samples_per_pixel).value_or(1);
  const std::string photometric = set.text(Tag::photometric);
  check_colours(photometric, image);

  Layout layout;
  const std::vector<double> frames = set.decimals(Tag::frames);
  if (!frames.empty()) {
    check(frames[0] >= 1 && frames[0] <= 1e6 && frames[0] == std::floor(frames[0]), "DICOM: it has ", frames[0],
          " frames");
    layout.frames = static_cast<uint32_t>(frames[0]);
  }
  layout.allocated = need(set, Tag::bits_allocated, "number of bits per sample");
  layout.stored = set.number(Tag::bits_stored).value_or(layout.allocated);
  layout.high = set.number(Tag::high_bit).value_or(layout.stored - 1);
  const bool is_known = layout.allocated == 8 || layout.allocated == 16 || layout.allocated == 32;
  check(is_known, "DICOM: a sample has ", layout.allocated, " bits; wanted 8, 16 or 32",
        layout.allocated == 1 ? " (is it a segmentation object?)" : "");
  check(1 <= layout.stored && layout.stored <= layout.high + 1 && layout.high < layout.allocated,
        "DICOM: ", layout.stored, " bits up to bit ", layout.high, " do not lie in samples of ", layout.allocated,
        " bits");
  layout.is_signed = set.number(Tag::is_signed).value_or(0) == 1;
  layout.is_planar = image.samples == 3 && set.number(Tag::planar).value_or(0) == 1;
  layout.is_inverted = photometric == "MONOCHROME1";
  layout.is_ybr = photometric == "YBR_FULL";
  check(image.samples == 1 || (layout.stored == 8 && layout.allocated == 8 && !layout.is_signed), "DICOM: colours of ",
        layout.stored, " bits; wanted 8");
  return layout;
}

// The bits of the sample that count, with their sign.
int64_t sample_of(uint64_t raw, const Layout& layout) {
  const auto value =
      static_cast<int64_t>(raw >> (layout.high + 1 - layout.stored) & ((uint64_t{1} << layout.stored) - 1));
  return layout.is_signed && value > layout.high_value() ? value - (int64_t{1} << layout.stored) : value;
}

// Samples as they lie in the file, one after the other.
std::vector<int64_t> read_samples(const DicomElement& pixels, bool big_endian, size_t first, size_t count,
                                  const Layout& layout) {
  const size_t bytes = layout.allocated / 8;
  ByteReader reader(pixels.value + first * bytes, count * bytes, big_endian);
  const bool is_swapped = bytes == 1 && big_endian && pixels.is_word;  // two samples to a word
  std::vector<int64_t> samples(count);
  for (size_t i = 0; i < count; ++i) {
    const uint64_t raw = bytes == 1   ? reader.get<uint8_t>()
                         : bytes == 2 ? reader.get<uint16_t>()
                                      : reader.get<uint32_t>();
    samples[is_swapped && (i ^ 1) < count ? i ^ 1 : i] = sample_of(raw, layout);
  }
  return samples;
}

VoxelType type_for(int64_t low, int64_t high, DicomImage& image) {
  if (low >= 0 && high <= 255) return VoxelType::u8;
  if (low >= INT16_MIN && high <= INT16_MAX) return VoxelType::i16;
  if (low >= 0 && high <= UINT16_MAX) return VoxelType::u16;
  if (low < -(1 << 24) || high > 1 << 24)
    image.notes.push_back("values of more than 24 bits were rounded to 32-bit real numbers");
  return VoxelType::f32;
}

// The type that holds all that the bits stored can say; of 32-bit samples, what they do say.
VoxelType choose_type(const DicomElement& pixels, bool big_endian, size_t count, const Layout& layout,
                      DicomImage& image) {
  if (layout.allocated < 32) return type_for(layout.low(), layout.high_value(), image);
  int64_t low = 0, high = 0;
  ByteReader reader(pixels.value, pixels.length, big_endian);
  for (size_t i = 0; i < count; ++i) {
    const int64_t value = sample_of(reader.get<uint32_t>(), layout);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  return type_for(low, high, image);
}

template <class Stored>
void put_plane(Bytes& out, const int64_t* samples, size_t count, size_t step) {
  for (size_t i = 0; i < count; ++i) {
    const auto stored = static_cast<Stored>(samples[i * step]);
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(&stored);
    out.insert(out.end(), bytes, bytes + sizeof stored);
  }
}

// ITU-R BT.601 at full range, as PS3.3 C.7.6.3.1.2 says it.
void ybr_to_rgb(Bytes& planes) {
  const size_t count = planes.size() / 3;
  const auto clamped = [](double value) { return static_cast<uint8_t>(std::clamp(std::round(value), 0.0, 255.0)); };
  for (size_t i = 0; i < count; ++i) {
    const double y = planes[i], b = planes[count + i] - 128.0, r = planes[2 * count + i] - 128.0;
    planes[i] = clamped(y + 1.402 * r);
    planes[count + i] = clamped(y - 0.344136 * b - 0.714136 * r);
    planes[2 * count + i] = clamped(y + 1.772 * b);
  }
}

Bytes planes_of(const std::vector<int64_t>& samples, const DicomImage& image, const Layout& layout) {
  Bytes out;
  out.reserve(samples.size() * bytes_of(image.type));
  const size_t count = samples.size() / image.samples, step = layout.is_planar ? 1 : image.samples;
  for (size_t plane = 0; plane < image.samples; ++plane) {
    const int64_t* from = samples.data() + (layout.is_planar ? plane * count : plane);
    switch (image.type) {
      case VoxelType::u8:
        put_plane<uint8_t>(out, from, count, step);
        break;
      case VoxelType::i16:
        put_plane<int16_t>(out, from, count, step);
        break;
      case VoxelType::u16:
        put_plane<uint16_t>(out, from, count, step);
        break;
      case VoxelType::f32:
        put_plane<float>(out, from, count, step);
        break;
    }
  }
  if (layout.is_ybr) ybr_to_rgb(out);
  return out;
}

// Where an element may stand: in the file itself, among what all frames share, or with one frame.
class Places {
 public:
  Places(const DicomSet& file, size_t frame) : sets_{&file} {
    if (const DicomElement* shared = file.find(Tag::shared_groups); shared && !shared->items.empty())
      add_groups(shared->items.front());
    if (const DicomElement* each = file.find(Tag::frame_groups); each && frame < each->items.size())
      add_groups(each->items[frame]);
  }
  // The most special one's.
  std::vector<double> decimals(Tag tag) const {
    for (auto set = sets_.rbegin(); set != sets_.rend(); ++set)
      if (const std::vector<double> found = (*set)->decimals(tag); !found.empty()) return found;
    return {};
  }
  std::string text(Tag tag) const {
    for (auto set = sets_.rbegin(); set != sets_.rend(); ++set)
      if (const std::string found = (*set)->text(tag); !found.empty()) return found;
    return "";
  }

 private:
  void add_groups(const DicomSet& groups) {
    for (const DicomElement& group : groups.elements)
      if (!group.items.empty()) sets_.push_back(&group.items.front());
  }
  std::vector<const DicomSet*> sets_;
};

// PS3.3 C.11.2.1.2: LINEAR counts whole steps, LINEAR_EXACT does not.
std::vector<Window> read_windows(const Places& places) {
  const std::vector<double> centres = places.decimals(Tag::window_centre), widths = places.decimals(Tag::window_width);
  const std::string function = places.text(Tag::window_function);
  std::vector<Window> windows;
  if (!function.empty() && function != "LINEAR" && function != "LINEAR_EXACT") return windows;  // a curve, no window
  const double step = function == "LINEAR_EXACT" ? 0 : 1;
  for (size_t i = 0; i < std::min<size_t>({centres.size(), widths.size(), 8}); ++i) {
    const double middle = centres[i] - step / 2, half = (widths[i] - step) / 2;
    const Window window{static_cast<float>(middle - half), static_cast<float>(middle + half)};
    if (half >= 0 && std::isfinite(window.low) && std::isfinite(window.high)) windows.push_back(window);
  }
  return windows;
}

bool are_finite(const std::vector<double>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](double number) { return std::isfinite(number); });
}

DicomFrame read_frame(const Places& places, const Layout& layout) {
  DicomFrame frame;
  const std::vector<double> position = places.decimals(Tag::position), spacing = places.decimals(Tag::pixel_spacing);
  const std::vector<double> orientation = places.decimals(Tag::orientation);
  const std::vector<double> slope = places.decimals(Tag::slope), intercept = places.decimals(Tag::intercept);
  for (const auto* numbers : {&position, &spacing, &orientation, &slope, &intercept})
    check(are_finite(*numbers), "DICOM: a place, a spacing, a slope or an intercept is no real number");
  if (position.size() == 3) frame.position = {-position[0], -position[1], position[2]};
  if (orientation.size() == 6)
    frame.orientation = {-orientation[0], -orientation[1], orientation[2],
                         -orientation[3], -orientation[4], orientation[5]};
  const std::vector<double> detector = places.decimals(Tag::imager_pixel_spacing);
  const std::vector<double>& sides = spacing.size() == 2 ? spacing : detector;
  if (sides.size() == 2 && are_finite(sides) && sides[0] > 0 && sides[1] > 0) frame.spacing = {sides[1], sides[0]};
  if (!slope.empty()) frame.slope = slope[0];
  if (!intercept.empty()) frame.intercept = intercept[0];
  check(frame.slope != 0, "DICOM: the rescale slope is 0");
  frame.windows = read_windows(places);
  if (layout.is_inverted) {  // v -> low + high - v, in the stored numbers
    const double ends = static_cast<double>(layout.low() + layout.high_value()) * frame.slope + 2 * frame.intercept;
    frame.intercept = ends - frame.intercept;
    frame.slope = -frame.slope;
    for (Window& window : frame.windows)
      window = {static_cast<float>(ends - window.high), static_cast<float>(ends - window.low)};
  }
  return frame;
}

}  // namespace

DicomIdentity identity_of(const DicomFile& file) {
  return {file.set.text(Tag::patient_id), file.set.text(Tag::study), file.set.text(Tag::series)};
}

bool has_pixels(const DicomFile& file) {
  return file.set.find(Tag::pixels) || file.set.find(Tag::float_pixels) || file.set.find(Tag::double_pixels);
}

bool is_said_burned_in(const DicomFile& file) {
  return file.set.text(Tag::burned_in) == "YES";
}

DicomImage read_dicom(const DicomFile& file) {
  const DicomSet& set = file.set;
  const DicomElement* pixels = set.find(Tag::pixels);
  check(pixels || !has_pixels(file), "DICOM: the pixels are real numbers (Float Pixel Data); wanted integers");
  check(pixels != nullptr, "DICOM: there are no pixels in it");
  const std::string compression = compression_of(file.syntax);
  check(compression.empty() && !pixels->is_encapsulated,
        "DICOM: the pixels are compressed: ", compression.empty() ? "encapsulated" : compression,
        "; wanted them uncompressed", "\n  hint: unpack the files first, e.g. with gdcmconv --raw or dcmdjpeg");
  check(!set.find(Tag::modality_table), "DICOM: values go through a table (Modality LUT Sequence); wanted a slope");

  DicomImage image;
  const Layout layout = read_layout(set, image);
  const size_t per_frame = size_t{image.width} * image.height * image.samples;
  const size_t count = per_frame * layout.frames, wanted = count * (layout.allocated / 8);
  check(pixels->length >= wanted, "DICOM: the pixels have ", pixels->length, " bytes; ", layout.frames, " frames of ",
        image.width, " x ", image.height, " x ", image.samples, " of ", layout.allocated, " bits have ", wanted);
  image.type = choose_type(*pixels, set.big_endian, count, layout, image);
  if (const auto number = set.decimals(Tag::instance_number); !number.empty()) image.number = number[0];
  if (const auto between = set.decimals(Tag::spacing_between_slices); !between.empty() && std::isfinite(between[0]))
    image.between = std::abs(between[0]);
  for (uint32_t i = 0; i < layout.frames; ++i) {
    const std::vector<int64_t> samples = read_samples(*pixels, set.big_endian, i * per_frame, per_frame, layout);
    image.frames.push_back(read_frame(Places(set, i), layout));
    image.frames.back().pixels = planes_of(samples, image, layout);
  }
  // One position for many frames is where the first is, or the tube: it orders nothing.
  const auto is_first = [&](const DicomFrame& frame) { return frame.position == image.frames[0].position; };
  if (layout.frames > 1 && std::all_of(image.frames.begin(), image.frames.end(), is_first))
    for (DicomFrame& frame : image.frames) frame.position.reset();
  return image;
}

}  // namespace weft
