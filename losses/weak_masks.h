// SPDX-License-Identifier: Apache-2.0
// What boxes and scribbles say of a mask, judged at the resolution of its logits: a cell stands for several pixels.
//   box (BoxInst, Tian et al., arXiv 2012.02310): the mask reaches as far as the box does, and neighbours of like
//   colour are of one kind; edge (i, j): j is 2 cells away along a row, a column or a diagonal, and exp(-|Lab_i -
//   Lab_j| / 2)
//   >= 0.3
//     projection = D(max_y p, b_x) + D(max_x p, b_y), D(x, y) = 1 - 2 sum xy / (sum x^2 + sum y^2 + 1e-5)
//     pairwise   = mean over edges whose i is in the box of -log(p_i p_j + (1 - p_i) (1 - p_j))
//   gated CRF (Obukhov et al., arXiv 1906.04651), radius 5, sigma_xy 6 cells, sigma_rgb 0.1:
//     crf = sum_ij k_ij (p_i (1 - p_j) + (1 - p_i) p_j) / cells, k_ij = exp(-|x_i - x_j|^2 / 2 sigma_xy^2 - |I_i -
//     I_j|^2 / 2 sigma_rgb^2)
// An edge to what is not of the image (valid = 0, or beyond its border) does not exist.
#pragma once

#include "base/tensor.h"

namespace weft {

struct ViewSize {
  int64_t height, width;
};

// Boxes in pixels of the view; b is the share of a column (row) of cells that the box covers.
Tensor box_projection(const Tensor& logits_PMhw, const Tensor& box_P4, const ViewSize& view);

// What is known of cells, f32: their mean colour, and which are wholly of the image.
struct Cells {
  Tensor colour_PChw, valid_Phw;
};
// pixels f32 in [0, 1] or u8; valid undefined where all are.
Cells cells_of(const Tensor& pixels_PCHW, const Tensor& valid_PHW, int64_t height, int64_t width);

Tensor pairwise(const Tensor& logits_Phw, const Cells& cells, const Tensor& box_P4, const ViewSize& view);
Tensor gated_crf(const Tensor& logits_Phw, const Cells& cells);

// CIE L*a*b* (D65) of sRGB in [0, 1]; of one colour, of grey.
Tensor lab_of(const Tensor& colour_PChw);

}  // namespace weft
