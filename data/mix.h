// SPDX-License-Identifier: Apache-2.0
// Two views become one, with what is said of them: copy-paste (Ghiasi et al., CVPR 2021), CutMix (Yun et al., ICCV
// 2019), ClassMix (Olsson et al., WACV 2021), MixUp (Zhang et al., ICLR 2018).  Pure functions.  A statement about a
// whole picture holds for the part of it that is still seen:
//   POS, SOFT, EXISTS     EXISTS in the view, or, by the rule "area", SOFT of the visible share
//   NEG, COUNT, EXHAUSTIVE   the same of the visible part as a mask (COUNT from 0); UNKNOWN stays; CANDIDATES are
//   dropped
// Regions lose what is covered; those of which too little is left are dropped, and points that are covered.
#pragma once

#include <span>
#include <vector>

#include "base/random.h"
#include "configs/fields.h"
#include "data/evidence.h"
#include "data/geometry.h"

namespace weft {

struct MixSettings : Settings {
  // Probabilities that a picture of a step is mixed with another one, in these ways; at most one of them happens.
  double copy_paste = 0, cut_mix = 0, class_mix = 0, mix_up = 0;
  double cut_area_min = 0.02, cut_area_max = 0.4;
  double mix_up_alpha = 0.4;
  double least_visible = 0.1;     // share of a region, or of a picture, below which nothing is said of it any more
  std::string global = "exists";  // or "area"
  int64_t feather = 1;            // pixels over which a pasted object's edge fades
  void fields(Fields& visit) override;
  bool any() const { return copy_paste + cut_mix + class_mix + mix_up > 0; }
};

struct MixedView {
  int size = 0;
  std::vector<uint8_t> pixels;  // three planes
  std::vector<uint8_t> known;   // size * size: 1 where a picture is seen
  std::vector<Record> records;  // in the view's coordinates
};

// 1 where `from` is seen, size * size.
using PasteMask = std::vector<uint8_t>;

// Objects of `from` (indices of its records of scope mask) over `onto`.  Their parts and points come along; what is
// said of all of `from` does not.
MixedView copy_paste(const MixedView& onto, const MixedView& from, std::span<const size_t> objects,
                     const MixSettings& settings);
// Half of the concepts of `from`'s masks, drawn at random, all their pixels; edges stay hard.
MixedView class_mix(const MixedView& onto, const MixedView& from, Stream& stream, const MixSettings& settings);
// A rectangle of `from` at the same place.
MixedView cut_mix(const MixedView& onto, const MixedView& from, const Box& part, const MixSettings& settings);
// share * a + (1 - share) * b.  Of a concept q is share * q(a) + (1 - share) * q(b), 0 where only one picture's q is
// said and positive, as the paper's one-hot labels have it; regions keep theirs times the share.  Other kinds are
// dropped.
MixedView mix_up(const MixedView& a, const MixedView& b, double share);

// Area uniform in the given shares, ratio log-uniform in [0.3, 1 / 0.3] (UniMatch's), whole pixels.
Box draw_cut(int size, double area_min, double area_max, Stream& stream);
double draw_share(double alpha, Stream& stream);  // Beta(alpha, alpha), the larger of it and what is left

// mix_records.cc: what is left of records where `hidden` (1: covered) lies over their view.  Image-scope statements are
// localised as said above; `area` makes SOFT of them.
std::vector<Record> visible_records(const std::vector<Record>& records, const PasteMask& hidden, int size,
                                    const MixSettings& settings);
// Image-scope q of both pictures by their shares; each concept once.
std::vector<Record> blended_globals(const std::vector<Record>& a, double share_a, const std::vector<Record>& b,
                                    double share_b);
// Appends, with ids that `records` does not use.
void append_renumbered(std::vector<Record>& records, std::vector<Record> others);

}  // namespace weft
