// SPDX-License-Identifier: Apache-2.0
#include "data/formats/volume.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/hash.h"
#include "data/formats/byte_reader.h"
#include "data/formats/inflate.h"

namespace weft {
namespace {

constexpr char kMagic[8] = {'W', 'E', 'F', 'T', 'V', 'O', 'L', '1'};
constexpr uint64_t kMostPlanePixels = uint64_t{1} << 28;
constexpr size_t kMostCounted = size_t{1} << 22;  // values that percentiles are taken of
constexpr size_t kPlaneEntry = 16;
constexpr uint32_t kMostModalities = 255, kMostWindows = 255;
constexpr size_t kStart = 24;  // of the head: magic, counts, sides
constexpr size_t kHead = kStart + 3 * sizeof(float) + 12 * sizeof(double), kWindow = 2 * sizeof(float),
                 kModality = 2 * sizeof(double) + kWindow;

template <class Number>
void put(Bytes& out, Number number) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(&number);
  out.insert(out.end(), bytes, bytes + sizeof number);
}

void put(Bytes& out, const Window& window) {
  put(out, window.low);
  put(out, window.high);
}

template <class Stored, class Take>
void each_of_type(const uint8_t* plane, size_t count, size_t step, const Take& take) {
  for (size_t i = 0; i < count; i += step) {
    Stored stored;
    std::memcpy(&stored, plane + i * sizeof stored, sizeof stored);
    take(i, stored);
  }
}

// take(index, stored value) for every step-th of `count` values.
template <class Take>
void each_value(VoxelType type, const uint8_t* plane, size_t count, size_t step, const Take& take) {
  switch (type) {
    case VoxelType::u8:
      return each_of_type<uint8_t>(plane, count, step, take);
    case VoxelType::i16:
      return each_of_type<int16_t>(plane, count, step, take);
    case VoxelType::u16:
      return each_of_type<uint16_t>(plane, count, step, take);
    case VoxelType::f32:
      return each_of_type<float>(plane, count, step, take);
  }
}

float shown_value(const VolumeHeader::Modality& modality, double stored) {
  return static_cast<float>(modality.slope * stored + modality.intercept);
}

// Of every k-th value of each plane, k the least that keeps them few.
Window count_percentiles(const Volume& volume, size_t modality) {
  const VolumeHeader& header = volume.header;
  const size_t count = size_t{header.height} * header.width;
  const size_t step = (count * header.slices + kMostCounted - 1) / kMostCounted;
  std::vector<float> values;
  for (size_t slice = 0; slice < header.slices; ++slice) {
    const uint8_t* plane = volume.voxels.data() + (slice * header.modalities.size() + modality) * header.plane_bytes();
    each_value(header.type, plane, count, step, [&](size_t, auto stored) {
      values.push_back(shown_value(header.modalities[modality], static_cast<double>(stored)));
    });
  }
  return percentile_window(std::move(values));
}

std::vector<Window> full_windows(const VolumeHeader& header) {
  std::vector<Window> full;
  if (header.type == VoxelType::f32) return full;
  const double low = header.type == VoxelType::i16 ? std::numeric_limits<int16_t>::min() : 0;
  const double high = header.type == VoxelType::u8    ? std::numeric_limits<uint8_t>::max()
                      : header.type == VoxelType::i16 ? std::numeric_limits<int16_t>::max()
                                                      : std::numeric_limits<uint16_t>::max();
  for (const VolumeHeader::Modality& modality : header.modalities) {
    const float ends[] = {shown_value(modality, low), shown_value(modality, high)};
    full.push_back({std::min(ends[0], ends[1]), std::max(ends[0], ends[1])});
  }
  return full;
}

bool is_fit(const Window& window) {
  return std::isfinite(window.low) && std::isfinite(window.high) && window.low <= window.high;
}

void check_volume_header(const VolumeHeader& header) {
  check(header.width > 0 && header.height > 0 && header.slices > 0 && !header.modalities.empty(),
        "a volume without a voxel: ", header.slices, " slices of ", header.width, " x ", header.height, " with ",
        header.modalities.size(), " modalities");
  check(uint64_t{header.width} * header.height <= kMostPlanePixels, "a volume promises slices of ", header.width, " x ",
        header.height, " pixels; wanted at most ", kMostPlanePixels, " in all");
  for (const VolumeHeader::Modality& modality : header.modalities) {
    check(std::isfinite(modality.slope) && modality.slope != 0 && std::isfinite(modality.intercept),
          "a modality of a volume has the slope ", modality.slope, " and the intercept ", modality.intercept,
          "; wanted real numbers, and a slope that is not 0");
    check(is_fit(modality.automatic), "percentiles of a volume are ", modality.automatic.low, " and ",
          modality.automatic.high);
  }
  for (const float spacing : header.spacing)
    check(std::isfinite(spacing) && spacing >= 0, "the spacing of a volume is ", spacing, " mm");
  for (const double number : header.affine) check(std::isfinite(number), "the affine of a volume holds ", number);
  for (const Window& window : header.windows)
    check(is_fit(window), "a window of a volume is from ", window.low, " to ", window.high);
}

Bytes head_of(const VolumeHeader& header) {
  Bytes out(kMagic, kMagic + sizeof kMagic);
  put<uint8_t>(out, static_cast<uint8_t>(header.type));
  put<uint8_t>(out, static_cast<uint8_t>(header.modalities.size()));
  put<uint8_t>(out, static_cast<uint8_t>(header.windows.size()));
  put<uint8_t>(out, 0);
  for (const uint32_t side : {header.slices, header.height, header.width}) put(out, side);
  for (const float spacing : header.spacing) put(out, spacing);
  for (const double number : header.affine) put(out, number);
  for (const VolumeHeader::Modality& modality : header.modalities) {
    put(out, modality.slope);
    put(out, modality.intercept);
    put(out, modality.automatic);
  }
  for (const Window& window : header.windows) put(out, window);
  return out;
}

Window get_window(ByteReader& reader) {
  const float low = reader.get<float>();
  return {low, reader.get<float>()};
}

VolumeHeader read_head(ByteReader& reader) {
  VolumeHeader header;
  const auto type = reader.get<uint8_t>();
  check(1 <= type && type <= 4, "a volume has voxels of type ", int{type}, "; wanted 1 to 4");
  header.type = static_cast<VoxelType>(type);
  header.modalities.resize(reader.get<uint8_t>());
  header.windows.resize(reader.get<uint8_t>());
  check(reader.get<uint8_t>() == 0, "a volume's header says what this version does not know");
  for (uint32_t* side : {&header.slices, &header.height, &header.width}) *side = reader.get<uint32_t>();
  for (float& spacing : header.spacing) spacing = reader.get<float>();
  for (double& number : header.affine) number = reader.get<double>();
  for (VolumeHeader::Modality& modality : header.modalities) {
    modality.slope = reader.get<double>();
    modality.intercept = reader.get<double>();
    modality.automatic = get_window(reader);
  }
  for (Window& window : header.windows) window = get_window(reader);
  check_volume_header(header);
  return header;
}

}  // namespace

size_t bytes_of(VoxelType type) {
  return type == VoxelType::u8 ? 1 : type == VoxelType::f32 ? 4 : 2;
}

Volume volume_of(const std::vector<Raster>& modalities) {
  Volume volume;
  VolumeHeader& header = volume.header;
  header.slices = 1;
  header.height = static_cast<uint32_t>(modalities.at(0).height);
  header.width = static_cast<uint32_t>(modalities[0].width);
  header.modalities.resize(modalities.size());
  const bool is_small =
      std::all_of(modalities.begin(), modalities.end(), [](const Raster& one) { return one.bits == 8; });
  header.type = is_small ? VoxelType::u8 : VoxelType::u16;
  for (const Raster& one : modalities) {
    check(one.width == modalities[0].width && one.height == modalities[0].height && one.channels == 1, "found ",
          one.width, " x ", one.height, " pixels of ", one.channels, " channel(s); wanted ", header.width, " x ",
          header.height, " of one, as in the first");
    for (const float value : one.values)
      if (is_small)
        put(volume.voxels, static_cast<uint8_t>(value));
      else
        put(volume.voxels, static_cast<uint16_t>(value));
  }
  return volume;
}

Volume joined(const std::vector<Volume>& channels) {
  Volume all;
  all.header = channels.at(0).header;
  all.header.modalities.clear();
  VoxelType& type = all.header.type;
  for (const Volume& channel : channels) {
    const VolumeHeader& own = channel.header;
    check(own.width == all.header.width && own.height == all.header.height && own.slices == all.header.slices,
          "channels differ in size: ", own.width, " x ", own.height, " in ", own.slices, " slices and ",
          all.header.width, " x ", all.header.height, " in ", all.header.slices);
    all.header.modalities.insert(all.header.modalities.end(), own.modalities.begin(), own.modalities.end());
    const bool u8_fits = own.type == VoxelType::u8 && type != VoxelType::u8, grows = type == VoxelType::u8;
    if (own.type != type && !u8_fits) type = grows ? own.type : VoxelType::f32;
  }
  for (uint32_t slice = 0; slice < all.header.slices; ++slice)
    for (const Volume& channel : channels) {
      const size_t count = size_t{all.header.height} * all.header.width * channel.header.modalities.size();
      const uint8_t* planes = channel.voxels.data() + slice * count * bytes_of(channel.header.type);
      each_value(channel.header.type, planes, count, 1, [&](size_t, auto stored) {
        switch (type) {
          case VoxelType::u8:
            return put(all.voxels, static_cast<uint8_t>(stored));
          case VoxelType::i16:
            return put(all.voxels, static_cast<int16_t>(stored));
          case VoxelType::u16:
            return put(all.voxels, static_cast<uint16_t>(stored));
          case VoxelType::f32:
            return put(all.voxels, static_cast<float>(stored));
        }
      });
    }
  return all;
}

std::vector<float> plane_values(const Volume& volume, uint32_t slice, size_t modality) {
  const VolumeHeader& header = volume.header;
  const size_t count = size_t{header.height} * header.width;
  std::vector<float> values(count);
  const uint8_t* plane = volume.voxels.data() + (slice * header.modalities.size() + modality) * header.plane_bytes();
  each_value(header.type, plane, count, 1, [&](size_t i, auto stored) {
    values[i] = shown_value(header.modalities[modality], static_cast<double>(stored));
  });
  return values;
}

bool is_volume(const uint8_t* data, size_t size) {
  return size >= sizeof kMagic && std::memcmp(data, kMagic, sizeof kMagic) == 0;
}

namespace {

// With the table of planes and its checksum, as the first bytes promise it.
uint64_t bytes_of_head(const Bytes& start) {
  check(is_volume(start.data(), start.size()) && start.size() >= kStart, "found no volume of version 1");
  ByteReader reader(start.data(), start.size());
  reader.skip(sizeof kMagic + 1);
  const uint64_t modalities = reader.get<uint8_t>(), windows = reader.get<uint8_t>();
  reader.skip(1);
  const uint64_t slices = reader.get<uint32_t>();
  return kHead + modalities * kModality + windows * kWindow + slices * modalities * kPlaneEntry + sizeof(uint32_t);
}

struct PlaneEntry {
  uint64_t bytes;
  uint32_t crc;
};

// The head of a file and the table of its planes, which follow in order.
Bytes head_of(const VolumeHeader& header, const std::vector<PlaneEntry>& planes) {
  Bytes out = head_of(header);
  uint64_t offset = out.size() + planes.size() * kPlaneEntry + sizeof(uint32_t);
  for (const PlaneEntry& plane : planes) {
    put(out, offset);
    put(out, static_cast<uint32_t>(plane.bytes));
    put(out, plane.crc);
    offset += plane.bytes;
  }
  put(out, crc32c(out.data(), out.size()));
  return out;
}

}  // namespace

Bytes encode_volume(const Volume& volume) {
  VolumeHeader header = volume.header;
  check(header.modalities.size() <= kMostModalities && header.windows.size() <= kMostWindows, "a volume has ",
        header.modalities.size(), " modalities and ", header.windows.size(), " windows; wanted at most ",
        kMostModalities, " each");
  WEFT_ASSERT(volume.voxels.size() == header.voxel_bytes());
  for (size_t m = 0; m < header.modalities.size(); ++m) header.modalities[m].automatic = count_percentiles(volume, m);
  check_volume_header(header);

  const size_t count = header.slices * header.modalities.size();
  std::vector<PlaneEntry> entries;
  Bytes planes;
  for (size_t i = 0; i < count; ++i) {
    const Bytes plane = deflated(volume.voxels.data() + i * header.plane_bytes(), header.plane_bytes());
    entries.push_back({plane.size(), crc32c(plane.data(), plane.size())});
    planes.insert(planes.end(), plane.begin(), plane.end());
  }
  Bytes out = head_of(header, entries);
  out.insert(out.end(), planes.begin(), planes.end());
  return out;
}

VolumeReader::VolumeReader(const uint8_t* data, size_t head_size, uint64_t size) : data_(data) {
  check(is_volume(data, head_size), "found no volume of version 1");
  ByteReader reader(data, head_size);
  reader.skip(sizeof kMagic);
  header_ = read_head(reader);
  const uint64_t count = uint64_t{header_.slices} * header_.modalities.size();
  check(count <= reader.left() / kPlaneEntry, "a volume promises ", count, " planes, which do not fit into ", size,
        " bytes");
  planes_.resize(count);
  for (Plane& plane : planes_) {
    plane.offset = reader.get<uint64_t>();
    plane.bytes = reader.get<uint32_t>();
    plane.crc = reader.get<uint32_t>();
    check(plane.offset <= size && plane.bytes <= size - plane.offset, "a plane of a volume lies at bytes ",
          plane.offset, " + ", plane.bytes, ", past the end at ", size);
    check(header_.plane_bytes() / kMostInflation <= plane.bytes, "a volume promises slices of ", header_.width, " x ",
          header_.height, " pixels, which do not fit into ", plane.bytes, " bytes");
  }
  const uint32_t found = crc32c(data, reader.at());
  const auto wanted = reader.get<uint32_t>();
  check(found == wanted, "the head of a volume has the checksum ", found, "; it says ", wanted);
}

void VolumeReader::check_slice(uint32_t index) const {
  check(index < header_.slices, "there is no slice ", index, " in a volume of ", header_.slices);
}

void VolumeReader::check_plane(uint32_t slice, size_t modality, const uint8_t* stored) const {
  const Plane& plane = planes_[slice * header_.modalities.size() + modality];
  check(crc32c(stored, plane.bytes) == plane.crc, "slice ", slice, ", modality ", modality, ": the checksum differs");
}

Bytes VolumeReader::cut(uint64_t size, uint32_t index, const Read& read) {
  Bytes head = read(0, std::min<uint64_t>(size, kStart));
  const uint64_t head_size = bytes_of_head(head);
  check(head_size <= size, "the head of a volume promises ", head_size, " bytes; there are ", size);
  const Bytes rest = read(kStart, head_size - kStart);
  head.insert(head.end(), rest.begin(), rest.end());
  const VolumeReader whole(head.data(), head.size(), size);
  whole.check_slice(index);
  VolumeHeader header = whole.header_;
  header.slices = 1;
  for (size_t row = 0; row < 3; ++row) header.affine[4 * row + 3] += index * header.affine[4 * row + 2];
  std::vector<PlaneEntry> entries;
  Bytes planes;
  for (size_t modality = 0; modality < header.modalities.size(); ++modality) {
    const Plane& plane = whole.planes_[index * header.modalities.size() + modality];
    const Bytes stored = read(plane.offset, plane.bytes);
    whole.check_plane(index, modality, stored.data());
    entries.push_back({plane.bytes, plane.crc});
    planes.insert(planes.end(), stored.begin(), stored.end());
  }
  Bytes out = head_of(header, entries);
  out.insert(out.end(), planes.begin(), planes.end());
  return out;
}

Raster VolumeReader::slice(uint32_t index) const {
  check_slice(index);
  const size_t channels = header_.modalities.size(), count = size_t{header_.height} * header_.width;
  Raster raster;
  raster.width = static_cast<int>(header_.width);
  raster.height = static_cast<int>(header_.height);
  raster.channels = static_cast<int>(channels);
  raster.bits = static_cast<int>(8 * bytes_of(header_.type));
  raster.values.resize(count * channels);
  for (size_t channel = 0; channel < channels; ++channel) {
    const Plane& plane = planes_[index * channels + channel];
    check_plane(index, channel, data_ + plane.offset);
    const Bytes stored = inflated(data_ + plane.offset, plane.bytes, Framing::zlib, header_.plane_bytes());
    check(stored.size() == header_.plane_bytes(), "slice ", index, ", modality ", channel, ": ", stored.size(),
          " bytes; wanted ", header_.plane_bytes());
    each_value(header_.type, stored.data(), count, 1, [&](size_t i, auto value) {
      raster.values[i * channels + channel] = shown_value(header_.modalities[channel], static_cast<double>(value));
    });
    raster.automatic.push_back(header_.modalities[channel].automatic);
  }
  raster.named = header_.windows;
  raster.full = full_windows(header_);
  return raster;
}

}  // namespace weft
