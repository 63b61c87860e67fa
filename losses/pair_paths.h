// SPDX-License-Identifier: Apache-2.0
// The loops over one row of a tile of cells, for each instruction set (losses/pair_paths.cc).  For tests; the engine
// takes the widest that this machine has.
#pragma once

#include <cstdint>
#include <span>

namespace weft {

// x[0 .. n) are the dot products of one image with n texts.  copies[j]: as how many columns text j counts for a row.
struct PairPath {
  const char* name;
  // The largest; -inf where there is none.  Passes over what is not a number.
  float (*largest)(const float* x, int64_t n);
  // With e_j = exp(scale (x_j - reference)): column_sums[j] += e_j; returns the sum of copies[j] e_j.
  double (*add_exp)(const float* x, int64_t n, float scale, float reference, const float* copies, float* column_sums);
  // x_j becomes exp(scale x_j - reference) (row copies[j] + column[j]).
  void (*softmax_shared)(float* x, int64_t n, float scale, float reference, float row, const float* copies,
                         const float* column);
  // The same without a common reference: row copies[j] exp(scale x_j - row_lse) + column[j] exp(scale x_j - lse[j]).
  void (*softmax_apart)(float* x, int64_t n, float scale, float row, float row_lse, const float* copies,
                        const float* column, const float* lse);
  // With s_j = scale x_j + bias: x_j becomes copies[j] sigmoid(s_j); *slope gets their sum; returns the sum of
  // copies[j] softplus(s_j).
  double (*sigmoid)(float* x, int64_t n, float scale, float bias, const float* copies, double* slope);
};

std::span<const PairPath> pair_paths();  // what this machine runs, the portable one first, the widest last

}  // namespace weft
