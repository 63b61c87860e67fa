// SPDX-License-Identifier: Apache-2.0
// What follows from statements.  Nothing here guesses: what is derived is true wherever the statements that it comes
// from are, and what they leave open stays open.
//   merge            several sources about one thing: agreement adds up, contradiction stays side by side
//   with_hierarchy   POS of a concept is POS of the more general ones, NEG is NEG of the more special ones
//   what_is_known    of each concept in one sample
//   in_view          what of a picture's statements holds of a crop, a flip, or any affine view of it
//   keypoint_targets a keypoint as targets for pixels
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/concepts.h"
#include "data/evidence.h"
#include "data/geometry.h"

namespace weft {

// What the sources say together of one concept at one place (item, view, scope, geometry).
struct Statement {
  Record record;             // its source, id and parent are those of one who said it
  std::vector<Record> said;  // what it rests on, as the sources said it
};

struct Merged {
  std::vector<Statement> statements;
  // Statements that cannot all hold, by their places in the list above, ascending.  None of them is changed.
  std::vector<std::vector<uint32_t>> contradictions;
};

// Log-odds times confidence add: POS and NEG of confidence c are +-c L, SOFT p is log(p / (1 - p)) within +-L, with
// L = log(0.999 / 0.001), a sure statement.  What has one sign agrees; the sum is a POS or NEG of confidence
// |sum| / L <= 1, or a SOFT where all are.  One source counts once, by the surest that it said, because it is not
// independent of itself.  NEG takes away candidates of lists that are not surer than it: one left is a POS, none is a
// contradiction.  (Lists are not intersected: each may mean another one.)  Counts are intersected, as sure as the least
// sure.  NEG of a whole image contradicts POS of a region in it.  The result depends on what was said alone, neither on
// its order nor on how often or in which groups it was merged before.
Merged merge(std::vector<Record> records);
std::vector<Record> said(const Merged& merged);  // everything that went in, each once
void each_once(std::vector<Record>& records);    // sorted by item, view, scope, geometry, and then everything else

// The records, with one row for each text and its synonyms, and what the hierarchy makes of them, each once: POS and
// EXISTS of what is more general, NEG of what is more special, as sure as what they follow from.
std::vector<Record> with_hierarchy(std::vector<Record> records, const Concepts& concepts);

// What an exhaustive image denies: of its concept, or of the classes that the source's labels are drawn from (`closed`:
// by source, closed_rows of its layer), those that the source does not mention, unless it has a region whose concept it
// leaves open.
struct Denied {
  uint32_t row;
  float confidence;
  uint16_t source;
};
std::vector<Denied> denied_by_exhaustiveness(const std::vector<Record>& records,
                                             const std::vector<std::vector<uint32_t>>& closed,
                                             const Concepts& concepts);

enum class Known : uint8_t { unsaid, unknown, candidate, soft, exists, neg, pos, contradicted };
const char* name_of(Known known);
// Of each row (of Concepts::row), from all records of one sample, the strongest of what follows from them.  A region's
// POS is one of its image.
std::vector<Known> what_is_known(const std::vector<Record>& records, const Concepts& concepts,
                                 const std::vector<std::vector<uint32_t>>& closed = {});
std::vector<uint32_t> closed_rows(const Vocabulary& vocabulary);

// A view of an upright picture: the map to it, its size, and the picture's.
struct ViewFrame {
  Affine upright_to_view;
  int width = 0, height = 0;
  double picture_width = 0, picture_height = 0;
  double kept_share = 0.1;  // of a region's area; a region of which less is to be seen is not said of the view
};
// Statements about the view, in its pixels, each once and sorted (each_once); masks have its size.
// Regions are clipped, and kTruncated where that took something away; a turned box becomes the box around it.  Where
// too little is to be seen the rest is UNKNOWN, so that a crop of an exhaustively labelled picture, which is exhaustive
// too, never denies what was cut off; for the same reason a point or a scribble that lies outside, whose object may
// reach in, leaves UNKNOWN of the image behind.  Of NEG nothing is left then; but NEG of "*" (nothing of interest)
// holds of any piece.  A probability, a list or an EXISTS of a clipped region is not one of its piece: UNKNOWN.  Counts
// of a clipped region begin at 0.
//
// What is said of the image stays as it is where the view holds the whole picture.  Else NEG, UNKNOWN and exhaustive
// stay; COUNT begins at 0; POS and EXISTS become EXISTS, weighted by the share of the picture that is to be seen (the
// chance that a point of the picture is), with q unchanged; SOFT and CANDIDATES were of the whole: UNKNOWN.
//
// Where the view is mirrored, "left x" and "right x" change places if the vocabulary has both.  What is not said of the
// view any more, or only as UNKNOWN, goes as it was to `left_out` where the caller asks.
std::vector<Record> in_view(const std::vector<Record>& records, const ViewFrame& frame, const Vocabulary& vocabulary,
                            std::vector<Record>* left_out = nullptr);

// A keypoint is one sure pixel of a named part of its parent: q = 1 within r, unknown (w = 0) to 3 r, q = 0 elsewhere
// in the parent, and unknown outside it.  Pixels by their centres; the one that holds the point is always sure.
struct KeypointTargets {
  Rle positive, known;  // q = 1, and w = 1; the confidence of the record is a factor of w
};
KeypointTargets keypoint_targets(Point at, double radius, const Rle& parent);
// r = sqrt(area of the parent) sigma: COCO's sigma where the name ends in one of its parts ("left wrist"), else 0.05.
double keypoint_radius(const std::string& name, double parent_area);

}  // namespace weft
