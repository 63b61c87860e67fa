// SPDX-License-Identifier: Apache-2.0
// The report of a run: what is read from the folder, and the page that is written.  Numbers are worked out by hand.
#include "launch/report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "launch/report_data.h"
#include "launch/svg.h"

namespace weft {
namespace {

class Report : public ::testing::Test {
 protected:
  Report()
      : root_(std::filesystem::temp_directory_path() / join("weft-report-", ::getpid())), folder_(root_ / "a <run>") {
    make_folder(folder_);
  }
  ~Report() override { std::filesystem::remove_all(root_); }

  void put(const char* name, std::string_view content) { write_atomically(folder_ / name, content); }
  std::string page() {
    write_report(folder_);
    return read_text(folder_ / "report.html");
  }

  Path root_, folder_;
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* kEvaluation =
    R"({"split":"held_back","images":40,"texts":60,"metrics":[
    {"name":"m","title":"text <to> image","weft":0.5,"low":0.25,"high":0.75,"baselines":{"ridge & co":0.125},"chance":0.0625},
    {"name":"n","title":"image to text","weft":0.375,"low":null,"high":null,"baselines":{},"chance":0.03125}],
    "galleries":[{"text":"<script>alert(1)</script>","items":[
    {"key":"1f600","score":0.875,"right":true,"png":"iVBORw0KGgo="},
    {"key":"'><u>","score":0.5,"right":false,"png":"'><script>"}]}]})";

TEST_F(Report, AnEmptyFolderGivesAPageThatSaysWhatIsMissing) {
  const std::string html = page();
  for (const char* name : {"metrics.jsonl", "evaluation.json", "recipe.toml", "env.json"})
    EXPECT_TRUE(contains(html, join("There is no ", name, " in the run folder"))) << name;
}

TEST_F(Report, TheSummaryHasTheFiguresOfTheRun) {
  put("metrics.jsonl",
      R"({"step":1,"loss":4.0,"samples_per_second":100,"data_wait":0.5,"communication":0.25,"seconds":100})"
      "\n"
      R"({"step":2,"loss":3.0,"samples_per_second":900,"data_wait":0.0,"communication":0.25,"seconds":200})"
      "\n"
      R"({"step":3,"loss":2.5,"samples_per_second":300,"data_wait":0.1,"communication":0.25,"seconds":300})"
      "\n");
  const std::string html = page();
  EXPECT_TRUE(contains(html, "<b>3</b><span>steps"));
  EXPECT_TRUE(contains(html, "<b>2.5</b><span>final loss"));
  EXPECT_TRUE(contains(html, "<b>300</b><span>samples/s, median"));
  EXPECT_TRUE(contains(html, "<b>5.0 min</b><span>training<"));
  EXPECT_TRUE(contains(html, "<b>20.0 %</b><span>waiting for data"));
  EXPECT_TRUE(contains(html, "<b>25.0 %</b><span>communication"));
}

TEST_F(Report, AResumedRunCountsEachStepOnce) {
  put("metrics.jsonl",
      "{\"step\":1,\"loss\":9,\"seconds\":10}\n{\"step\":2,\"loss\":8,\"seconds\":20}\n{\"step\":3,\"loss\":7}\n"
      "{\"step\":4,\"loss\":6,\"seconds\":40}\n"
      "{\"step\":2,\"loss\":5,\"seconds\":22}\n{\"step\":3,\"loss\":4,\"seconds\":35}\n");  // resumed after step 1
  const RunMetrics metrics = *read_run_folder(folder_).metrics.content;
  ASSERT_EQ(metrics.steps.size(), 3u);  // the first session's step 4 belongs to an abandoned path
  EXPECT_EQ(metrics.steps.at(3).find("loss"), 4);
  const std::string html = page();
  EXPECT_TRUE(contains(html, "<b>35 s</b><span>training<"));
  EXPECT_TRUE(contains(html, "went on from a checkpoint 1 time;"));
}

TEST_F(Report, ALineThatWasCutOffIsLeftOutAndMentioned) {
  put("metrics.jsonl", "{\"step\":1,\"loss\":9}\n{\"step\":2,\"lo");
  const std::string html = page();
  EXPECT_TRUE(contains(html, "The last line of metrics.jsonl is cut off and was left out."));
  EXPECT_TRUE(contains(html, "<b>1</b><span>steps"));
}

TEST_F(Report, ADamagedLineInTheMiddleIsCountedAndNamed) {
  put("metrics.jsonl", "{\"step\":1,\"loss\":9}\n{\"step\":2,\"lo{\"step\":2}\n{\"step\":3,\"loss\":null}\n");
  EXPECT_TRUE(contains(page(), "1 line of metrics.jsonl could not be read and was left out (the first is line 2)."));
  EXPECT_EQ(read_run_folder(folder_).metrics.content->steps.at(3).find("loss"), std::nullopt);
}

TEST_F(Report, TheTableHasEveryBaselineAndADashWhereOneIsMissing) {
  put("evaluation.json", kEvaluation);
  const std::string html = page();
  EXPECT_TRUE(contains(html, "40 images and 60 texts of the split “held_back”"));
  EXPECT_TRUE(contains(html, "<th class=n>ridge &amp; co</th>"));
  EXPECT_TRUE(contains(html, "<td class='n ours'>0.500</td><td class=n>0.250 – 0.750</td><td class=n>0.125</td>"));
  EXPECT_TRUE(
      contains(html, "<td class='n ours'>0.375</td><td class=n>–</td><td class=n>–</td><td class=n>0.031</td>"));
}

TEST_F(Report, RightAndWrongDifferInColourAndInSymbol) {
  put("evaluation.json", kEvaluation);
  const std::string html = page();
  EXPECT_TRUE(contains(
      html, "<figure class='shot right'><img alt='1f600' src='data:image/png;base64,iVBORw0KGgo='><i>✓</i>0.88"));
  EXPECT_TRUE(contains(html, "<figure class='shot wrong'>"));
  EXPECT_TRUE(contains(html, "<i>✗</i>0.50"));
}

TEST_F(Report, NothingFromAFileBecomesMarkup) {
  put("evaluation.json", kEvaluation);
  put("recipe.toml", "a = \"</pre><script>\"");
  put("env.json", R"({"<script>":"<script>","flags":["avx2","<b>"]})");
  put("metrics.jsonl", "{\"step\":1,\"loss\":1,\"terms\":{\"<script>\":1,\"b\":2}}\n");
  const std::string html = page();
  EXPECT_FALSE(contains(html, "<script"));
  EXPECT_FALSE(contains(html, "<u>"));
  EXPECT_TRUE(contains(html, "<title>a &lt;run&gt; · weft</title>"));
  EXPECT_TRUE(contains(html, "a = &quot;&lt;/pre&gt;&lt;script&gt;&quot;"));
  EXPECT_TRUE(contains(html, "avx2, &lt;b&gt;"));
}

TEST_F(Report, ThePageAsksTheNetworkForNothing) {
  put("evaluation.json", kEvaluation);
  const std::string html = page();
  for (const char* reference : {"http:", "https:", "//cdn", "@import", "url(", "<link", "<script"})
    EXPECT_FALSE(contains(html, reference)) << reference;
}

TEST_F(Report, ADamagedFileIsExplainedWhereItWouldBeShown) {
  put("evaluation.json", R"({"split":"held_back"})");
  EXPECT_TRUE(contains(page(), "evaluation.json is there but cannot be shown: "));
}

TEST_F(Report, AFolderThatIsNotThereIsAnError) {
  EXPECT_THROW(write_report(folder_ / "none"), Error);
}

TEST(Chart, TicksAreRoundAndInsideTheRange) {
  EXPECT_EQ(nice_ticks(0, 10, 5), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(nice_ticks(-30, 130, 4), (std::vector<double>{0, 50, 100}));
  EXPECT_EQ(nice_ticks(3, 1200, 6), (std::vector<double>{200, 400, 600, 800, 1000, 1200}));
}

TEST(Chart, TheRunningMeanWeighsBothSidesAlike) {
  // One point away counts half, two points away a quarter.
  EXPECT_EQ(running_mean({0, 1}, 1), (std::vector<double>{0.5 / 1.5, 1 / 1.5}));
  EXPECT_EQ(running_mean({4, 0, 8}, 1)[1], 6 / 2.0);
  EXPECT_EQ(running_mean({7, 7, 7}, 3)[2], 7);
}

TEST(Chart, ASpikeSurvivesTheThinningOfALongCurve) {
  Chart chart{.title = "loss", .curves = {{.name = "loss", .points = {}}}};
  for (int step = 0; step < 10000; ++step) chart.curves[0].points.emplace_back(step, step == 5003 ? 100 : 1);
  const std::string svg = draw_chart(chart);
  EXPECT_LT(svg.size(), 40000u);
  // The axis goes from 1 - 4.95 to 100 + 4.95 over the pixels 192 to 22, so 100 stands at 22 + 170 * 4.95 / 108.9
  // = 29.7.
  EXPECT_TRUE(contains(svg, " 29.7L"));
}

TEST(Chart, ValuesThatWereNeverRecordedAreSaidToBeMissing) {
  EXPECT_TRUE(contains(draw_chart({.title = "lr", .curves = {Curve{}}}), "not recorded"));
}

TEST(Chart, NumbersAreShort) {
  EXPECT_EQ(short_number(0.123456), "0.1235");
  EXPECT_EQ(short_number(12345), "12.35k");
  EXPECT_EQ(short_number(3e-5), "3e-05");
}

}  // namespace
}  // namespace weft
