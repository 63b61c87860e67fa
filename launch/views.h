// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
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

// What `make` gives for the views of each few samples ([n, width]), shared out over ranks; every rank gets all rows.
Tensor of_views(const Store& store, const std::vector<uint32_t>& samples, const EvaluationShape& shape,
                uint64_t background_seed, Comm& comm, const std::function<Tensor(const Tensor& views)>& make);

// Embeddings on all ranks, in order, without a graph: of each sample [N, D]; of each group of texts [G, D], the mean of
// their unit embeddings, scaled to unit length (contrastive zero-shot's ensemble; Radford et al. 2021).
Tensor embed_samples(const Model& model, const Store& store, const std::vector<uint32_t>& samples, Comm& comm);
using TextGroups = std::vector<std::vector<std::string>>;
Tensor embed_texts(const Model& model, const Tokenizer& tokenizer, const TextGroups& groups, Comm& comm);
Tensor embed_texts(const Model& model, const Tokenizer& tokenizer, const std::vector<std::string>& texts, Comm& comm);

}  // namespace weft
