// SPDX-License-Identifier: Apache-2.0
// Pairwise losses over a step of any size, tile by tile: memory O((B + tile) D + cells), never B x C, and exact
// gradients.  S_ij = scale <image_i, text_j> + bias.
//   softmax   r_i, c_j: log-sum-exp over row i, column j of S where w_ij > 0, a text counting `copies` times for a row.
//             m_ij = q_ij w_ij, R_i = sum_j m_ij, C_j = sum_i m_ij
//     images = sum over rows with R_i > 0 of a_i (r_i - sum_j (m_ij / R_i) S_ij),  texts = the same of columns
//     G_ij = a_i (exp(S_ij - r_i) - m_ij / R_i) + b_j (exp(S_ij - c_j) - m_ij / C_j)
//   sigmoid   sum_ij w_ij (softplus(S_ij) - q_ij S_ij),  G_ij = w_ij (sigmoid(S_ij) - q_ij)
//   dI = scale G T, dT = scale G^T I, d log_scale = sum_i <I_i, dI_i>, d bias = sum G (0 for a softmax)
// One block for all (V = 1) takes four products of B x C x D for a softmax and three for a sigmoid; several blocks one
// more, shared by the ranks, and no gradient of a feature travels.
#pragma once

#include "losses/loss.h"
#include "losses/pair_targets.h"

namespace weft {

// How much each image's and each text's term counts; zero without a positive.
struct TermWeights {
  std::vector<double> image, text;
};

// judgement.terms are {"images", "texts"}: sums of the terms times their weight, counts: sums of weights.  The gradient
// is that of factor * (images.sum / images.count + texts.sum / texts.count).
Judgement judge_softmax(const PairFeatures& features, const PairTargets& targets, const TermWeights& weights,
                        double factor, const PairBlocks& blocks, Comm& comm);

// judgement.terms has one sum; the gradient is that of factor * sum.
Judgement judge_sigmoid(const PairFeatures& features, const PairTargets& targets, double factor,
                        const PairBlocks& blocks, Comm& comm);

// m's sums over the images that can be judged, by image and by text.
struct Masses {
  std::vector<double> image, text;
};
Masses masses_of(const PairTargets& targets);

}  // namespace weft
