// SPDX-License-Identifier: Apache-2.0
#include "trainer/texts.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <numeric>

namespace weft {
namespace {

// A run of texts ends where the next is longer than this: at most a third of what is computed is padding.
size_t longest_beside(size_t shortest) {
  return shortest + std::max<size_t>(1, shortest / 2);
}

TextIds ids_of(const Tokens& tokens, const std::vector<int64_t>& which) {
  size_t longest = 1;
  for (const int64_t t : which) longest = std::max(longest, tokens[static_cast<size_t>(t)].size());
  const auto count = static_cast<int64_t>(which.size()), length = static_cast<int64_t>(longest);
  TextIds texts{at::zeros({count, length}, at::kLong), at::zeros({count}, at::kLong)};
  int64_t* ids = texts.ids_TL.data_ptr<int64_t>();
  int64_t* last = texts.last_T.data_ptr<int64_t>();
  for (const int64_t t : which) {
    const std::vector<int32_t>& text = tokens[static_cast<size_t>(t)];
    std::copy(text.begin(), text.end(), ids);
    *last++ = static_cast<int64_t>(text.size()) - 1;
    ids += length;
  }
  return texts;
}

}  // namespace

TextIds text_ids(const Tokens& tokens, Range range) {
  std::vector<int64_t> which(static_cast<size_t>(range.size()));
  std::iota(which.begin(), which.end(), range.begin);
  return ids_of(tokens, which);
}

Tensor embed_trimmed(const Model& model, const Tokens& tokens, Range range, const Draws& draws) {
  const auto length = [&](int64_t t) { return tokens[static_cast<size_t>(t)].size(); };
  std::vector<int64_t> order(static_cast<size_t>(range.size()));
  std::iota(order.begin(), order.end(), range.begin);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return length(a) < length(b); });
  const at::Device device = model.logit_scale().value.device();
  std::vector<Tensor> parts;
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && length(order[end]) <= longest_beside(length(order[begin]))) ++end;
    const std::vector<int64_t> which(order.begin() + static_cast<int64_t>(begin),
                                     order.begin() + static_cast<int64_t>(end));
    const TextIds ids = ids_of(tokens, which);
    Draws drawn = draws;
    for (const int64_t t : which) drawn.rows.push_back(t - range.begin);
    parts.push_back(model.embed({ids.ids_TL.to(device), ids.last_T.to(device)}, drawn));
    begin = end;
  }
  std::vector<int64_t> place(order.size());
  for (size_t i = 0; i < order.size(); ++i)
    place[static_cast<size_t>(order[i] - range.begin)] = static_cast<int64_t>(i);
  return at::index_select(at::cat(parts, 0), 0, at::tensor(place, at::kLong).to(device));
}

}  // namespace weft
