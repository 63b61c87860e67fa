// SPDX-License-Identifier: Apache-2.0
// What every importer does alike: meeting problems by policy, adding pictures, regions and texts, splits, the end.
// An importer reads its source, calls these, and returns finish().
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/geometry.h"
#include "data/importers/importers.h"

namespace weft {

// A picture that is in the dataset now.
struct Added {
  Uid uid;
  std::string key;
  double width = 0, height = 0;  // upright; coordinates are clamped to them
  int orientation = 1;           // EXIF, as found
  uint32_t views = 1;            // slices of a volume
};

// What is said of one region; `add_region` checks and mends it by policy.
struct Region {
  std::string concept_text = "*";  // "*": class-agnostic
  Kind kind = Kind::pos;
  float confidence = 1;
  RegionIs is = RegionIs::unsaid;
  uint8_t flags = 0;
  uint32_t id = 0, parent = 0;
  uint32_t view = kEveryView;
};

class ImportRun {
 public:
  ImportRun(const ImportRequest& request, const Importer& settings);
  ~ImportRun();
  ImportRun(ImportRun&&) noexcept;

  // Meets a problem: throws where the policy refuses, with `what`, the place (file:line, file:element) and a hint; true
  // where it is to be repaired (only where `can_repair`), false where it is to be left out.  Reported either way.
  bool meet(Problem problem, const std::string& place, const std::string& what, bool can_repair = false);
  void note(const std::string& text);
  ImportReport& report();

  // A picture by file, or by bytes with the file (and offset) they came from; where link=true, bytes without a file are
  // stored.  Nothing where it was left out.  `key` is its name in the dataset, `group` what must not straddle a split
  // ("": by group_from, or else the key).  A key that was added before gives the same picture again, and so does equal
  // content; a group that was named then and is another one now is a conflict.
  std::optional<Added> add_file(const Path& file, const std::string& key, const std::string& place,
                                const std::string& group = "");
  std::optional<Added> add_bytes(const Bytes& content, const std::string& key, const std::string& place,
                                 const std::string& group = "", const Path& link_file = {}, uint64_t link_offset = 0);
  std::optional<Added> find(const std::string& key) const;

  // The class list of a layer; a closed one means that the labels are drawn from it.  A name that is there already
  // meets Problem::repeated_label.
  void add_class(const std::string& layer, const std::string& name, const std::string& place, bool closed = true,
                 const std::vector<std::string>& synonyms = {}, const std::vector<std::string>& parents = {});

  void say(const std::string& layer, const Added& of, const std::string& text, Kind kind = Kind::pos,
           float confidence = 1, uint32_t view = kEveryView);
  // A text that people typed: trimmed, checked for UTF-8 and emptiness by policy.
  void say_text(const std::string& layer, const Added& of, const std::string& text, const std::string& place);
  // Regions, in coordinates of the upright picture.  False where it was left out.  Beyond the picture are at most a
  // hundredth of a pixel, which is what coordinates lose in writing, without a word; boxes, polygons and scribbles are
  // cut at its edge, a point within a pixel of it is moved there, and a point farther away is never kept.
  bool add_box(const std::string& layer, const Added& of, Box box, const Region& region, const std::string& place);
  bool add_point(const std::string& layer, const Added& of, Point at, const Region& region, const std::string& place);
  bool add_scribble(const std::string& layer, const Added& of, const Scribble& scribble, const Region& region,
                    const std::string& place);
  // Of the upright picture's size, or of the stored one's, and is turned then.
  bool add_mask(const std::string& layer, const Added& of, const Rle& mask, const Region& region,
                const std::string& place);
  // A polygon's rings x y x y ..., even-odd filled together, as a mask of the picture's size.
  bool add_polygon(const std::string& layer, const Added& of, const std::vector<std::vector<double>>& rings,
                   const Region& region, const std::string& place);
  void add_record(const std::string& layer, Record record);
  EvidenceWriter& layer(const std::string& name);

  // Labels' coordinates may be of the stored or of the upright picture.  Compares the width and height that a label
  // file states (0: unsaid) with the picture's; the map to upright coordinates, or nothing where it was left out.
  std::optional<Affine> frame_of(const Added& of, double stated_width, double stated_height, const std::string& place);

  // The source's own split of a picture ("train", "val", "test", ...); where it names none but "train", splits are
  // drawn.
  void put_in_split(const Added& of, const std::string& split, const std::string& place);
  // Decides the splits, once all pictures are there: the groups of each but "train".  finish() calls it where the
  // importer, which may want subsets of them, did not.
  const std::map<std::string, std::vector<std::string>>& settle_splits();

  StoreWriter& writer();
  ImportReport finish();

 private:
  bool add_region(const std::string& layer, const Added& of, Scope scope, Bytes geometry, const Region& region,
                  const std::string& place);
  std::optional<std::string> utf8(const std::string& text, const std::string& place);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The smallest box around the mapped one.
Box mapped(const Affine& map, const Box& box);

// Files below a folder and the folders in it, links followed, sorted; the folder must be there.
std::vector<Path> files_below(const Path& folder);
bool looks_like_image(const Path& path);  // by its first bytes
std::string trimmed(std::string_view text);

}  // namespace weft
