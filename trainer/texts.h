// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/comm.h"
#include "models/model.h"

namespace weft {

using Tokens = std::vector<std::vector<int32_t>>;

// Ids of texts [range.begin, range.end), padded on the right to the longest of them.
TextIds text_ids(const Tokens& tokens, Range range);

// Embeddings of these texts, in their order, [range.size(), D].  Texts of about equal length are encoded together, so
// that little padding is computed; under a causal mask the result is that of the padded form.  draws.first is the place
// of the first of them.
Tensor embed_trimmed(const Model& model, const Tokens& tokens, Range range, const Draws& draws);

}  // namespace weft
