// SPDX-License-Identifier: Apache-2.0
// COCO's and SA-1B's JSON, and masks of what annotations say.
#include <sstream>

#include "data/formats/coco_mask.h"
#include "data/formats/sa1b_json.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {

std::vector<Bytes> seeds() {
  return {bytes_of(R"({"images": [{"id": 1, "file_name": "a.png", "width": 12, "height": 10, "neg_category_ids": [2]}],
        "categories": [{"id": 2, "name": "cat", "supercategory": "animal", "keypoints": ["nose"], "skeleton": [[1, 1]]}],
        "annotations": [{"id": 3, "image_id": 1, "category_id": 2, "bbox": [1, 2, 3.5, 4], "iscrowd": 0,
          "segmentation": [[1, 1, 9, 2, 7, 8], []], "keypoints": [1, 2, 2]},
          {"id": 4, "image_id": 1, "category_id": 2, "segmentation": {"size": [10, 12], "counts": [20, 30, 70]}},
          {"id": 5, "image_id": 1, "category_id": 2, "segmentation": {"size": [10, 12], "counts": "b'd0n0f1'"}},
          {"id": 6, "image_id": 1, "category_id": 2, "segmentation": [20, 30, 70]}]})"),
          bytes_of(R"({"images": [{"id": 1, "coco_url": "http://x/y/a.png"}], "categories": [],
        "annotations": [{"image_id": 1, "file_name": "a.png", "segments_info": [{"id": 7, "category_id": 2}]}]})"),
          bytes_of(R"({"image": {"file_name": "a.jpg", "width": 12, "height": 10}, "annotations": [{"id": 1,
        "segmentation": {"size": [10, 12], "counts": [20, 30, 70]}, "predicted_iou": 0.9, "stability_score": 1}]})"),
          bytes_of(R"([{"image_id": 1, "caption": "a cat"}])")};
}

// Each reading is tried, whatever the others said.
void parse(const Bytes& input) {
  const auto ignore = [](const std::string&, const std::string&, const std::string&) {};
  const auto make_mask = [](const CocoSegmentation& segmentation) {
    const CocoMask found = coco_mask(segmentation, 10, 12);
    if (found.mask) check_rle(*found.mask);
  };
  const auto tried = [&](const auto& read) {
    std::istringstream in(text_of(input));
    try {
      read(in);
    } catch (const Error&) {
    }
  };
  tried([&](std::istream& in) { read_coco_head(in, "x.json", ignore); });
  tried([&](std::istream& in) {
    read_coco_annotations(in, "x.json", ignore, [&](const CocoAnnotation& annotation) {
      content_hash(annotation);
      make_mask(annotation.segmentation);
    });
  });
  tried([&](std::istream& in) {
    for (const Sa1bMask& mask : read_sa1b(in, "x.json", ignore).masks) make_mask(mask.segmentation);
  });
}

}  // namespace weft::fuzz
