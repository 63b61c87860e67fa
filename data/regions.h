// SPDX-License-Identifier: Apache-2.0
// Counterfactual regions: what a network learns objectness from.  Each is made from true masks and comes with the kind
// that it has by construction.  M: the object's mask, A its area, b its box.
//   fragment  M cut by a line through a pixel of it, the side of 25-75 % of A         not an object
//   hole      M without a blob of 20-50 % of A that touches the inside only           not an object
//   merge     M with a region that touches it, or with all within 0.15-0.3 sqrt(A)    not an object
//   shift     M moved by 0.3-0.7 of b                                                not an object
//   stuff     a connected piece of 10-60 % of a stuff region                          stuff
//   transplant  M with its pixels on another picture                                  object
//   shuffle   the pixels of M's box permuted as a 3x3 grid                            object: not; stuff: stays stuff
// A rule that fails is drawn again, kRegionTries times; then nothing is made.  A region of unknown kind may lend
// fragment, hole and merge only, against itself: "coherent", never "object".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "data/prompts/prompt.h"

namespace weft {

enum class Counterfactual { fragment, hole, merge, shift, stuff_piece, transplant, shuffle_object, shuffle_stuff };
const char* name_of(Counterfactual kind);

using Region = std::vector<uint8_t>;  // one byte a pixel, 0 or 1, row-major; unknown pixels are in none

constexpr int kRegionTries = 16;
constexpr double kSameRegion = 0.7;  // a fragment, hole or merge of this IoU with something labelled may be that
constexpr double kNearRegion = 0.3;  // a shift of this IoU may still be the object
constexpr float kUnsaid = -1;

struct MadeRegion {
  Counterfactual kind = Counterfactual::fragment;
  Region inside;
  float object = 0, stuff = kUnsaid;  // q: is it an object, is it stuff
};

// `others`: everything else that is labelled in the view, objects and parts, each of the view's size.
std::optional<MadeRegion> make_fragment(const MaskView& object, std::span<const MaskView> others, Stream& stream);
std::optional<MadeRegion> make_hole(const MaskView& object, std::span<const MaskView> others, Stream& stream);
std::optional<MadeRegion> make_merge(const MaskView& object, std::span<const MaskView> others, Stream& stream);
// At least half of it stays in the view and is known.
std::optional<MadeRegion> make_shift(const MaskView& object, std::span<const MaskView> others, Stream& stream);
std::optional<MadeRegion> make_stuff_piece(const MaskView& stuff, Stream& stream);

// These two change pixels: three planes of bytes, each of the view's size.
// The object with its pixels of `from` on the picture `onto`, wholly inside it: its edge fades over two pixels, its
// colours are multiplied by U(0.8, 1.2) and moved by U(-16, 16), plane by plane; none of `onto_objects` loses more than
// half of its pixels.
std::optional<MadeRegion> transplant(const MaskView& object, const uint8_t* from, uint8_t* onto,
                                     std::span<const MaskView> onto_objects, Stream& stream);
// The pixels of the region's box as a 3x3 grid of equal cells, permuted; a pixel is replaced where it and its
// substitute are both in the region, and at least half of the region's pixels are.  The region is what it was, its
// pixels are not.
std::optional<MadeRegion> shuffle_pixels(const MaskView& region, bool is_stuff, uint8_t* pixels, Stream& stream);

}  // namespace weft
