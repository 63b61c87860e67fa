// SPDX-License-Identifier: Apache-2.0
#include "data/formats/dicom.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/data/importers/hex.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;

Json golden_files() {
  return Json::parse(read_text(WEFT_SOURCE_DIR "/tests/data/importers/dicom.json"));
}

std::vector<Bytes> files_of(const Json& one) {
  std::vector<Bytes> files;
  for (const Json& file : one["files"]) files.push_back(from_hex(file));
  return files;
}

std::vector<Bytes> golden(const std::string& name) {
  for (const Json& one : golden_files())
    if (one["name"] == name) return files_of(one);
  ADD_FAILURE() << "dicom.json has no " << name;
  return {};
}

std::vector<DicomStack> stacks_of(const std::vector<Bytes>& files) {
  std::vector<DicomImage> images;
  for (const Bytes& file : files) images.push_back(read_dicom(read_dicom_elements(file)));
  return stack_frames(std::move(images));
}

std::string error_in(const Bytes& file) {
  return error_of([&] { encode_volume(stacks_of({file}).at(0).volume); });
}

std::string error_of_golden(const std::string& name) {
  return error_in(golden(name).at(0));
}

std::vector<std::string> notes_of(const std::string& name) {
  return stacks_of(golden(name)).at(0).notes;
}

void expect_values(const VolumeReader& reader, const Json& wanted) {
  size_t at = 0;
  for (uint32_t z = 0; z < reader.header().slices; ++z) {
    const Raster slice = reader.slice(z);
    for (int channel = 0; channel < slice.channels; ++channel)
      for (size_t i = channel; i < slice.values.size(); i += slice.channels, ++at)
        EXPECT_EQ(slice.values[i], wanted[at].get<float>()) << "value " << at;
  }
  EXPECT_EQ(at, wanted.size());
}

TEST(Dicom, EveryLayoutAndSeriesIsReadAsPydicomReadsIt) {
  const char* types[] = {"", "u8", "i16", "u16", "f32"};
  for (const Json& one : golden_files()) {
    if (!one.contains("values")) continue;
    SCOPED_TRACE(one["name"].get<std::string>());
    const std::vector<DicomStack> stacks = stacks_of(files_of(one));
    ASSERT_EQ(stacks.size(), 1u);
    const Bytes encoded = encode_volume(stacks[0].volume);
    const VolumeReader reader(encoded.data(), encoded.size());
    const VolumeHeader& header = reader.header();
    const std::vector<size_t> shape = {header.slices, header.modalities.size(), header.height, header.width};
    ASSERT_EQ(shape, one["shape"].get<std::vector<size_t>>());
    EXPECT_EQ(types[static_cast<int>(header.type)], one["type"]);
    for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(header.affine[i], one["affine"][i].get<double>(), 1e-9) << i;
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(header.spacing[i], one["spacing"][i].get<double>(), 1e-6) << i;
    ASSERT_EQ(header.windows.size(), one["windows"].size());
    for (size_t i = 0; i < header.windows.size(); ++i) {
      EXPECT_EQ(header.windows[i].low, one["windows"][i][0].get<float>());
      EXPECT_EQ(header.windows[i].high, one["windows"][i][1].get<float>());
    }
    expect_values(reader, one["values"]);
  }
}

TEST(Dicom, WhatWasDecidedIsNoted) {
  using Notes = std::vector<std::string>;
  EXPECT_EQ(notes_of("a series in any order"), Notes{});
  EXPECT_EQ(notes_of("a slice is missing"),
            Notes{"1 of 3 gaps between slices differ from the usual 1 mm; are slices missing?"});
  EXPECT_EQ(notes_of("no positions"),
            Notes{"slices have no positions; they are in the order of their instance numbers"});
  EXPECT_EQ(notes_of("slices with slopes of their own"),
            Notes{"slices have slopes or intercepts of their own; values are kept as 32-bit real numbers"});
  EXPECT_EQ(stacks_of(golden("two at one place")).at(0).same_place, 1u);
  EXPECT_EQ(stacks_of(golden("a series in any order")).at(0).same_place, 0u);
}

TEST(Dicom, PicturesOfOtherSizesAndDirectionsAreVolumesOfTheirOwn) {
  std::vector<Bytes> files = golden("a series in any order");
  for (const Bytes& other : golden("a sagittal series")) files.push_back(other);
  files.push_back(golden("RGB")[0]);
  const std::vector<DicomStack> stacks = stacks_of(files);
  ASSERT_EQ(stacks.size(), 3u);
  std::multiset<uint32_t> slices;
  for (const DicomStack& stack : stacks) slices.insert(stack.volume.header.slices);
  EXPECT_EQ(slices, (std::multiset<uint32_t>{1, 2, 3}));
}

TEST(Dicom, WhatIsNotReadIsNamed) {
  EXPECT_EQ(error_in(Bytes(200, 0)), "found no DICOM file: it lacks \"DICM\" at byte 128");
  EXPECT_EQ(error_of_golden("palette"),
            "DICOM: its colours are those of a palette (PALETTE COLOR); wanted grey or RGB");
  EXPECT_EQ(error_of_golden("one bit"),
            "DICOM: a sample has 1 bits; wanted 8, 16 or 32 (is it a segmentation object?)");
  EXPECT_EQ(error_of_golden("YBR_FULL_422"),
            "DICOM: the photometric interpretation, element (0028,0004), is none of MONOCHROME1, MONOCHROME2, RGB and "
            "YBR_FULL");
  EXPECT_EQ(error_of_golden("modality table"),
            "DICOM: values go through a table (Modality LUT Sequence); wanted a slope");
  EXPECT_EQ(
      error_of_golden("compressed"),
      "DICOM: the pixels are compressed: JPEG lossless, first-order prediction; wanted them uncompressed\n  hint: "
      "unpack the files first, e.g. with gdcmconv --raw or dcmdjpeg");
  EXPECT_EQ(error_of_golden("unknown syntax").substr(0, 78),
            "DICOM: the pixels are compressed: the transfer syntax 1.2.840.99999.7.7.7; wan");
  EXPECT_EQ(error_of_golden("no pixels"), "DICOM: there are no pixels in it");
  EXPECT_FALSE(has_pixels(read_dicom_elements(golden("no pixels")[0])));
  EXPECT_TRUE(is_said_burned_in(read_dicom_elements(golden("burned in")[0])));
  EXPECT_FALSE(is_said_burned_in(read_dicom_elements(golden("RGB")[0])));
}

TEST(Dicom, NothingOfAPatientIsInTheVolume) {
  const Bytes file = golden("sequences and private elements")[0];
  const DicomIdentity identity = identity_of(read_dicom_elements(file));
  EXPECT_EQ(identity.patient, "MRN12345");
  EXPECT_EQ(identity.series, "1.2.3.4.5.6");
  const Bytes encoded = encode_volume(stacks_of({file}).at(0).volume);
  const std::string text(encoded.begin(), encoded.end()), whole(file.begin(), file.end());
  for (const char* secret : {"DOE", "JANE", "MRN", "1950", "1999", "ACC777", "1.2.3"}) {
    EXPECT_NE(whole.find(secret), std::string::npos) << secret;
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
}

TEST(Dicom, AFileThatBreaksOffIsAnError) {
  for (const char* name :
       {"explicit little, 16 bits", "implicit little, 16 bits", "explicit big, 16 bits", "deflated, 16 bits"}) {
    const Bytes file = golden(name)[0];
    ASSERT_EQ(error_in(file), "") << name;
    for (size_t i = 0; i < file.size(); ++i)
      EXPECT_NE(error_in(Bytes(file.begin(), file.begin() + static_cast<ptrdiff_t>(i))), "") << name << " cut to " << i;
  }
}

TEST(Dicom, ADamagedFileIsAnErrorOrAVolumeAndNeverACrash) {
  for (const char* name :
       {"enhanced, from head to feet", "sequences and private elements", "implicit little, 8 bits"}) {
    const Bytes file = golden(name)[0];
    for (size_t i = 128; i < file.size(); ++i)
      for (const uint8_t change : {0x01, 0x80, 0xff}) {
        Bytes damaged = file;
        damaged[i] ^= change;
        error_in(damaged);
      }
  }
}

TEST(Dicom, NoMessageQuotesAValue) {
  const Bytes file = golden("slope and intercept")[0];
  for (size_t i = 128; i < file.size(); ++i) {
    Bytes damaged = file;
    damaged[i] ^= 0x55;
    const std::string error = error_in(damaged);
    for (const char* secret : {"DOE", "JANE", "MRN", "1950", "1999", "ACC777", "1.2.3"})
      EXPECT_EQ(error.find(secret), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace weft
