// SPDX-License-Identifier: Apache-2.0
// What other projects call the tensors of our models.  Ours are the names of the project where a model comes from:
// open_clip's (and, inside it, timm's) of a two-tower model, segment-anything's of a segmenter.  transformers'
// CLIPModel, SiglipModel and SamModel have others: most are one to one, CLIP's two projections are transposed there, a
// stacked in_proj of one side is several tensors of the other, and SAM's Gaussian matrix is there twice.
#pragma once

#include <string>
#include <vector>

namespace weft {

enum class Naming { original, hugging_face };
extern const std::vector<std::string> kNamings;  // as the command line calls them, in that order

// Rows [first, first + count) of a tensor cut into `of` equal parts.
struct Rows {
  std::string name;
  int first = 0, count = 1, of = 1;
};
struct NameLink {
  Rows ours, theirs;
  bool transposed = false;
};

// What a tensor of ours is made of there; empty where it has no place there.  Where all of ours is linked more than
// once, each of theirs is a copy.
std::vector<NameLink> hugging_face_links(const std::string& our_name);

}  // namespace weft
