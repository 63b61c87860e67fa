// SPDX-License-Identifier: Apache-2.0
#include "launch/views.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/norm.h>

#include <algorithm>

#include "base/error.h"
#include "data/view.h"
#include "launch/shares.h"
#include "trainer/texts.h"

namespace weft {
namespace {

constexpr int64_t kAtOnce = 64;

}  // namespace

Tensor evaluation_views(const Store& store, const std::vector<uint32_t>& samples, const EvaluationShape& shape,
                        uint64_t background_seed) {
  const Tensor views = at::empty({static_cast<int64_t>(samples.size()), 3, shape.size, shape.size}, at::kByte);
  const int64_t bytes = int64_t{3} * shape.size * shape.size;
  uint8_t* out = views.data_ptr<uint8_t>();
  Bytes content;
  for (const uint32_t sample : samples) {
    const SampleInfo& info = store.info(sample);
    store.read_view(sample, info.views / 2, content);  // the middle slice of a volume
    Stream background = evaluation_background(info.uid, background_seed);
    in_context([&] { evaluation_view(info, content, shape, background, out); }, "reading sample ", sample, " (",
               info.key, ")");
    out += bytes;
  }
  return views;
}

Tensor of_views(const Store& store, const std::vector<uint32_t>& samples, const EvaluationShape& shape,
                uint64_t background_seed, Comm& comm, const std::function<Tensor(const Tensor& views)>& make) {
  const auto count = static_cast<int64_t>(samples.size());
  std::vector<Tensor> parts;
  for (const Range& rows : my_blocks(count, kAtOnce, comm)) {
    const std::vector<uint32_t> some(samples.begin() + rows.begin, samples.begin() + rows.end);
    parts.push_back(make(evaluation_views(store, some, shape, background_seed)));
  }
  return gather_blocks(parts, count, kAtOnce, comm);
}

Tensor embed_samples(const Model& model, const Store& store, const std::vector<uint32_t>& samples, Comm& comm) {
  at::NoGradGuard no_grad;
  return of_views(store, samples, {model.preprocess().image_size, model.preprocess().resize}, 0, comm,
                  [&](const Tensor& views) { return model.encode(views, Draws{}); });
}

Tensor embed_texts(const Model& model, const Tokenizer& tokenizer, const TextGroups& groups, Comm& comm) {
  at::NoGradGuard no_grad;
  size_t largest = 1;
  for (const auto& group : groups) largest = std::max(largest, group.size());
  const int64_t block = std::max<int64_t>(1, kAtOnce / static_cast<int64_t>(largest));
  std::vector<Tensor> parts;
  for (const Range& rows : my_blocks(static_cast<int64_t>(groups.size()), block, comm)) {
    Tokens tokens;
    for (int64_t g = rows.begin; g < rows.end; ++g)
      for (const std::string& text : groups[static_cast<size_t>(g)])
        tokens.push_back(tokenizer.encode(text, model.context(), model.text_form().pads_to_context));
    const Tensor texts_TD = embed_trimmed(model, tokens, {0, static_cast<int64_t>(tokens.size())}, Draws{});
    int64_t first = 0;
    for (int64_t g = rows.begin; g < rows.end; ++g) {
      const auto count = static_cast<int64_t>(groups[static_cast<size_t>(g)].size());
      Tensor mean = texts_TD.narrow(0, first, count);
      if (count > 1) mean = at::mean(mean, 0, true), mean = mean / at::norm(mean).clamp_min(1e-12);
      parts.push_back(std::move(mean));
      first += count;
    }
  }
  return gather_blocks(parts, static_cast<int64_t>(groups.size()), block, comm);
}

Tensor embed_texts(const Model& model, const Tokenizer& tokenizer, const std::vector<std::string>& texts, Comm& comm) {
  TextGroups groups;
  for (const std::string& text : texts) groups.push_back({text});
  return embed_texts(model, tokenizer, groups, comm);
}

}  // namespace weft
