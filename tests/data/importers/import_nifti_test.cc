// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_nifti.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "data/formats/volume.h"
#include "tests/data/importers/hex.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;

Json golden(const std::string& name, const std::string& list = "nifti.json") {
  for (const Json& one : Json::parse(read_text(Path(WEFT_SOURCE_DIR "/tests/data/importers") / list)))
    if (one["name"] == name) return one;
  ADD_FAILURE() << list << " has no " << name;
  return {};
}

class NiftiImport : public testing::Test {
 protected:
  NiftiImport() {
    settings_.held_back = 0;
    settings_.tokenizer_merges = 0;
  }
  ImportReport run() { return settings_.run({.source = source(), .dataset = folder_ / "dataset", .name = "tiny"}); }
  std::string error() {
    return error_of([&] { run(); });
  }
  void put(const std::string& name, const std::string& path) {
    write_file(source() / path, from_hex(golden(name)["file"]));
  }
  Path source() const { return folder_ / "source"; }

  ScratchFolder folder_;
  NiftiImporter settings_;
};

TEST_F(NiftiImport, EveryFileIsASampleOfItsSlices) {
  put("LPS cut 3", "a/one.nii.gz");
  put("times as modalities", "a/four.nii.gz");
  put("not packed", "b/plain.nii");
  const Json pair = golden("header and image apart");
  write_file(source() / "b/pair.hdr", from_hex(pair["file"]));
  write_file(source() / "b/pair.img", from_hex(pair["image"]));
  write_file(source() / "notes.txt", {'x'});
  expect_says(error(), "a/four.nii.gz: NIfTI: it is a series of 2 volumes; wanted one");

  settings_.slices.series = "modalities";
  const ImportReport report = run();
  EXPECT_EQ(report.images, 4u);
  EXPECT_EQ(report.left_out.at("no NIfTI file by its name"), std::vector<std::string>{"notes.txt"});
  const Store store(folder_ / "dataset");
  for (size_t i = 0; i < store.size(); ++i) {
    const SampleInfo& info = store.info(i);
    EXPECT_EQ(info.codec, Codec::volume);
    EXPECT_EQ(info.views, 3u) << info.key;
    EXPECT_EQ(info.channels, info.key == "a/four.nii.gz" ? 2 : 1);
    EXPECT_EQ(info.spacing, (std::array<float, 3>{2, 3, 4})) << info.key;
    EXPECT_EQ(info.bits, info.key == "a/one.nii.gz" ? 8 : 16) << info.key;
  }
}

TEST_F(NiftiImport, AnotherAxisCutsOtherSlices) {
  put("LPS cut 3", "one.nii.gz");
  settings_.slices.axis = "sagittal";
  run();
  const Store store(folder_ / "dataset");
  EXPECT_EQ(store.info(0).views, 5u);
  EXPECT_EQ(store.info(0).spacing, (std::array<float, 3>{3, 4, 2}));
}

TEST_F(NiftiImport, LabelVolumesBecomeMasksOfTheirSlices) {
  const Json source_files = golden("volumes", "nnunet.json");
  write_file(source() / "case_a.nii.gz", from_hex(source_files["files"]["imagesTr/case_a_0000.nii.gz"]));
  write_file(source() / "case_x.nii.gz", from_hex(source_files["files"]["imagesTr/case_b_0000.nii.gz"]));
  write_file(source() / "masks/case_a.nii.gz", from_hex(source_files["files"]["labelsTr/case_a.nii.gz"]));
  settings_.labels = "masks";
  settings_.classes = {"1=rind", "2=tumour"};
  expect_says(error(), "masks/case_a.nii.gz: label 3 is in no list of classes");
  settings_.on.chosen[Problem::unknown_class] = "skip";
  const ImportReport report = run();
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.repaired.at("unlabelled_image"),
            std::vector<std::string>{"case_x.nii.gz: it has no label volume; kept without a statement"});

  std::map<uint32_t, uint64_t> areas, wanted;
  for (const Json& mask : source_files["cases"]["imagesTr/case_a"]["masks"])
    if (mask[1] == "tumour") wanted[mask[0]] = mask[3];
  const Store store(folder_ / "dataset");
  for (size_t i = 0; i < store.size(); ++i)
    for (const Record& record : store.records(i))
      if (record.scope == Scope::mask && store.vocabulary().text(record.concept_row) == "tumour")
        areas[record.view] = area_of(mask_of(record.geometry));
  EXPECT_EQ(areas, wanted);
}

TEST_F(NiftiImport, AnUnreadableVolumeMeetsThePolicy) {
  put("LPS cut 3", "a.nii.gz");
  write_file(source() / "b.nii.gz", {1, 2, 3});
  expect_says(error(), "b.nii.gz: NIfTI: 3 bytes; a header has 348");
  settings_.on.chosen[Problem::unreadable_image] = "skip";
  EXPECT_EQ(run().images, 1u);
}

TEST_F(NiftiImport, ClassesAreNumbersAndTexts) {
  put("LPS cut 3", "a.nii.gz");
  put("LPS cut 3", "masks/a.nii.gz");
  settings_.labels = "masks";
  settings_.classes = {"liver=1"};
  EXPECT_EQ(error(), "classes holds \"liver=1\"; wanted NUMBER=TEXT, e.g. 1=liver");
}

TEST_F(NiftiImport, RealVolumesHoldWhatNibabelCounts) {
  const Path shared = shared_data("nifti");
  if (shared.empty()) GTEST_SKIP() << "the shared data is not on this machine";
  settings_.run({.source = shared, .dataset = folder_ / "dataset", .name = "real"});
  const Json counts = Json::parse(read_text(WEFT_SOURCE_DIR "/tests/data/importers/counts_volumes.json"));
  const Store store(folder_ / "dataset");
  ASSERT_EQ(store.size(), counts.size());
  for (size_t i = 0; i < store.size(); ++i) {
    SCOPED_TRACE(store.info(i).key);
    const Json& wanted = counts.at(store.info(i).key);
    Bytes content;
    store.read(i, content);
    const VolumeReader reader(content.data(), content.size());
    const VolumeHeader& header = reader.header();
    EXPECT_EQ((std::vector<uint32_t>{header.slices, header.height, header.width}),
              wanted["shape"].get<std::vector<uint32_t>>());
    double sum = 0, middle = 0;
    for (uint32_t z = 0; z < header.slices; ++z)
      for (const float value : reader.slice(z).values) sum += value, middle += z == header.slices / 2 ? value : 0;
    EXPECT_NEAR(sum / wanted["sum"].get<double>(), 1, 1e-6);
    EXPECT_NEAR(middle / wanted["middle"].get<double>(), 1, 1e-6);
    EXPECT_NEAR(header.modalities[0].automatic.low, wanted["low"].get<double>(), 1e-4);
    EXPECT_NEAR(header.modalities[0].automatic.high, wanted["high"].get<double>(), 1e-3);
    for (size_t k = 0; k < 12; ++k) EXPECT_NEAR(header.affine[k], wanted["affine"][k].get<double>(), 1e-4);
    for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(store.info(i).spacing[k], wanted["spacing"][k].get<double>(), 1e-5);
  }
}

}  // namespace
}  // namespace weft
