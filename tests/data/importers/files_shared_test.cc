// SPDX-License-Identifier: Apache-2.0
// The importers of annotation files over the shared data, against what counts_files.py counts in the same files.
#include "data/importers/import_cvat.h"
#include "data/importers/import_labelme.h"
#include "data/importers/import_masks.h"
#include "data/importers/import_mvtec.h"
#include "data/importers/import_pairs.h"
#include "data/importers/import_voc.h"
#include "data/importers/import_yolo.h"
#include "tests/data/importers/label_support.h"
#include "tests/data/run_python.h"

namespace weft {
namespace {

using Counts = std::map<std::string, uint64_t>;

// Counts of the dataset that the importer makes of a folder of the shared data, and the report.
template <class Settings>
Counts imported(Settings settings, const Path& source, ImportReport* report = nullptr) {
  const ScratchFolder folder;
  settings.tokenizer_merges = 0;
  // Pictures of the tiny samples are equal, so that one would be in several splits.
  settings.on.chosen[Problem::conflict] = "repair";
  const ImportReport said = settings.run({.source = source, .dataset = folder / "dataset", .name = "shared"});
  if (report) *report = said;
  return counts_in(folder / "dataset");
}

Counts counted(const std::string& kind, const Path& source, const std::string& more = "") {
  std::vector<std::string> arguments = {kind, source.string()};
  if (!more.empty()) arguments.push_back(more);
  return counts_said(run_python("data/importers/counts_files.py", arguments));
}

// Masks that the script does not paint (polygons) have no area there.
Counts without_areas(Counts counts) {
  std::erase_if(counts, [](const auto& one) { return one.first.find(" area ") != std::string::npos; });
  return counts;
}

class SharedFiles : public testing::Test {
 protected:
  void SetUp() override {
    if (shared_folder("formats").empty()) GTEST_SKIP() << "the shared data is not on this machine";
  }
};

TEST_F(SharedFiles, VocsAreAsCounted) {
  ImportReport report;
  const Counts bccd = imported(VocImporter(), shared_folder("bccd"), &report);
  EXPECT_EQ(bccd, counted("voc", shared_folder("bccd")));
  EXPECT_EQ(report.left_out.at("box_empty").size(), 2u);
  EXPECT_EQ(report.splits, (std::vector<std::pair<std::string, size_t>>{{"train", 205}, {"val", 87}}));
  for (const char* name : {"formats/voc_dataset/voc_dataset3", "formats/kaggle_dataset/relaxed_voc1",
                           "formats/kaggle_dataset/relaxed_voc2"})
    EXPECT_EQ(imported(VocImporter(), shared_folder(name)), counted("voc", shared_folder(name))) << name;
  Counts all = imported(VocImporter(), shared_folder("formats/voc_dataset/voc_dataset1"));
  EXPECT_EQ(all.at("objects area pos bicycle"), 200u);  // one object that covers the picture of 20 x 10
  std::erase_if(all,
                [](const auto& one) { return one.first.ends_with("bicycle") && one.first.starts_with("objects"); });
  EXPECT_EQ(all, counted("voc", shared_folder("formats/voc_dataset/voc_dataset1")));
}

TEST_F(SharedFiles, CvatsAreAsCounted) {
  CvatImporter settings;
  settings.on.chosen[Problem::malformed_label] = "repair";  // shapes without a label
  settings.on.chosen[Problem::box_outside] = "skip";
  for (const char* name : {"for_images/export_task", "for_images/export_project", "for_video"}) {
    const Path folder = shared_folder("formats/cvat_dataset") / name;
    EXPECT_EQ(without_areas(imported(settings, folder)), counted("cvat", folder)) << name;
  }
}

TEST_F(SharedFiles, YolosAreAsCounted) {
  for (const char* name :
       {"yolo_dataset/strict", "yolo_dataset/labels", "yolo_dataset/annotations", "kaggle_dataset/relaxed_yolo"}) {
    const Path folder = shared_folder("formats") / name;
    EXPECT_EQ(imported(YoloImporter(), folder), counted("yolo", folder)) << name;
  }
}

TEST_F(SharedFiles, LabelmeIsAsCounted) {
  const Path folder = shared_folder("formats/labelme_dataset");
  Counts found = imported(LabelmeImporter(), folder);
  for (const char* polygon : {"hg", "o1", "q1", "window"})
    EXPECT_EQ(found.erase(join("regions area pos ", polygon)), 1u);
  EXPECT_EQ(found, counted("labelme", folder));
}

TEST_F(SharedFiles, MasksAreAsCounted) {
  const Path formats = shared_folder("formats");
  for (const char* name : {"kaggle_dataset/image_mask", "kaggle_dataset/image_mask_with_labelmap",
                           "common_semantic_segmentation_dataset/dataset"})
    EXPECT_EQ(imported(MasksImporter(), formats / name), counted("masks", formats / name)) << name;
  MasksImporter prefixed;
  prefixed.image_prefix = "image_";
  prefixed.mask_prefix = "gt_";
  const Path other = formats / "common_semantic_segmentation_dataset/non_standard_dataset";
  EXPECT_EQ(imported(prefixed, other), counted("masks", other));
  MasksImporter inverted;
  inverted.inverted = true;
  EXPECT_EQ(imported(inverted, shared_folder("membrane")), counted("masks", shared_folder("membrane"), "foreground=0"));
}

TEST_F(SharedFiles, NucleiAreAsCounted) {
  const ScratchFolder some;  // every eighth: counting all of them takes a minute
  size_t number = 0;
  for (const auto& entry : std::filesystem::directory_iterator(shared_folder("nuclei")))
    if (number++ % 8 == 0) std::filesystem::create_directory_symlink(entry.path(), some / entry.path().filename());
  MasksImporter settings;
  settings.concept_text = "nucleus";
  settings.on.chosen[Problem::bad_mask] = "skip";
  Counts found = imported(settings, some.path());
  EXPECT_GT(found.at("masks mask pos nucleus"), 200u);
  EXPECT_EQ(found, counted("nuclei", some.path()));
}

TEST_F(SharedFiles, MvtecAndPairsAreAsCounted) {
  EXPECT_EQ(imported(MvtecImporter(), shared_folder("formats/mvtec_dataset")),
            counted("mvtec", shared_folder("formats/mvtec_dataset")));
  EXPECT_EQ(imported(PairsImporter(), shared_folder("pcb")), counted("pairs", shared_folder("pcb")));
}

}  // namespace
}  // namespace weft
