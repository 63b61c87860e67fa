// SPDX-License-Identifier: Apache-2.0
// One evidence layer under judgement: which texts, what is true, and the figures of any score matrix over them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/tensor.h"
#include "data/store.h"
#include "losses/metrics/retrieval.h"

namespace weft {

struct JudgedLayer {
  std::string name;
  std::vector<uint32_t> rows;  // of the store's vocabulary: texts said POS of a gallery image in this layer
  std::vector<std::string> texts;
  std::vector<TruePair> truth;  // in any layer: true is true
};

// With `train` not empty, only texts that are said of one of those samples, too.
JudgedLayer judged_layer(const Store& store, const std::string& layer, const std::vector<uint32_t>& gallery,
                         const std::vector<uint32_t>& train);

// Which columns of `layer` are true of each sample.
std::vector<std::vector<int64_t>> true_columns(const Store& store, const JudgedLayer& layer,
                                               const std::vector<uint32_t>& samples);

Retrieval judge(const JudgedLayer& layer, const Tensor& scores_NT);

// The best images of the texts that are true of most images, with their pictures.
nlohmann::ordered_json galleries_of(const JudgedLayer& layer, const Tensor& scores_NT, const Tensor& views,
                                    const Store& store, const std::vector<uint32_t>& gallery, int64_t texts,
                                    int64_t images);

}  // namespace weft
