// SPDX-License-Identifier: Apache-2.0
#include "data/formats/coco_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "data/formats/json_elements.h"
#include "tests/support.h"

namespace weft {
namespace {

using nlohmann::json;

std::vector<std::string> elements_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> elements;
  read_json_elements(in, "x.json", [&](const std::string& key, int64_t place, json& element) {
    elements.push_back(join(key, " ", place, " ", element.dump()));
  });
  return elements;
}

std::string error_in(const std::string& text) {
  return error_of([&] { elements_of(text); });
}

TEST(JsonElements, ListsComeOneElementAtATimeAndOtherValuesWhole) {
  EXPECT_EQ(elements_of(R"({"info": {"a": [1, {"b": null}]}, "images": [{"id": 1}, [2, [3]], 4.5], "n": true})"),
            (std::vector<std::string>{R"(info -1 {"a":[1,{"b":null}]})", R"(images 0 {"id":1})", "images 1 [2,[3]]",
                                      "images 2 4.5", "n -1 true"}));
  EXPECT_EQ(elements_of(R"([{"id": 1}, "x"])"), (std::vector<std::string>{R"( 0 {"id":1})", R"( 1 "x")"}));
  EXPECT_EQ(elements_of(R"({"images": [], "annotations": [7]})"), (std::vector<std::string>{"annotations 0 7"}));
}

TEST(JsonElements, AKeyTwiceInOneObjectIsRefusedAtAnyDepth) {
  EXPECT_EQ(error_in(R"({"a": 1, "a": 2})"), "x.json: a: found the key \"a\" twice in one object");
  EXPECT_EQ(error_in(R"({"a": [{}, {"b": {"c": 1, "c": 1}}]})"),
            "x.json: a[1]: found the key \"c\" twice in one object");
  EXPECT_EQ(error_in(R"({"a": [{"b": 1}, {"b": 1}]})"), "");
}

TEST(JsonElements, WhatIsNoJsonIsNamedWithLineAndColumn) {
  EXPECT_EQ(error_in("{\"a\":\n [1, }").find("x.json: no valid JSON: parse error at line 2, column 6"), 0u);
  EXPECT_NE(error_in("{\"a\": [1"), "");
  EXPECT_NE(error_in("{\"a\": \"\xff\"}"), "");
  EXPECT_NE(error_in("{\"a\": 1e999}"), "");
  EXPECT_NE(error_in(""), "");
  EXPECT_NE(error_in("3"), "");
  EXPECT_NE(error_in("{} {}"), "");
}

TEST(JsonElements, NestingHasALimit) {
  EXPECT_EQ(error_in("{\"a\": " + std::string(60, '[') + std::string(60, ']') + "}"), "");
  EXPECT_NE(error_in("{\"a\": " + std::string(100000, '[') + std::string(100000, ']') + "}"), "");
}

CocoHead head_of(const std::string& text, std::vector<std::string>* malformed = nullptr) {
  std::istringstream in(text);
  return read_coco_head(in, "x.json", [&](const std::string& place, const std::string& what, const std::string&) {
    if (malformed) malformed->push_back(place + ": " + what);
  });
}

TEST(CocoJson, AnnotationsMayStandBeforeWhatTheyName) {
  const std::string text = R"({"annotations": [{"id": 1, "image_id": 2, "category_id": 3, "bbox": [1, 2, 3, 4]}],
                               "images": [{"id": 2, "file_name": "a.png", "width": 8, "height": 6}],
                               "categories": [{"id": 3, "name": "cat"}]})";
  const CocoHead head = head_of(text);
  EXPECT_EQ(head.images.at(0).file_name, "a.png");
  EXPECT_EQ(head.categories.at(0).name, "cat");
  EXPECT_EQ(head.annotations, 1u);
  EXPECT_EQ(head.keys, (std::set<std::string>{"bbox", "category_id", "id", "image_id"}));
  EXPECT_EQ(head.used_categories, (std::set<std::string>{"3"}));
  std::istringstream in(text);
  size_t count = 0;
  read_coco_annotations(in, "x.json", {}, [&](const CocoAnnotation& annotation) {
    ++count;
    EXPECT_EQ(annotation.image_id, "2");
    EXPECT_EQ(annotation.box, (std::array<double, 4>{1, 2, 3, 4}));
  });
  EXPECT_EQ(count, 1u);
}

TEST(CocoJson, ElementsThatCannotBeUnderstoodHaveTheirPlace) {
  std::vector<std::string> malformed;
  const CocoHead head = head_of(R"({"images": [{"id": 1, "file_name": "a"}, {"id": 2}, 3, {"id": [4]},
                                    {"id": 5, "file_name": "b", "width": -1}]})",
                                &malformed);
  EXPECT_EQ(head.images.size(), 1u);
  EXPECT_EQ(malformed, (std::vector<std::string>{"x.json: images[1] (id 2): has no file_name",
                                                 "x.json: images[2]: found 3, wanted an object",
                                                 "x.json: images[3]: id is [4], wanted a whole number or a text",
                                                 "x.json: images[4] (id 5): width is -1, wanted 0 to 65536"}));
}

TEST(CocoJson, TheNameOfAPictureMayBeInItsAddress) {
  const CocoImage image = coco_image({{"id", 1}, {"coco_url", "http://a/train2017/0001.jpg"}});
  EXPECT_EQ(image.file_name, "0001.jpg");
  EXPECT_EQ(image.url_path, "train2017/0001.jpg");
  EXPECT_EQ(coco_image({{"id", 1}, {"coco_url", "0001.jpg"}}).url_path, "0001.jpg");
  EXPECT_EQ(coco_image({{"id", 1}, {"coco_url", "/0001.jpg"}}).file_name, "0001.jpg");
}

TEST(CocoJson, IdsAreNumbersOrTexts) {
  EXPECT_EQ(json_id({{"id", 42}}, "id"), "42");
  EXPECT_EQ(json_id({{"id", 42.0}}, "id"), "42");
  EXPECT_EQ(json_id({{"id", -1}}, "id"), "-1");
  EXPECT_EQ(json_id({{"id", 18446744073709551615u}}, "id"), "18446744073709551615");
  EXPECT_EQ(json_id({{"id", "a7"}}, "id"), "a7");
  EXPECT_EQ(json_id({{"id", nullptr}}, "id"), "");
  EXPECT_NE(error_of([] { json_id({{"id", 1.5}}, "id"); }), "");
}

TEST(CocoJson, AnnotationsThatDifferInTheIdOnlyHaveOneHash) {
  const auto hash = [](const char* text) { return content_hash(coco_annotation(json::parse(text))); };
  const uint64_t one = hash(R"({"id": 1, "image_id": 2, "category_id": 3, "bbox": [1, 2, 3, 4]})");
  EXPECT_EQ(one, hash(R"({"id": 9, "image_id": 2, "category_id": 3, "bbox": [1, 2, 3, 4]})"));
  EXPECT_NE(one, hash(R"({"id": 1, "image_id": 2, "category_id": 3, "bbox": [1, 2, 3, 5]})"));
  EXPECT_NE(one, hash(R"({"id": 1, "image_id": 2, "category_id": 4, "bbox": [1, 2, 3, 4]})"));
  EXPECT_NE(one, hash(R"({"id": 1, "image_id": 5, "category_id": 3, "bbox": [1, 2, 3, 4]})"));
}

}  // namespace
}  // namespace weft
