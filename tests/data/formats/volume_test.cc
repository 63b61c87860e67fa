// SPDX-License-Identifier: Apache-2.0
#include "data/formats/volume.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "tests/support.h"

namespace weft {
namespace {

// Two modalities, three slices of 4 x 2 pixels; voxel i holds `value(i)`.
template <class Stored, class Value>
Volume volume_of(VoxelType type, const Value& value) {
  Volume volume;
  volume.header.slices = 3;
  volume.header.height = 2;
  volume.header.width = 4;
  volume.header.type = type;
  volume.header.modalities = {{.slope = 1, .intercept = 0}, {.slope = 0.5, .intercept = -10}};
  volume.header.spacing = {0.5f, 0.25f, 3};
  volume.header.affine = {0.5, 0, 0, 1, 0, 0.25, 0, 2, 0, 0, 3, -7};
  volume.header.windows = {{-160, 240}};
  for (int i = 0; i < 48; ++i) {
    const Stored stored = value(i);
    const uint8_t* bytes = reinterpret_cast<const uint8_t*>(&stored);
    volume.voxels.insert(volume.voxels.end(), bytes, bytes + sizeof stored);
  }
  return volume;
}

Volume shorts() {
  return volume_of<int16_t>(VoxelType::i16, [](int i) { return static_cast<int16_t>(1365 * i - 32768); });
}

std::string error_in(const Bytes& file) {
  return error_of([&] {
    const VolumeReader reader(file.data(), file.size());
    for (uint32_t i = 0; i < reader.header().slices; ++i) reader.slice(i);
  });
}

template <class Stored, class Value>
void expect_back(VoxelType type, const Value& value) {
  const Bytes file = encode_volume(volume_of<Stored>(type, value));
  const VolumeReader reader(file.data(), file.size());
  for (int z = 0; z < 3; ++z) {
    const Raster slice = reader.slice(z);
    ASSERT_EQ(slice.values.size(), 16u);
    EXPECT_EQ(slice.channels, 2);
    for (int i = 0; i < 8; ++i) {
      EXPECT_EQ(slice.values[2 * i], static_cast<float>(value(16 * z + i)));
      EXPECT_EQ(slice.values[2 * i + 1], static_cast<float>(0.5 * value(16 * z + 8 + i) - 10));
    }
  }
}

TEST(Volume, ValuesOfEveryTypeComeBackExactly) {
  expect_back<uint8_t>(VoxelType::u8, [](int i) { return static_cast<uint8_t>(5 * i); });
  expect_back<int16_t>(VoxelType::i16, [](int i) { return static_cast<int16_t>(1365 * i - 32768); });
  expect_back<uint16_t>(VoxelType::u16, [](int i) { return static_cast<uint16_t>(1365 * i); });
  expect_back<float>(VoxelType::f32, [](int i) { return 0.1f * static_cast<float>(i) - 3; });
}

TEST(Volume, TheHeaderComesBackWithPercentiles) {
  Volume volume = shorts();
  const Bytes file = encode_volume(volume);
  const VolumeReader reader(file.data(), file.size());
  // NumPy: percentile([1365 i - 32768 for i in 0-7, 16-23, 32-39], [0.5, 99.5]), and of the others halved less 10.
  volume.header.modalities[0].automatic = {-32611.025f, 20310.025f};
  volume.header.modalities[1].automatic = {-10855.5126f, 15605.0126f};
  EXPECT_EQ(reader.header().modalities[0].automatic.low, volume.header.modalities[0].automatic.low);
  EXPECT_EQ(reader.header(), volume.header);
  const Raster slice = reader.slice(0);
  EXPECT_EQ(slice.named, volume.header.windows);
  EXPECT_EQ(slice.full, (std::vector<Window>{{-32768, 32767}, {-16394, 16373.5}}));
  EXPECT_EQ(slice.bits, 16);
}

TEST(Volume, PercentilesLeaveOutWhatIsNoNumber) {
  EXPECT_EQ(percentile_window({}), Window{});
  EXPECT_EQ(percentile_window({NAN, 7, INFINITY}), (Window{7, 7}));
  EXPECT_EQ(percentile_window({NAN, 0, 200, -INFINITY}), (Window{1, 199}));
}

TEST(Volume, TheSameVolumeGivesTheSameBytes) {
  EXPECT_EQ(encode_volume(shorts()), encode_volume(shorts()));
}

TEST(Volume, ASliceIsReadWithoutTheOthers) {
  Bytes file = encode_volume(shorts());
  file.back() ^= 1;  // in the last plane: slice 2, modality 1
  const VolumeReader reader(file.data(), file.size());
  EXPECT_EQ(reader.slice(1).values.size(), 16u);
  EXPECT_EQ(error_of([&] { reader.slice(2); }), "slice 2, modality 1: the checksum differs");
  EXPECT_EQ(error_of([&] { reader.slice(3); }), "there is no slice 3 in a volume of 3");
}

TEST(Volume, ASliceIsCutOutWithoutReadingTheOthers) {
  const Bytes file = encode_volume(shorts());
  const VolumeReader whole(file.data(), file.size());
  for (uint32_t i = 0; i < 3; ++i) {
    uint64_t asked = 0;
    const Bytes cut = VolumeReader::cut(file.size(), i, [&](uint64_t at, uint64_t bytes) {
      asked += bytes;
      return Bytes(file.begin() + static_cast<ptrdiff_t>(at), file.begin() + static_cast<ptrdiff_t>(at + bytes));
    });
    constexpr size_t kOtherPlanes = 2 * 2;
    EXPECT_EQ(asked, cut.size() + 16 * kOtherPlanes) << "the head with its table, and two planes";
    const VolumeReader one(cut.data(), cut.size());
    EXPECT_EQ(one.slice(0).values, whole.slice(i).values);
    EXPECT_EQ(one.slice(0).automatic, whole.slice(i).automatic);
    EXPECT_EQ(one.header().affine[11], -7 + 3.0 * i) << "millimetres of its own place";
  }
}

TEST(Volume, ACutOfADamagedOrCutFileIsAnError) {
  const Bytes file = encode_volume(shorts());
  const auto error_of_slice = [](const Bytes& from, uint32_t slice) {
    return error_of([&] {
      VolumeReader::cut(from.size(), slice, [&](uint64_t at, uint64_t bytes) {
        return Bytes(from.begin() + static_cast<ptrdiff_t>(at), from.begin() + static_cast<ptrdiff_t>(at + bytes));
      });
    });
  };
  Bytes damaged = file;
  damaged.back() ^= 1;
  EXPECT_EQ(error_of_slice(damaged, 1), "");
  EXPECT_EQ(error_of_slice(damaged, 2), "slice 2, modality 1: the checksum differs");
  EXPECT_EQ(error_of_slice(file, 3), "there is no slice 3 in a volume of 3");
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(error_of_slice(Bytes(file.begin(), file.begin() + static_cast<ptrdiff_t>(size)), 0), "") << size;
}

TEST(Volume, AnyByteDamagedOrMissingIsAnError) {
  const Bytes file = encode_volume(shorts());
  ASSERT_EQ(error_in(file), "");
  for (size_t i = 0; i < file.size(); ++i) {
    EXPECT_NE(error_in(Bytes(file.begin(), file.begin() + static_cast<ptrdiff_t>(i))), "") << "cut to " << i;
    Bytes damaged = file;
    damaged[i] ^= 0x11;
    EXPECT_NE(error_in(damaged), "") << "byte " << i << " changed";
  }
}

TEST(Volume, AHeaderThatPromisesTooMuchIsRefusedFirst) {
  Bytes file = encode_volume(shorts());
  const uint32_t many = 0x7fffffff;
  std::memcpy(file.data() + 12, &many, 4);
  EXPECT_EQ(error_in(file),
            join("a volume promises ", 2 * uint64_t{many}, " planes, which do not fit into ", file.size(), " bytes"));
  std::memcpy(file.data() + 16, &many, 4);
  EXPECT_EQ(error_in(file), "a volume promises slices of 4 x 2147483647 pixels; wanted at most 268435456 in all");
}

TEST(Volume, ModalitiesOfSeveralFilesBecomeOneVolume) {
  const Volume bytes = volume_of<uint8_t>(VoxelType::u8, [](int i) { return static_cast<uint8_t>(i); });
  const Volume both = joined({bytes, shorts()});
  EXPECT_EQ(both.header.type, VoxelType::i16);
  ASSERT_EQ(both.header.modalities.size(), 4u);
  for (size_t m = 0; m < 2; ++m)
    for (uint32_t z = 0; z < 3; ++z) {
      EXPECT_EQ(plane_values(both, z, m), plane_values(bytes, z, m));
      EXPECT_EQ(plane_values(both, z, 2 + m), plane_values(shorts(), z, m));
    }
  const Volume large = volume_of<uint16_t>(VoxelType::u16, [](int i) { return static_cast<uint16_t>(65000 + i); });
  EXPECT_EQ(joined({large, bytes}).header.type, VoxelType::u16);
  const Volume mixed = joined({shorts(), large});
  EXPECT_EQ(mixed.header.type, VoxelType::f32);
  EXPECT_EQ(plane_values(mixed, 2, 3), plane_values(large, 2, 1));
  Volume other = shorts();
  other.header.slices = 2;
  EXPECT_EQ(error_of([&] { joined({shorts(), other}); }), "channels differ in size: 4 x 2 in 2 slices and 4 x 2 in 3");
}

TEST(Volume, PicturesOfOneChannelBecomeModalities) {
  Raster small, deep;
  small.width = deep.width = 2;
  small.height = deep.height = 1;
  small.channels = deep.channels = 1;
  small.values = {3, 4};
  deep.bits = 16;
  deep.values = {60000, 7};
  const Volume volume = volume_of(std::vector<Raster>{small, deep});
  EXPECT_EQ(volume.header.type, VoxelType::u16);
  EXPECT_EQ(plane_values(volume, 0, 0), small.values);
  EXPECT_EQ(plane_values(volume, 0, 1), deep.values);
}

TEST(Volume, AVolumeThatSaysNonsenseIsNotWritten) {
  const auto error = [](const auto& change) {
    Volume volume = shorts();
    change(volume.header);
    return error_of([&] { encode_volume(volume); });
  };
  EXPECT_EQ(
      error([](VolumeHeader& h) { h.modalities[1].slope = 0; }),
      "a modality of a volume has the slope 0 and the intercept -10; wanted real numbers, and a slope that is not 0");
  EXPECT_EQ(error([](VolumeHeader& h) { h.spacing[2] = -1; }), "the spacing of a volume is -1 mm");
  EXPECT_EQ(error([](VolumeHeader& h) { h.affine[3] = INFINITY; }), "the affine of a volume holds inf");
  EXPECT_EQ(error([](VolumeHeader& h) { h.windows[0] = {3, 2}; }), "a window of a volume is from 3 to 2");
}

}  // namespace
}  // namespace weft
