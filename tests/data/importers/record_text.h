// SPDX-License-Identifier: Apache-2.0
// A statement as a line, for tests to compare.
#pragma once

#include "base/error.h"
#include "data/geometry.h"
#include "data/store.h"

namespace weft {

// "scope kind text region flags #id of #parent at confidence: box or point", without what is not said.
inline std::string text_of(const Record& record, const Vocabulary& vocabulary) {
  std::string line = name_of(record.scope);
  if (record.kind != Kind::pos) line += join(" ", name_of(record.kind));
  line += " " + (record.concept_row == kAnyConcept ? "*" : vocabulary.text(record.concept_row));
  if (record.region != RegionIs::unsaid) line += join(" ", name_of(record.region));
  if (record.flags & kCrowd) line += " crowd";
  if (record.flags & kOccluded) line += " occluded";
  if (record.flags & kTruncated) line += " truncated";
  if (record.flags & kDifficult) line += " difficult";
  if (record.id) line += join(" #", record.id);
  if (record.parent) line += join(" of #", record.parent);
  if (record.confidence != 1) line += join(" at ", record.confidence);
  if (record.scope == Scope::box) {
    const Box box = box_of(record.geometry);
    line += join(": ", box.x0, " ", box.y0, " ", box.x1, " ", box.y1);
  }
  if (record.scope == Scope::point) line += join(": ", point_of(record.geometry).x, " ", point_of(record.geometry).y);
  return line;
}

}  // namespace weft
