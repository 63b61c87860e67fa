// SPDX-License-Identifier: Apache-2.0
#include "data/formats/nifti.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "tests/data/importers/hex.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;

Json golden_files() {
  return Json::parse(read_text(WEFT_SOURCE_DIR "/tests/data/importers/nifti.json"));
}

Json golden(const std::string& name) {
  for (const Json& one : golden_files())
    if (one["name"] == name) return one;
  ADD_FAILURE() << "nifti.json has no " << name;
  return {};
}

Nifti read(const Json& one) {
  const Bytes file = from_hex(one["file"]), image = from_hex(one.value("image", ""));
  NiftiWishes wishes;
  wishes.axis = one["axis"];
  wishes.turn = one["turn"];
  wishes.time_as_modalities = one["series"];
  return read_nifti(file, image.empty() ? nullptr : &image, wishes);
}

// Slice by slice, modality by modality, row by row.
std::vector<float> values_of(const Volume& volume) {
  const Bytes encoded = encode_volume(volume);
  const VolumeReader reader(encoded.data(), encoded.size());
  std::vector<float> values;
  for (uint32_t z = 0; z < reader.header().slices; ++z) {
    const Raster slice = reader.slice(z);
    for (int channel = 0; channel < slice.channels; ++channel)
      for (size_t i = channel; i < slice.values.size(); i += slice.channels) values.push_back(slice.values[i]);
  }
  return values;
}

Bytes plain() {
  return from_hex(golden("not packed")["file"]);
}

template <class Number>
Bytes with(size_t place, Number number) {
  Bytes file = plain();
  std::memcpy(file.data() + place, &number, sizeof number);
  return file;
}

std::string error_in(const Bytes& file, const NiftiWishes& wishes = {}) {
  return error_of([&] { read_nifti(file, nullptr, wishes); });
}

TEST(Nifti, EveryTypeOrderAndOrientationIsReadAsNibabelReadsIt) {
  const char* types[] = {"", "u8", "i16", "u16", "f32"};
  for (const Json& one : golden_files()) {
    SCOPED_TRACE(one["name"].get<std::string>());
    const Nifti nifti = read(one);
    const VolumeHeader& header = nifti.volume.header;
    const std::vector<size_t> shape = {header.slices, header.modalities.size(), header.height, header.width};
    ASSERT_EQ(shape, one["shape"].get<std::vector<size_t>>());
    EXPECT_EQ(types[static_cast<int>(header.type)], one["type"]);
    for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(header.affine[i], one["affine"][i].get<double>(), 1e-4) << i;
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(header.spacing[i], one["spacing"][i].get<double>(), 1e-5) << i;
    const std::vector<float> values = values_of(nifti.volume);
    ASSERT_EQ(values.size(), one["values"].size());
    for (size_t i = 0; i < values.size(); ++i) {
      if (one["values"][i].is_null())
        EXPECT_FALSE(std::isfinite(values[i])) << i;
      else
        EXPECT_EQ(values[i], one["values"][i].get<float>()) << i;
    }
  }
}

TEST(Nifti, WhatWasDecidedIsNoted) {
  EXPECT_TRUE(read(golden("u1 little")).notes.empty());
  EXPECT_EQ(read(golden("sform before qform")).notes,
            std::vector<std::string>{"sform and qform differ by 24.0832 mm; the sform was taken"});  // 16 and 18 mm
  EXPECT_EQ(read(golden("no place")).notes,
            std::vector<std::string>{"it does not say how it lies in the patient; slices are as stored"});
  EXPECT_EQ(read(golden("f8 little")).notes,
            std::vector<std::string>{"59 of 60 voxels were rounded to 32-bit real numbers"});
}

TEST(Nifti, TextsOfTheHeaderAreNotKept) {
  const Bytes encoded = encode_volume(read(golden("not packed")).volume);
  const std::string text(encoded.begin(), encoded.end());
  EXPECT_EQ(text.find("JANE"), std::string::npos);
  const Bytes file = plain();
  EXPECT_NE(std::string(file.begin(), file.end()).find("JANE DOE"), std::string::npos);
}

TEST(Nifti, WhatIsNotReadIsNamed) {
  EXPECT_EQ(error_in({}), "NIfTI: 0 bytes; a header has 348");
  EXPECT_EQ(error_in(Bytes(400, 'x')), "found no NIfTI header: it does not start with its size, 348");
  EXPECT_EQ(error_in(with<int32_t>(0, 540)), "NIfTI: found version 2; wanted version 1");
  EXPECT_EQ(error_in(with<int32_t>(344, 0)),
            "found an Analyze 7.5 header, which does not say where left and right are; wanted NIfTI-1");
  EXPECT_EQ(error_in(with<int16_t>(70, 32)), "NIfTI: it holds complex numbers; wanted integers, real numbers or RGB");
  EXPECT_EQ(error_in(with<int16_t>(70, 5)), "NIfTI: the data type is 5, which the format does not have");
  EXPECT_EQ(error_in(with<int16_t>(42, -5)), "NIfTI: dimension 1 is -5");
  EXPECT_EQ(error_in(with<int16_t>(40, 9)), "NIfTI: it has 9 dimensions; wanted 1 to 7");
  EXPECT_EQ(error_in(with<float>(108, -3)), "NIfTI: the voxels are said to begin at byte -3");
  EXPECT_EQ(error_in(with<float>(280, NAN)), "NIfTI: the sform has an axis of length 0 or holds no numbers");
  Bytes series = with<int16_t>(40, 4);
  series[48] = 7;
  EXPECT_EQ(
      error_in(series),
      "NIfTI: it is a series of 7 volumes; wanted one\n  hint: series=modalities takes up to 255 of them as channels "
      "of one volume");
  NiftiWishes coronal;
  coronal.axis = "coronal";
  EXPECT_EQ(
      error_in(from_hex(golden("no place")["file"]), coronal),
      "cannot be cut into coronal slices: it does not say how it lies in the patient (no sform, no qform)\n  hint: "
      "axis=3 cuts along the third stored axis");
  EXPECT_EQ(error_in(from_hex(golden("header and image apart")["file"])),
            "NIfTI: the voxels are said to lie in an .img file beside it, which is missing");
}

TEST(Nifti, AFileThatIsShortOrPromisesTooMuchIsAnErrorBeforeMemoryIsTaken) {
  Bytes file = plain();
  file.pop_back();
  EXPECT_EQ(error_in(file), "NIfTI: it promises 5 x 4 x 3 x 1 voxels of 2 bytes, which do not fit into 471 bytes");
  Bytes huge = with<int16_t>(42, 32767);
  for (const size_t place : {44, 46}) std::memcpy(huge.data() + place, huge.data() + 42, 2);
  EXPECT_EQ(error_in(huge),
            "NIfTI: it promises 32767 x 32767 x 32767 x 1 voxels of 2 bytes, which do not fit into 472 bytes");
  const Bytes packed = from_hex(golden("u1 little")["file"]);
  for (size_t i = 0; i < packed.size(); ++i)
    EXPECT_NE(error_in(Bytes(packed.begin(), packed.begin() + static_cast<ptrdiff_t>(i))), "") << "cut to " << i;
}

TEST(Nifti, ADamagedHeaderIsAnErrorOrAVolumeAndNeverACrash) {
  for (size_t i = 0; i < 348; ++i)
    for (const uint8_t change : {0x01, 0x80, 0xff}) {
      Bytes file = plain();
      file[i] ^= change;
      error_of([&] { encode_volume(read_nifti(file, nullptr, {}).volume); });
    }
}

}  // namespace
}  // namespace weft
