// SPDX-License-Identifier: Apache-2.0
// What other projects call the tensors of a two-tower model.  Ours are open_clip's names (and, inside it, timm's).
// transformers' CLIPModel and SiglipModel have others: most are one to one, CLIP's two projections are transposed
// there, and a stacked in_proj of one side is several tensors of the other.
#pragma once

#include <string>
#include <vector>

namespace weft {

enum class Naming { open_clip, hugging_face };
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

// What a tensor of ours is made of there; empty where it has no place there.
std::vector<NameLink> hugging_face_links(const std::string& our_name);

}  // namespace weft
