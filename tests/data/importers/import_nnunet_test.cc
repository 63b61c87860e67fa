// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_nnunet.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/data/importers/hex.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;
using Masks = std::set<std::vector<Json>>;

// Slice, class, kind, area, and the sums of its pixels' x and y.
std::vector<Json> summary_of(const Record& record, const std::string& text) {
  const Rle mask = mask_of(record.geometry);
  std::vector<uint8_t> bitmap(size_t{mask.height} * mask.width);
  paint_rle(mask, bitmap.data(), 1);
  size_t area = 0, x = 0, y = 0;
  for (size_t i = 0; i < bitmap.size(); ++i)
    if (bitmap[i]) ++area, x += i % mask.width, y += i / mask.width;
  return {record.view, text, name_of(record.kind), area, x, y};
}

class Nnunet : public testing::Test {
 protected:
  Nnunet() {
    settings_.held_back = 0;
    settings_.tokenizer_merges = 0;
  }

  Json golden(const std::string& name) {
    for (const Json& one : Json::parse(read_text(WEFT_SOURCE_DIR "/tests/data/importers/nnunet.json")))
      if (one["name"] == name) return one;
    ADD_FAILURE() << "nnunet.json has no " << name;
    return {};
  }
  Json unpack(const std::string& name) {
    Json one = golden(name);
    for (const auto& [path, hex] : one["files"].items()) write_file(source() / path, from_hex(hex));
    return one;
  }
  ImportReport run() { return settings_.run({.source = source(), .dataset = dataset(), .name = "tiny"}); }
  std::string error() {
    return error_of([&] { run(); });
  }
  void describe(const Json& description) { write_atomically(source() / "dataset.json", description.dump()); }

  static Bytes other_size() {
    for (const Json& one : Json::parse(read_text(WEFT_SOURCE_DIR "/tests/data/importers/nifti.json")))
      if (one["name"] == "LPS cut 3") return from_hex(one["file"]);
    return {};
  }

  void expect_case(const Store& store, size_t sample, const Json& wanted) {
    const SampleInfo& info = store.info(sample);
    Bytes content;
    store.read(sample, content);
    std::vector<double> sums;
    size_t channels = 0;
    for (uint32_t slice = 0; slice < info.views; ++slice) {
      const Raster raster = decode_raster(content.data(), content.size(), slice);
      channels = raster.channels;
      sums.resize(channels);
      for (size_t i = 0; i < raster.values.size(); ++i) sums[i % channels] += raster.values[i];
    }
    EXPECT_EQ((std::vector<size_t>{info.views, channels, info.height, info.width}),
              wanted["shape"].get<std::vector<size_t>>());
    for (size_t i = 0; i < sums.size(); ++i) EXPECT_NEAR(sums[i], wanted["sums"][i].get<double>(), 1e-6) << i;

    Masks masks, wanted_masks;
    size_t exhaustive = 0;
    for (const Record& record : store.records(sample)) {
      const bool is_any = record.concept_row == kAnyConcept;
      exhaustive += record.kind == Kind::exhaustive && is_any && record.view == kEveryView;
      if (record.scope == Scope::mask)
        masks.insert(summary_of(record, is_any ? "*" : store.vocabulary().text(record.concept_row)));
    }
    for (const Json& mask : wanted["masks"].is_null() ? Json::array() : wanted["masks"])
      wanted_masks.insert(mask.get<std::vector<Json>>());
    EXPECT_EQ(masks, wanted_masks);
    EXPECT_EQ(exhaustive, wanted["masks"].is_null() ? 0u : 1u);
  }

  void expect_golden(const std::string& name) {
    SCOPED_TRACE(name);
    const Json wanted = unpack(name);
    const ImportReport report = run();
    EXPECT_TRUE(report.left_out.empty()) << report.text();
    EXPECT_TRUE(report.repaired.empty()) << report.text();
    const Store store(dataset());
    ASSERT_EQ(store.size(), wanted["cases"].size());
    for (const auto& [key, one] : wanted["cases"].items()) {
      SCOPED_TRACE(key);
      size_t sample = 0;
      while (sample < store.size() && store.info(sample).key != key) ++sample;
      ASSERT_LT(sample, store.size());
      expect_case(store, sample, one);
      if (one["split"].is_null()) continue;
      const std::vector<uint32_t> split = store.split(one["split"]);
      EXPECT_EQ(std::count(split.begin(), split.end(), sample), 1);
    }
    for (const std::string name : wanted["classes"])
      EXPECT_TRUE(store.vocabulary().about(static_cast<uint32_t>(store.vocabulary().find(name))).closed) << name;
  }

  Path source() const { return folder_ / "source"; }
  Path dataset() const { return folder_ / "dataset"; }

  ScratchFolder folder_;
  NnunetImporter settings_;
};

TEST_F(Nnunet, VolumesOfTwoChannelsWithRegionsAndIgnoredVoxels) {
  expect_golden("volumes");
}

TEST_F(Nnunet, GreyPictures) {
  expect_golden("pictures of 1 channels");
}

TEST_F(Nnunet, PicturesOfAFilePerChannel) {
  expect_golden("pictures of 2 channels");
}

TEST_F(Nnunet, ColourPictures) {
  expect_golden("pictures of colour channels");
}

TEST_F(Nnunet, AMissingChannelMeetsThePolicy) {
  unpack("volumes");
  std::filesystem::remove(source() / "imagesTr/case_a_0000.nii.gz");
  expect_says(error(), "imagesTr/case_a: channel 0000 is missing; found case_a_0001.nii.gz");
  settings_.on.chosen[Problem::unreadable_image] = "skip";
  const ImportReport report = run();
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.left_out.at("unreadable_image").size(), 1u);
}

TEST_F(Nnunet, LabelsThatLieElsewhereThanTheImageMeetThePolicy) {
  unpack("volumes");
  std::filesystem::copy_file(source() / "labelsTr/case_a.nii.gz", source() / "labelsTr/case_b.nii.gz",
                             std::filesystem::copy_options::overwrite_existing);
  expect_says(error(), "labelsTr/case_b.nii.gz: the labels lie up to 20.7846 mm off the image");
  write_file(source() / "labelsTr/case_a.nii.gz", other_size());
  expect_says(error(), "labelsTr/case_a.nii.gz: the labels are 5 x 4 in 3 slices, the image is 6 x 5 in 4");
  settings_.on.chosen[Problem::size_mismatch] = "skip";
  EXPECT_EQ(run().left_out.at("size_mismatch").size(), 2u);
}

TEST_F(Nnunet, ANumberOfNoClassMeetsThePolicy) {
  Json description = Json::parse(from_hex(unpack("pictures of 1 channels")["files"]["dataset.json"]));
  description["labels"] = {{"background", 0}, {"road", 1}};
  describe(description);
  expect_says(error(), "labelsTr/p0.png: label 2 is in no list of classes");
  settings_.on.chosen[Problem::unknown_class] = "repair";
  run();
  EXPECT_GE(Store(dataset()).vocabulary().find("label 2"), 0);
}

TEST_F(Nnunet, ImagesWithoutLabelsAreKeptAndReported) {
  unpack("volumes");
  std::filesystem::remove(source() / "labelsTr/case_a.nii.gz");
  const ImportReport report = run();
  EXPECT_EQ(report.images, 3u);
  EXPECT_EQ(report.repaired.at("unlabelled_image").size(), 1u);
}

TEST_F(Nnunet, ADescriptionThatIsNotOfVersion2IsNamed) {
  const Json sound = Json::parse(from_hex(unpack("volumes")["files"]["dataset.json"]));
  const std::string file = (source() / "dataset.json").string();
  const auto error_with = [&](const auto& change) {
    Json description = sound;
    change(description);
    describe(description);
    return error();
  };
  EXPECT_EQ(error_with([](Json& d) { d.erase("channel_names"), d["modality"] = {{"0", "CT"}}; }),
            file +
                ": \"channel_names\" is missing or of another type\n  hint: this is the format of nnU-Net 1 and the "
                "Decathlon; nnUNetv2_convert_MSD_dataset makes it version 2");
  EXPECT_EQ(error_with([](Json& d) { d["file_ending"] = ".nrrd"; }),
            file + ": file_ending is .nrrd; wanted .nii.gz, .nii or .png");
  EXPECT_EQ(error_with([](Json& d) { d["labels"]["ignore"] = 1; }),
            file + ": labels.ignore is 1; wanted the highest number, 2");
  EXPECT_EQ(error_with([](Json& d) { d["labels"]["liver"] = "1"; }),
            file + ": labels.liver is \"1\"; wanted a whole number from 0 on, or a list of them");
  EXPECT_EQ(error_with([](Json& d) { d["labels"]["background"] = 7; }), file + ": labels.background is 7; wanted 0");
  EXPECT_EQ(error_with([](Json& d) { d["channel_names"] = {{"0", "CT"}, {"2", "PET"}}; }),
            file + ": channel_names lacks \"1\"; wanted names of 0 to 1");
}

}  // namespace
}  // namespace weft
