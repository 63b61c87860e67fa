// SPDX-License-Identifier: Apache-2.0
// Volumes as datasets store them (codec `volume`): slices of planes, each deflated by itself, so that one slice is read
// without the others.  There is no free text in it: nothing that names a patient can come along.  docs/FORMATS.md has
// every byte.  A value is  slope * stored + intercept  of its modality.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/files.h"
#include "data/formats/raster.h"

namespace weft {

enum class VoxelType : uint8_t { u8 = 1, i16 = 2, u16 = 3, f32 = 4 };
size_t bytes_of(VoxelType type);

struct VolumeHeader {
  struct Modality {
    double slope = 1, intercept = 0;
    Window automatic;  // percentiles of all its values; encode_volume counts them
    bool operator==(const Modality&) const = default;
  };
  uint32_t slices = 0, height = 0, width = 0;
  VoxelType type = VoxelType::u8;
  std::vector<Modality> modalities;
  std::array<float, 3> spacing{};   // mm of a voxel: across, down, between slices; 0: unknown
  std::array<double, 12> affine{};  // (column, row, slice) to mm right, anterior, superior: 3 x 4; all 0: unknown
  std::vector<Window> windows;      // those that the source names
  bool operator==(const VolumeHeader&) const = default;

  uint64_t plane_bytes() const { return uint64_t{height} * width * bytes_of(type); }
  uint64_t voxel_bytes() const { return plane_bytes() * modalities.size() * slices; }
};

struct Volume {
  VolumeHeader header;
  Bytes voxels;  // little-endian, by slice, then modality, then row
};

// Modalities of one slice, all of one size, with as many bits as the one with most of them.
Volume volume_of(const std::vector<Raster>& modalities);

// The modalities of volumes of one size, of one volume; types that differ become the least that holds both.
Volume joined(const std::vector<Volume>& channels);

// The values of one plane, row by row.
std::vector<float> plane_values(const Volume& volume, uint32_t slice, size_t modality = 0);

bool is_volume(const uint8_t* data, size_t size);  // by its first bytes

Bytes encode_volume(const Volume& volume);

// Keeps pointing into `data`.  Anything that is not as encode_volume writes it is an Error.
class VolumeReader {
 public:
  VolumeReader(const uint8_t* data, size_t size) : VolumeReader(data, size, size) {}
  const VolumeHeader& header() const { return header_; }
  Raster slice(uint32_t index) const;  // one channel per modality

  // A volume of one slice of a file of `size` bytes, of which read(offset, bytes) is asked for the head and for that
  // slice's planes alone.
  using Read = std::function<Bytes(uint64_t, uint64_t)>;
  static Bytes cut(uint64_t size, uint32_t slice, const Read& read);

 private:
  VolumeReader(const uint8_t* head, size_t head_size, uint64_t file_size);
  void check_slice(uint32_t index) const;
  void check_plane(uint32_t slice, size_t modality, const uint8_t* stored) const;
  struct Plane {
    uint64_t offset;
    uint32_t bytes, crc;
  };
  VolumeHeader header_;
  std::vector<Plane> planes_;
  const uint8_t* data_;
};

}  // namespace weft
