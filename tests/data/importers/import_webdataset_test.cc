// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_webdataset.h"

#include <fstream>

#include "data/formats/tar.h"
#include "tests/data/importers/table_support.h"

namespace weft {
namespace {

// One ustar member; the archive's end is two blocks of zeros.
std::string member(const std::string& name, const std::string& content, char type = '0') {
  std::string block(512, '\0');
  block.replace(0, name.size(), name);
  char number[16];
  std::snprintf(number, sizeof number, "%011o", static_cast<unsigned>(content.size()));
  block.replace(124, 11, number);
  block[156] = type;
  block.replace(257, 8,
                std::string("ustar\0"
                            "00",
                            8));
  block.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<uint8_t>(c);
  std::snprintf(number, sizeof number, "%06o", sum);
  block.replace(148, 7, number, 7);
  return block + content + std::string((512 - content.size() % 512) % 512, '\0');
}
std::string picture(int shade) {
  const Bytes png = tiny_png(shade);
  return {png.begin(), png.end()};
}
const std::string kEnd(1024, '\0');

class WebdatasetImport : public TableImport<WebdatasetImporter> {
 protected:
  ImportReport run_on(const std::string& members) {
    write("x.tar", members + kEnd);
    return run("x.tar");
  }
  std::string error_in(const std::string& members) {
    write("x.tar", members + kEnd);
    return error_on("x.tar");
  }
};

TEST_F(WebdatasetImport, MembersThatAgreeUpToTheFirstDotAreOneSample) {
  const ImportReport report = run_on(
      member("d/0.png", picture(1)) + member("d/0.txt", "a cat\n") + member("d/0.cls", "7") +
      member("d/0.1.txt", "not of it") + member("1.JPG", picture(2)) +
      member("1.json", R"({"caption": "a dog", "label": [3, "dog"], "tags": ["x", "y"], "other": {"deep": 1}})"));
  EXPECT_EQ(report.images, 2u);
  EXPECT_EQ(said_of("x.tar/d/0.png"), (Said{"captions: a cat", "classes: 7"}));
  EXPECT_EQ(said_of("x.tar/1.jpg"), (Said{"captions: a dog", "classes: 3", "classes: dog", "tags: x", "tags: y"}));
  expect_says(report.text(), "left out: 1 members with the extension \"1.txt\"");
  expect_says(report.text(), "classes are called by their numbers");
}

TEST_F(WebdatasetImport, TheFirstExtensionOfTheListIsThePicture) {
  settings_.image = {"rgb.png", "png"};
  const ImportReport report = run_on(member("0.png", picture(1)) + member("0.rgb.png", picture(2)));
  EXPECT_EQ(said_of("x.tar/0.rgb.png"), Said{});
  EXPECT_EQ(report.images, 1u);
  expect_says(report.text(), "left out: 1 members with the extension \"png\"");
}

TEST_F(WebdatasetImport, FoldersAndNotesOfTheWriterAreNoSamples) {
  EXPECT_EQ(run_on(member("d/", "", '5') + member("__wids__.json", "{}") + member("0.png", picture(1))).images, 1u);
}

TEST_F(WebdatasetImport, LinksAndNamesWithoutAnExtensionAreRefusedOrLeftOut) {
  const std::string odd =
      member("0.png", picture(1)) + member("link.png", "", '2') + member("README", "hi") + member("d/.hidden", "hi");
  expect_says(error_in(odd), "x.tar: link.png (offset ");
  expect_says(error_in(odd), "the member is a link or a device");
  settings_.on.chosen[Problem::malformed_label] = "skip";
  const ImportReport report = run_on(odd);
  EXPECT_EQ(report.images, 1u);
  EXPECT_EQ(report.left_out.at("malformed_label").size(), 3u);
}

TEST_F(WebdatasetImport, ASampleWithoutAPictureIsRefusedWithItsPlace) {
  const std::string members = member("0.png", picture(1)) + member("1.txt", "lost");
  expect_says(error_in(members), "x.tar: 1.txt (offset ");
  settings_.on.chosen[Problem::missing_image] = "skip";
  EXPECT_EQ(run_on(members).left_out.at("missing_image").size(), 1u);
}

TEST_F(WebdatasetImport, ASampleThatComesTwiceInAnArchiveIsAConflict) {
  const std::string members =
      member("0.png", picture(1)) + member("1.png", picture(2)) + member("0.png", picture(3)) + member("0.txt", "two");
  expect_says(error_in(members), "a sample of this name was in the archive before");
  settings_.on.chosen[Problem::conflict] = "skip";
  EXPECT_EQ(run_on(members).images, 2u);
  EXPECT_EQ(said_of("x.tar/0.png"), Said{});
}

TEST_F(WebdatasetImport, BadJsonIsRefusedWithItsPlace) {
  for (const char* json : {"{", "[1]", "{\"caption\": 1.5}", "{\"tags\": [{}]}", "{\"caption\": \"\xff\"}"})
    expect_says(error_in(member("0.png", picture(1)) + member("0.json", json)), "x.tar: 0.json (offset ");
  EXPECT_EQ(run_on(member("0.png", picture(1)) + member("0.json", R"({"caption": null})")).statements, 0u);
}

TEST_F(WebdatasetImport, GroupsComeFromJsonWhereAsked) {
  settings_.json_group = "patient";
  run_on(member("0.png", picture(1)) + member("0.json", R"({"patient": "p1"})") + member("1.png", picture(2)) +
         member("1.json", R"({"patient": 17})"));
  EXPECT_EQ(group_of("x.tar/0.png"), "p1");
  EXPECT_EQ(group_of("x.tar/1.png"), "17");
}

TEST_F(WebdatasetImport, ClassesAreNamedByTheirList) {
  write("classes.txt", "n01440764 tench, Tinca tinca\ngoldfish\n");
  settings_.class_list = (folder_ / "classes.txt").string();
  const std::string members = member("0.png", picture(1)) + member("0.cls", "0\n") + member("1.png", picture(2)) +
                              member("1.cls", "goldfish") + member("2.png", picture(3)) + member("2.cls", "2");
  expect_says(error_in(members), "the class \"2\" is not in the list of classes");
  settings_.on.chosen[Problem::unknown_class] = "skip";
  run_on(members);
  EXPECT_EQ(said_of("x.tar/0.png"), (Said{"classes: tench"}));
  EXPECT_EQ(said_of("x.tar/1.png"), (Said{"classes: goldfish"}));
  EXPECT_EQ(said_of("x.tar/2.png"), Said{});
  const Store store(dataset());
  const auto& about = store.vocabulary().about(static_cast<uint32_t>(store.vocabulary().find("tench")));
  EXPECT_EQ(about.synonyms, (std::vector<std::string>{"Tinca tinca", "n01440764"}));
}

TEST_F(WebdatasetImport, ACutArchiveIsAnErrorOrGivesTheSamplesBeforeTheCut) {
  const std::string whole = member("0.png", picture(1)) + member("1.png", picture(2)) + member("1.txt", "one");
  const std::string cut = whole.substr(0, whole.size() - 100);
  write("x.tar", cut);
  expect_says(error_on("x.tar"), join("x.tar: is cut short at offset ", cut.size()));
  settings_.on.chosen[Problem::malformed_label] = "skip";
  const ImportReport report = run("x.tar");
  EXPECT_EQ(report.images, 1u);  // of sample 1 nobody knows whether it is whole
  EXPECT_EQ(report.left_out.at("malformed_label").size(), 1u);
}

TEST_F(WebdatasetImport, LinkedPicturesStayInTheirArchive) {
  const std::string members = member("0.png", picture(1)) + member("0.txt", "one") + member("1.png", picture(2));
  settings_.link = true;
  run_on(members);
  const Store store(dataset());
  for (size_t i = 0; i < store.size(); ++i) {
    EXPECT_NE(store.info(i).link, "");
    EXPECT_EQ(store.info(i).link_offset, i == 0 ? 512u : 512u + 512 + 1024 + 512);
    Bytes content;
    store.read(i, content);
    EXPECT_EQ(content, tiny_png(static_cast<int>(i) + 1));
  }
}

TEST_F(WebdatasetImport, LinkingIntoACompressedArchiveIsRefused) {
  run_python("data/importers/make_tar.py", {folder_.path().string(), "samples"});
  settings_.link = true;
  expect_says(error_on("shard-000003.tar.gz"), "link=true needs plain archives");
}

TEST_F(WebdatasetImport, SaysWhatPythonCounts) {
  const Path shards = folder_ / "shards";
  run_python("data/importers/make_tar.py", {shards.string(), "samples"});
  const std::string wanted = python_counts({"webdataset", shards.string()});
  settings_.image = {"png"};
  EXPECT_EQ(run("shards").images, 40u);
  EXPECT_EQ(counted(dataset()), wanted);
  // What is compressed is told by its content, not by its name.
  std::filesystem::rename(shards / "shard-000003.tar.gz", shards / "shard-000003.tar");
  run("shards/shard-{000000..000003}.tar");
  EXPECT_EQ(counted(dataset()), wanted);
}

TEST_F(WebdatasetImport, SplitsComeFromTheNamesOfArchivesWhereAsked) {
  write("set-train-0.tar", member("0.png", picture(1)) + kEnd);
  write("set-val-0.tar", member("0.png", picture(2)) + kEnd);
  settings_.split_from = "set-([a-z]+)-";
  run("set-{train,val}-{0..0}.tar");
  EXPECT_EQ(keys_of_split("val"), (std::set<std::string>{"set-val-0.tar/0.png"}));
  settings_.split_from = "(test)";
  expect_says(error_on("set-train-0.tar"), "split_from=(test) catches nothing in its name");
}

TEST_F(WebdatasetImport, AMissingArchiveAndAnEmptyFolderAreErrors) {
  write("s-0.tar", member("0.png", picture(1)) + kEnd);
  expect_says(error_on("s-{0..1}.tar"), "s-1.tar: there is no such archive (SOURCE is ");
  write("empty/readme.txt", "");
  expect_says(error_on("empty"), "holds no .tar, .tar.gz or .tgz");
}

TEST(ExpandBraces, GivesRangesAndListsInOrder) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(expand_braces("a.tar"), Names{"a.tar"});
  EXPECT_EQ(expand_braces("a-{08..11}.tar"), (Names{"a-08.tar", "a-09.tar", "a-10.tar", "a-11.tar"}));
  EXPECT_EQ(expand_braces("{x,y}/{0..1}"), (Names{"x/0", "x/1", "y/0", "y/1"}));
  for (const char* wrong : {"{0..1", "{}", "{2..1}", "{a..c}", "{0..9999999}", "{..}"})
    EXPECT_NE(error_of([&] { expand_braces(wrong); }), "") << wrong;
}

}  // namespace
}  // namespace weft
