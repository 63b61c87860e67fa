// SPDX-License-Identifier: Apache-2.0
// What of a view a prompt can ask for: each region that its evidence calls true, as a plane of pixels with what is
// known of it.  A region with an id counts once, by its mask where it has one, else by its box.  Points and scribbles
// of one concept are one object, of which the touched pixels alone are known: inside where they say POS, outside where
// they say NEG or POS of another concept.  Crowds and what is too small or fills the view are no objects; UNKNOWN of a
// region (of the concept or of "*") makes its pixels unknown.
#pragma once

#include <cstdint>
#include <vector>

#include "base/random.h"
#include "configs/fields.h"
#include "data/evidence.h"
#include "data/geometry.h"

namespace weft {

struct ObjectSettings : Settings {
  int64_t per_image = 0;
  int64_t least_pixels = 4;
  double most_share = 0.9;
  void fields(Fields& visit) override;
};

// By what an object is known.
enum class ObjectLabel : uint8_t { mask = 0, box = 1, points = 2 };

struct ViewObject {
  int64_t number = 0;  // among the view's records: names its random streams
  ObjectLabel label = ObjectLabel::mask;
  uint32_t concept_row = kAnyConcept;
  RegionIs region = RegionIs::unsaid;
  float weight = 1;                    // how sure the statement is
  Box box;                             // around it, in pixels of the view
  std::vector<uint8_t> inside, known;  // side x side, row by row; of a box: inside is the box.  known empty: all is
};

struct ViewObjects {
  std::vector<ViewObject> asked;   // by number
  std::vector<uint8_t> elsewhere;  // 1 where no object can be: outside all of them, where they are all said; else empty
};

// At most settings.per_image of the objects of a square view (in_view's records), drawn without replacement.
ViewObjects draw_objects(const std::vector<Record>& records, int side, const ObjectSettings& settings, Stream stream);
// All of them, by number.
ViewObjects all_objects(const std::vector<Record>& records, int side, const ObjectSettings& settings);

}  // namespace weft
