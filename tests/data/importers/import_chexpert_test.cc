// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_chexpert.h"

#include <regex>

#include "tests/data/importers/table_support.h"

namespace weft {
namespace {

const std::string kHeader = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Pneumonia,Support Devices\n";

// Pictures CheXpert-v1.0-small/train/patient0000N/study1/v.png for N of 1 to 3.
class ChexpertImport : public TableImport<ChexpertImporter> {
 protected:
  ChexpertImport() {
    for (int i = 1; i <= 3; ++i) write_file(folder_ / ("set/train/" + name(i)), tiny_png(i));
  }
  static std::string name(int patient) { return join("patient0000", patient, "/study1/v.png"); }
  static std::string row(int patient, const std::string& states) {
    return "CheXpert-v1.0-small/train/" + name(patient) + ",Female,87,Frontal,AP," + states + "\n";
  }
  ImportReport run_on(const std::string& rows) {
    write("set/train.csv", kHeader + rows);
    return run("set/train.csv");
  }
  std::string error_in(const std::string& rows) {
    write("set/train.csv", kHeader + rows);
    return error_on("set/train.csv");
  }
  // What is said of the picture that the test gave this number.
  Said said_of_patient(int patient) {
    const Store store(dataset());
    const int64_t sample = store.find(content_uid(tiny_png(patient).data(), tiny_png(patient).size()));
    return sample < 0 ? Said{"not there"} : said_of(store.info(static_cast<size_t>(sample)).key);
  }
};

TEST_F(ChexpertImport, TheFourStatesAreKept) {
  run_on(row(1, ",1.0,0.0,-1.0") + row(2, "1.0,,,") + row(3, ",-1,1,0"));
  EXPECT_EQ(said_of_patient(1),
            (Said{"findings: Edema", "findings: neg Pneumonia", "findings: unknown Support Devices"}));
  EXPECT_EQ(said_of_patient(2), (Said{"findings: No Finding"}));
  EXPECT_EQ(said_of_patient(3),
            (Said{"findings: unknown Edema", "findings: Pneumonia", "findings: neg Support Devices"}));
}

TEST_F(ChexpertImport, NoFindingNegatesTheBlankOnesWhereAsked) {
  settings_.no_finding_negates = true;
  run_on(row(1, "1.0,,-1.0,") + row(2, ",,1.0,"));
  EXPECT_EQ(said_of_patient(1), (Said{"findings: No Finding", "findings: neg Edema", "findings: unknown Pneumonia"}));
  EXPECT_EQ(said_of_patient(2), (Said{"findings: Pneumonia"}));
}

TEST_F(ChexpertImport, UncertainFindingsFollowTheirPolicy) {
  settings_.uncertain_pos = {"Edema"};
  settings_.uncertain_neg = {"Pneumonia"};
  run_on(row(1, ",-1.0,-1.0,-1.0"));
  EXPECT_EQ(said_of_patient(1),
            (Said{"findings: Edema", "findings: neg Pneumonia", "findings: unknown Support Devices"}));
  settings_.uncertain_pos = {"Edemma"};
  expect_says(error_in(row(1, ",,,")), "uncertain_pos: there is no finding \"Edemma\"; did you mean \"Edema\"?");
}

TEST_F(ChexpertImport, AStrangeValueIsRefusedWithItsLine) {
  expect_says(error_in(row(1, ",1.0,,") + row(2, ",2,,")),
              "train.csv:3: the value of Edema is none of 1, 0, -1 and blank");
}

TEST_F(ChexpertImport, NothingThatNamesAPatientIsKept) {
  settings_.on.chosen[Problem::missing_image] = "skip";
  settings_.on.chosen[Problem::unreadable_image] = "skip";
  settings_.on.chosen[Problem::malformed_label] = "skip";
  write("set/train/patient00004/study1/v.png", "no picture");
  const ImportReport report = run_on(row(1, ",1.0,,") + row(2, ",,x,") + row(4, ",,,") + row(9, ",,,") +
                                     "CheXpert-v1.0-small/train/patient00003/study1/v.png,\"Fem\"ale\n");
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(report.left_out.at("missing_image").size(), 1u);
  EXPECT_EQ(report.left_out.at("unreadable_image").size(), 1u);
  EXPECT_EQ(report.left_out.at("malformed_label").size(), 2u);
  expect_says(report.text(), "train.csv: columns left out: Sex, Age, Frontal/Lateral, AP/PA");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dataset())) {
    if (!entry.is_regular_file()) continue;
    const std::string content = read_text(entry.path());
    for (const char* secret : {"patient0", "study1", "Female", "00001"})
      EXPECT_EQ(content.find(secret), std::string::npos) << secret << " is in " << entry.path();
  }
  EXPECT_EQ(report.text().find("patient0"), std::string::npos) << report.text();
}

TEST_F(ChexpertImport, PicturesOfAPatientAreOneGroupUnderAHash) {
  write_file(folder_ / "set/train/patient00001/study2/v.png", tiny_png(50));
  const std::string rows =
      row(1, ",,,") + row(2, ",,,") + "CheXpert-v1.0-small/train/patient00001/study2/v.png,Male,1,Frontal,AP,,,,\n";
  const auto groups = [&] {
    run_on(rows);
    const Store store(dataset());
    std::vector<std::string> groups;
    for (const int shade : {1, 2, 50})
      groups.push_back(
          store.info(static_cast<size_t>(store.find(content_uid(tiny_png(shade).data(), tiny_png(shade).size()))))
              .group);
    return groups;
  };
  const std::vector<std::string> plain = groups();
  EXPECT_EQ(plain[0], plain[2]);
  EXPECT_NE(plain[0], plain[1]);
  EXPECT_TRUE(std::regex_match(plain[0], std::regex("patient-[0-9a-f]{32}")));
  settings_.salt = "a secret";
  EXPECT_NE(groups()[0], plain[0]);
}

TEST_F(ChexpertImport, LinksAndGroupsByPathAreRefused) {
  settings_.link = true;
  expect_says(error_in(row(1, ",,,")), "link=true would keep paths");
  settings_.link = false;
  settings_.group_from = "(.*)";
  expect_says(error_in(row(1, ",,,")), "group_from: keys are hashes here");
}

TEST_F(ChexpertImport, OtherTablesAreRefused) {
  write("other.csv", "image,label\n");
  expect_says(error_on("other.csv"), "other.csv:1: wanted the columns \"Path\"");
  write("set/train.csv", "Path,Sex\n");
  expect_says(error_on("set/train.csv"), "none of CheXpert's findings is a column");
}

TEST_F(ChexpertImport, SaysWhatPythonCounts) {
  const Path made = folder_ / "made";
  run_python("data/importers/make_chexpert.py", {made.string()});
  for (const char* split : {"train", "valid"}) {
    const Path table = made / "CheXpert-v1.0-small" / (std::string(split) + ".csv");
    run(table);
    EXPECT_EQ(counted(dataset()), python_counts({"chexpert", table.string()}));
  }
  const ImportReport report = run(made / "CheXpert-v1.0-small");
  const Store store(dataset());
  EXPECT_EQ(store.split("train").size() + store.split("valid").size(), report.images);
  EXPECT_GT(store.split("valid").size(), 0u);
  const Path nih = made / "nih" / "Data_Entry_2017.csv";
  run(nih);
  EXPECT_EQ(counted(dataset()), python_counts({"nih", nih.string()}));
}

TEST_F(ChexpertImport, AFindingThatChestXray14LacksIsRefusedOrAdded) {
  write_file(folder_ / "nih/images/00000001_000.png", tiny_png(1));
  write("nih/t.csv", "Image Index,Finding Labels,Patient ID\n00000001_000.png,Mass|Masses,1\n");
  expect_says(error_on("nih/t.csv"), "t.csv:2: the finding \"Masses\" is none of ChestX-ray14's");
  settings_.on.chosen[Problem::unknown_class] = "repair";
  run("nih/t.csv");
  EXPECT_EQ(said_of_patient(1), (Said{"findings: Mass", "findings: Masses"}));
}

}  // namespace
}  // namespace weft
