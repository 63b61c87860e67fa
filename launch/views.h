// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/comm.h"
#include "base/tensor.h"
#include "data/store.h"
#include "data/tokenizer.h"
#include "models/model.h"

namespace weft {

// Evaluation views of samples, u8 [N, 3, size, size].  Backgrounds of images with alpha come from the stream
// (background_seed, Purpose::background, 0, uid), so that every model sees the same picture of a sample.
Tensor evaluation_views(const Store& store, const std::vector<uint32_t>& samples, const EvaluationShape& shape,
                        uint64_t background_seed = 0);

// Embeddings on all ranks, in order: [N, D] and [T, D], without a graph.
Tensor embed_samples(const Model& model, const Store& store, const std::vector<uint32_t>& samples, Comm& comm);
Tensor embed_texts(const Model& model, const Tokenizer& tokenizer, const std::vector<std::string>& texts, Comm& comm);

}  // namespace weft
