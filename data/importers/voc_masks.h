// SPDX-License-Identifier: Apache-2.0
// VOC's SegmentationClass and SegmentationObject: palette pictures whose index is a class or an object; 255 is the rim
// around objects, of which nothing is known.  Copies in colour are read by the palette's colours.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data/importers/label_files.h"

namespace weft {

struct VocPicture {
  explicit VocPicture(const Added& added) : added(added) {}
  Added added;
  bool is_annotated = false;
  bool is_complete = true;  // no label of it was left out
  uint32_t next_id = 1;
  std::map<uint32_t, std::string> class_of_id;  // of the objects of its XML file
};

uint32_t voc_colour(uint32_t index);  // of the palette, 0xRRGGBB

class VocMasks {
 public:
  VocMasks(const Path& root, ImportRun& run, Classes& classes);
  bool has(const std::string& stem) const;
  void take(const std::string& stem, VocPicture& picture);

 private:
  struct Named {
    std::string name;
    uint32_t colour;
  };
  void read_labelmap(const Path& file);
  void to_indices(LabelPicture& picture, bool is_class) const;
  std::string name_of(uint32_t index, const std::string& place);
  void take_objects(const LabelPicture& objects, const LabelPicture* classes, const std::string& place,
                    VocPicture& picture);
  void take_classes(const LabelPicture& classes, const std::string& place, VocPicture& picture);
  void take_rim(const std::map<uint32_t, Rle>& masks, const std::string& place, const VocPicture& picture);

  Path root_;
  ImportRun& run_;
  Classes& classes_;
  std::vector<Named> names_;  // by index
  bool is_labelmap_ = false;
};

}  // namespace weft
