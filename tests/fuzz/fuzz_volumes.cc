// SPDX-License-Identifier: Apache-2.0
// Volumes: our container, NIfTI-1, DICOM.  The inputs of tests/data/importers/make_nifti.py and make_dicom.py are too
// large for seeds; these are the smallest files that are read to the end.
#include <cstring>

#include "data/formats/dicom.h"
#include "data/formats/nifti.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {
namespace {

template <class T>
void put(Bytes& bytes, size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

Bytes small_volume() {
  Volume volume;
  volume.header.slices = 2, volume.header.height = 3, volume.header.width = 4;
  volume.header.type = VoxelType::i16;
  volume.header.modalities.resize(1);
  volume.voxels.resize(volume.header.voxel_bytes());
  for (size_t i = 0; i < volume.voxels.size(); ++i) volume.voxels[i] = static_cast<uint8_t>(i * 5);
  return encode_volume(volume);
}

Bytes small_nifti() {
  constexpr size_t kHead = 352;
  Bytes file(kHead + 4 * 3 * 2 * 2);
  put<int32_t>(file, 0, 348);
  const int16_t dim[8] = {3, 4, 3, 2, 1, 1, 1, 1};
  std::memcpy(file.data() + 40, dim, sizeof dim);
  put<int16_t>(file, 70, 4);  // i16
  put<int16_t>(file, 72, 16);
  const float spacing[8] = {1, 2, 2, 3, 1, 1, 1, 1};
  std::memcpy(file.data() + 76, spacing, sizeof spacing);
  put<float>(file, 108, kHead);
  put<int16_t>(file, 254, 1);  // sform
  const float sform[12] = {2, 0, 0, -4, 0, 2, 0, -3, 0, 0, 3, 0};
  std::memcpy(file.data() + 280, sform, sizeof sform);
  std::memcpy(file.data() + 344, "n+1", 4);
  return file;
}

// Explicit little-endian elements.
void element(Bytes& file, uint16_t group, uint16_t number, const char* kind, const std::string& value) {
  std::string padded = value;
  if (padded.size() % 2) padded += ' ';
  const bool is_long = std::string(kind) == "OW" || std::string(kind) == "OB";
  const auto add = [&](const void* data, size_t size) {
    const auto* first = static_cast<const uint8_t*>(data);
    file.insert(file.end(), first, first + size);
  };
  add(&group, 2), add(&number, 2), add(kind, 2);
  const uint16_t none = 0, small = static_cast<uint16_t>(padded.size());
  const uint32_t large = static_cast<uint32_t>(padded.size());
  if (is_long)
    add(&none, 2), add(&large, 4);
  else
    add(&small, 2);
  add(padded.data(), padded.size());
}

std::string u16(uint16_t value) {
  return std::string(reinterpret_cast<const char*>(&value), 2);
}

Bytes small_dicom() {
  Bytes file(128);
  for (const char letter : {'D', 'I', 'C', 'M'}) file.push_back(static_cast<uint8_t>(letter));
  element(file, 2, 0x10, "UI", std::string("1.2.840.10008.1.2.1") + '\0');
  element(file, 8, 0x18, "UI", "1.2.3");
  element(file, 0x20, 0x0e, "UI", "1.2");
  element(file, 0x28, 2, "US", u16(1));
  element(file, 0x28, 4, "CS", "MONOCHROME2");
  element(file, 0x28, 0x10, "US", u16(3));
  element(file, 0x28, 0x11, "US", u16(4));
  element(file, 0x28, 0x100, "US", u16(16));
  element(file, 0x28, 0x101, "US", u16(12));
  element(file, 0x28, 0x102, "US", u16(11));
  element(file, 0x28, 0x103, "US", u16(0));
  element(file, 0x28, 0x1052, "DS", "-1024");
  element(file, 0x28, 0x1053, "DS", "1");
  element(file, 0x7fe0, 0x10, "OW", std::string(24, '\1'));
  return file;
}

}  // namespace

std::vector<Bytes> seeds() {
  return {small_volume(), small_nifti(), small_dicom()};
}

void parse(const Bytes& input) {
  if (is_volume(input.data(), input.size())) {
    const VolumeReader reader(input.data(), input.size());
    if (reader.header().plane_bytes() > 1u << 20) return;  // a promise that only costs time
    const auto read = [&](uint64_t at, uint64_t bytes) {
      return Bytes(input.begin() + static_cast<ptrdiff_t>(at), input.begin() + static_cast<ptrdiff_t>(at + bytes));
    };
    for (uint32_t slice = 0; slice < std::min(reader.header().slices, 4u); ++slice) {
      const Bytes one = VolumeReader::cut(input.size(), slice, read);
      WEFT_ASSERT(VolumeReader(one.data(), one.size()).slice(0).values.size() == reader.slice(slice).values.size());
    }
  } else if (input.size() > 132 && std::memcmp(input.data() + 128, "DICM", 4) == 0) {
    std::vector<DicomImage> images;
    images.push_back(read_dicom(read_dicom_elements(input)));
    stack_frames(std::move(images));
  } else {
    read_nifti(input, nullptr, {});
  }
}

}  // namespace weft::fuzz
