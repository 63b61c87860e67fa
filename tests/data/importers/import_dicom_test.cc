// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_dicom.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "tests/data/importers/hex.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

using Json = nlohmann::json;

// Files as a hospital exports them: their names tell the patient's.
class DicomImport : public testing::Test {
 protected:
  DicomImport() {
    settings_.held_back = 0;
    settings_.tokenizer_merges = 0;
  }

  // The series of one golden entry under other identifiers of the same lengths.
  void put(const std::string& golden, const std::string& series = "1.2.3.4.5.6",
           const std::string& patient = "MRN12345") {
    for (const Json& one : Json::parse(read_text(WEFT_SOURCE_DIR "/tests/data/importers/dicom.json"))) {
      if (one["name"] != golden) continue;
      for (const Json& file : one["files"]) {
        Bytes content = from_hex(file);
        replace(content, "1.2.3.4.5.6", series);
        replace(content, "MRN12345", patient);
        write_file(source() / "DOE_JANE" / join("IM", count_++, ".dcm"), content);
      }
      return;
    }
    ADD_FAILURE() << "dicom.json has no " << golden;
  }
  static void replace(Bytes& in, const std::string& what, const std::string& by) {
    ASSERT_EQ(what.size(), by.size());
    const auto place = std::search(in.begin(), in.end(), what.begin(), what.end());
    ASSERT_NE(place, in.end());
    std::copy(by.begin(), by.end(), place);
  }
  ImportReport run() { return settings_.run({.source = source(), .dataset = dataset(), .name = "tiny"}); }
  std::string error() {
    return error_of([&] { run(); });
  }
  std::map<std::string, std::string> groups() {  // by key
    const Store store(dataset());
    std::map<std::string, std::string> groups;
    for (size_t i = 0; i < store.size(); ++i) groups[store.info(i).key] = store.info(i).group;
    return groups;
  }
  std::vector<Path> files_below_dataset() {
    std::vector<Path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(dataset()))
      if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
  }
  Path source() const { return folder_ / "source"; }
  Path dataset() const { return folder_ / "dataset"; }

  ScratchFolder folder_;
  DicomImporter settings_;
  int count_ = 0;
};

TEST_F(DicomImport, ASeriesIsAVolumeWhateverItsFilesAreCalled) {
  put("a series in any order");
  put("two windows", "1.2.3.4.5.7");
  EXPECT_EQ(run().images, 2u);
  const Store store(dataset());
  const size_t series = store.info(0).views == 3 ? 0 : 1;
  EXPECT_EQ(store.info(series).views, 3u);
  EXPECT_EQ(store.info(series).spacing, (std::array<float, 3>{0.75f, 0.5f, 2.5f}));
  EXPECT_EQ(store.info(1 - series).views, 1u);
  Bytes content;
  store.read(1 - series, content);
  EXPECT_EQ(decode_raster(content.data(), content.size()).named[0], (Window{-160, 239}));
}

TEST_F(DicomImport, NothingOfAPatientIsInTheDatasetOrItsReport) {
  put("a series in any order");
  put("palette", "1.2.3.4.5.7");
  put("no pixels", "1.2.3.4.5.8");
  put("two at one place", "1.2.3.4.5.9");
  write_file(source() / "DOE_JANE_1950.txt", {'x'});
  settings_.on.chosen[Problem::unreadable_image] = "skip";
  settings_.on.chosen[Problem::conflict] = "repair";
  const ImportReport report = run();
  EXPECT_EQ(report.left_out.size(), 3u) << report.text();
  std::string all = report.text() + report.json();
  for (const Path& file : files_below_dataset()) all += read_text(file);
  for (const char* secret : {"DOE", "JANE", "MRN", "1950", "1999", "ACC777", "1.2.3", "IM0"})
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
}

TEST_F(DicomImport, ErrorsNameAFileByItsNumber) {
  put("a series in any order");
  put("palette", "1.2.3.4.5.7");
  const std::string text = error();
  expect_says(text, ", file 4 of 4: DICOM: its colours are those of a palette (PALETTE COLOR); wanted grey or RGB");
  EXPECT_EQ(text.find("DOE"), std::string::npos) << text;
  EXPECT_EQ(text.find("IM3"), std::string::npos) << text;
}

TEST_F(DicomImport, SeriesOfAPatientAreAGroup) {
  put("a series in any order", "1.2.3.4.5.6", "MRN12345");
  put("RGB", "1.2.3.4.5.7", "MRN12345");
  put("two windows", "1.2.3.4.5.8", "MRN54321");
  run();
  std::multiset<size_t> sizes;
  std::map<std::string, size_t> members;
  for (const auto& [key, group] : groups()) {
    EXPECT_EQ(key.substr(0, 7), "series-");
    EXPECT_EQ(group.substr(0, 8), "patient-");
    ++members[group];
  }
  for (const auto& [group, size] : members) sizes.insert(size);
  EXPECT_EQ(sizes, (std::multiset<size_t>{1, 2}));
}

TEST_F(DicomImport, TheSaltDecidesTheNames) {
  put("a series in any order");
  settings_.salt = "ours";
  run();
  // Python: hashlib.sha256(b"ours\0series\x001.2.3.4.5.6").hexdigest()[:16], and of "patient", "MRN12345".
  EXPECT_EQ(groups(), (std::map<std::string, std::string>{{"series-2b585c9a9b1a3b41", "patient-e9a09cacf3fceab2"}}));
}

TEST_F(DicomImport, ASeriesOfSeveralKindsIsSeveralVolumes) {
  put("a series in any order");
  put("a sagittal series");
  const ImportReport report = run();
  EXPECT_EQ(report.images, 2u);
  ASSERT_EQ(report.notes.size(), 1u);
  expect_says(report.notes[0], " holds pictures of 2 sizes, spacings or directions: a volume each");
  EXPECT_TRUE(groups().begin()->first.ends_with("-1"));
}

TEST_F(DicomImport, SlicesAtOnePlaceMeetThePolicy) {
  put("two at one place");
  expect_says(error(), ": 1 slices lie where another one lies");
  settings_.on.chosen[Problem::conflict] = "repair";
  run();
  EXPECT_EQ(Store(dataset()).info(0).views, 2u);
}

TEST_F(DicomImport, PicturesThatAreSaidToShowNamesAreLeftOut) {
  put("burned in");
  put("RGB", "1.2.3.4.5.7");
  const ImportReport report = run();
  EXPECT_EQ(report.images, 1u);
  EXPECT_EQ(report.left_out.at("its pixels are said to show names or dates"), std::vector<std::string>{"file 1 of 2"});
}

}  // namespace
}  // namespace weft
