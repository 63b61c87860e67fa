// SPDX-License-Identifier: Apache-2.0
// Every problem with each policy that it allows: refused with its place and a hint, left out, or repaired, and what of
// the two is reported.
#include <cmath>
#include <functional>
#include <set>

#include "configs/recipe.h"
#include "data/manifest.h"
#include "tests/data/importers/import_support.h"

namespace weft {
namespace {

struct Case {
  Problem problem;
  const char* refuse;  // what the Error says
  const char* skip;    // what the report says; null where it is not allowed
  const char* repair;
  size_t records[2];  // in the dataset after a skip and after a repair
  std::function<void(ImportRun&, const Added&)> provoke;
};

const std::vector<Case>& cases() {
  const Region cat{.concept_text = "cat"};
  static const std::vector<Case> all = {
      {Problem::unreadable_image,
       "here: cannot read the image noise: found something that starts with the bytes 01 02",
       "here: cannot read the image noise",
       nullptr,
       {0, 0},
       [](ImportRun& run, const Added&) { run.add_bytes({1, 2, 3}, "noise", "here"); }},
      {Problem::missing_image,
       "here: the image none.png is not there",
       "here: the image none.png is not there",
       nullptr,
       {0, 0},
       [](ImportRun& run, const Added&) { run.add_file("none.png", "none.png", "here"); }},
      {Problem::unlabelled_image,
       "here: no label",
       "here: no label",
       "here: no label; kept without a statement",
       {0, 0},
       [](ImportRun& run, const Added&) { run.meet(Problem::unlabelled_image, "here", "no label", true); }},
      {Problem::malformed_label,
       "here: a decimal comma",
       "here: a decimal comma",
       "here: a decimal comma; mended where it can mean one thing only",
       {0, 1},
       [](ImportRun& run, const Added& of) {
         if (run.meet(Problem::malformed_label, "here", "a decimal comma", true)) run.say("tags", of, "mended");
       }},
      {Problem::box_outside,
       "here: the box -3 1 4 5 reaches beyond the picture a.png of 10 x 8",
       "reaches beyond",
       "; cut at the picture's edge",
       {0, 1},
       [cat](ImportRun& run, const Added& of) { run.add_box("boxes", of, {-3, 1, 4, 5}, cat, "here"); }},
      {Problem::box_empty,
       "here: the box 2 1 2 5 has no area",
       "here: the box 2 1 2 5 has no area",
       nullptr,
       {0, 0},
       [cat](ImportRun& run, const Added& of) { run.add_box("boxes", of, {2, 1, 2, 5}, cat, "here"); }},
      {Problem::bad_mask,
       "here: 1 of 2 rings of the polygon have no three corners",
       "here: 1 of 2 rings",
       "; the parts that are sound are kept",
       {0, 1},
       [cat](ImportRun& run, const Added& of) {
         run.add_polygon("masks", of, {{1, 1, 5, 1, 5, 5}, {2, 2, 3, 3}}, cat, "here");
       }},
      {Problem::size_mismatch,
       "here: the label states 20 x 16, but it is of the picture a.png of 10 x 8",
       "here: the label states 20 x 16",
       "; its coordinates are taken as they are",
       {0, 1},
       [](ImportRun& run, const Added& of) {
         if (run.frame_of(of, 20, 16, "here")) run.say("tags", of, "framed");
       }},
      {Problem::unknown_class,
       "here: no class 7",
       "here: no class 7",
       "here: no class 7; added to the list",
       {0, 0},
       [](ImportRun& run, const Added&) { run.meet(Problem::unknown_class, "here", "no class 7", true); }},
      {Problem::repeated_label,
       "here: the same box of \"cat\" is in a.png",
       nullptr,
       "here: the same box of \"cat\" is in a.png; it counts once",
       {1, 1},
       [cat](ImportRun& run, const Added& of) {
         run.add_box("boxes", of, {1, 1, 4, 5}, cat, "there");
         run.add_box("boxes", of, {1, 1, 4, 5}, cat, "here");
       }},
      {Problem::text_not_utf8,
       "is not UTF-8",
       "here: \"caf\xe9\" is not UTF-8",
       "here: \"caf\xe9\" is not UTF-8; read as Latin-1",
       {0, 1},
       [](ImportRun& run, const Added& of) { run.say_text("captions", of, "caf\xe9", "here"); }},
      {Problem::empty_text,
       "here: the text of a.png is empty",
       nullptr,
       "here: the text of a.png is empty; the image is kept without it",
       {0, 0},
       [](ImportRun& run, const Added& of) { run.say_text("captions", of, " \t ", "here"); }},
      {Problem::conflict,
       "here: puts a.png into the split val, but its group \"a.png\" is in test by there",
       "here: puts a.png into the split val",
       "; the first place counts",
       {0, 0},
       [](ImportRun& run, const Added& of) {
         run.put_in_split(of, "test", "there");
         run.put_in_split(of, "val", "here");
       }},
  };
  return all;
}

class Problems : public ImportRunTest {
 protected:
  // As on the command line.
  std::string choose(Problem problem, const std::string& policy) {
    settings_ = {};
    return error_of(
        [&] { Recipe::parse("", "command line", {join("on.", name_of(problem), "=", policy)}).fill(settings_); });
  }
  ImportReport import(const Case& one) {
    std::filesystem::remove_all(dataset());
    ImportRun run = begin();
    const Added added = *run.add_bytes(tiny_png(1, 10, 8), "a.png", "first");
    one.provoke(run, added);
    return run.finish();
  }
};

TEST_F(Problems, EachIsThereOnce) {
  std::set<std::string> names;
  for (const Case& one : cases()) names.insert(name_of(one.problem));
  EXPECT_EQ(names.size(), settings_.on.chosen.size());
}

TEST_F(Problems, RefusedNameThePlaceAndWhatWouldGoOn) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(name_of(one.problem));
    ASSERT_EQ(choose(one.problem, "refuse"), "");
    const std::string error = error_of([&] { import(one); });
    expect_says(error, one.refuse);
    expect_says(error, "here: ");
    expect_says(error, join("\n  hint: on.", name_of(one.problem), one.skip ? "=skip" : "=repair"));
    if (one.skip && one.repair) expect_says(error, join("; on.", name_of(one.problem), "=repair"));
    EXPECT_FALSE(has_manifest(dataset()));
  }
}

TEST_F(Problems, SkippedAreLeftOutAndReported) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(name_of(one.problem));
    const std::string error = choose(one.problem, "skip");
    EXPECT_EQ(error.empty(), one.skip != nullptr) << error;
    if (!one.skip) continue;
    const ImportReport report = import(one);
    ASSERT_EQ(report.left_out.count(name_of(one.problem)), 1u);
    EXPECT_EQ(report.left_out.at(name_of(one.problem)).size(), 1u);
    expect_says(report.left_out.at(name_of(one.problem))[0], one.skip);
    EXPECT_TRUE(report.repaired.empty());
    EXPECT_EQ(report.statements, one.records[0]);
    expect_says(report.text(), join("left out, ", name_of(one.problem), ": 1"));
  }
}

TEST_F(Problems, RepairedAreKeptAsTheHelpSaysAndReported) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(name_of(one.problem));
    const std::string error = choose(one.problem, "repair");
    EXPECT_EQ(error.empty(), one.repair != nullptr) << error;
    if (!one.repair) continue;
    const ImportReport report = import(one);
    ASSERT_EQ(report.repaired.count(name_of(one.problem)), 1u);
    EXPECT_EQ(report.repaired.at(name_of(one.problem)).size(), 1u);
    expect_says(report.repaired.at(name_of(one.problem))[0], one.repair);
    EXPECT_TRUE(report.left_out.empty());
    EXPECT_EQ(report.statements, one.records[1]);
    expect_says(report.text(), join("repaired, ", name_of(one.problem), ": 1"));
  }
}

TEST_F(Problems, ThatCannotBeRepairedAreLeftOutWhereRepairIsAsked) {
  settings_.on.chosen[Problem::malformed_label] = "repair";
  ImportRun run = begin();
  const Added added = *run.add_bytes(tiny_png(1), "a.png", "first");
  EXPECT_FALSE(run.add_box("boxes", added, {0, 0, std::nan(""), 1}, {}, "here"));
  const ImportReport report = run.finish();
  EXPECT_EQ(report.left_out.at("malformed_label").size(), 1u);
  EXPECT_TRUE(report.repaired.empty());
}

TEST_F(Problems, AnUnknownPolicyOrProblemIsRefusedWithTheKnownOnes) {
  expect_says(choose(Problem::box_empty, "repair"), "on.box_empty is \"repair\"; wanted one of \"skip\", \"refuse\"");
  expect_says(error_of([&] { Recipe::parse("", "command line", {"on.box_emty=skip"}).fill(settings_); }),
              "did you mean \"box_empty\"?");
}

}  // namespace
}  // namespace weft
