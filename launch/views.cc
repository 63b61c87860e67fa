// SPDX-License-Identifier: Apache-2.0
#include "launch/views.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

#include "base/error.h"
#include "data/loader.h"
#include "data/view.h"
#include "trainer/gather.h"
#include "trainer/texts.h"

namespace weft {
namespace {

constexpr int64_t kAtOnce = 64;

}  // namespace

Tensor evaluation_views(const Store& store, const std::vector<uint32_t>& samples, int size, uint64_t background_seed) {
  const Tensor views = at::empty({static_cast<int64_t>(samples.size()), 3, size, size}, at::kByte);
  const int64_t bytes = int64_t{3} * size * size;
  uint8_t* out = views.data_ptr<uint8_t>();
  Bytes content;
  for (const uint32_t sample : samples) {
    const SampleInfo& info = store.info(sample);
    store.read(sample, content);
    const Image image =
        in_context([&] { return decode_sample(info, content, size); }, "reading sample ", sample, " (", info.key, ")");
    Stream background = evaluation_background(info.uid, background_seed);
    evaluation_view(image, size, background, out);
    out += bytes;
  }
  return views;
}

Tensor embed_samples(const Model& model, const Store& store, const std::vector<uint32_t>& samples, Comm& comm) {
  at::NoGradGuard no_grad;
  const auto count = static_cast<int64_t>(samples.size());
  const Range mine = share_of(count, comm.rank(), comm.size());
  std::vector<Tensor> parts;
  for (int64_t i = mine.begin; i < mine.end; i += kAtOnce) {
    const std::vector<uint32_t> some(samples.begin() + i, samples.begin() + std::min(mine.end, i + kAtOnce));
    parts.push_back(model.encode(evaluation_views(store, some, model.preprocess().image_size), Draws{}));
  }
  check(!parts.empty(), "there are ", comm.size(), " ranks but only ", count, " images to evaluate");
  return gather_rows(at::cat(parts, 0), count, comm);
}

Tensor embed_texts(const Model& model, const Tokenizer& tokenizer, const std::vector<std::string>& texts, Comm& comm) {
  at::NoGradGuard no_grad;
  std::vector<std::vector<int32_t>> tokens;
  for (const std::string& text : texts) tokens.push_back(tokenizer.encode(text, model.context()));
  const auto count = static_cast<int64_t>(texts.size());
  const Range mine = share_of(count, comm.rank(), comm.size());
  std::vector<Tensor> parts;
  for (int64_t i = mine.begin; i < mine.end; i += kAtOnce)
    parts.push_back(embed_trimmed(model, tokens, {i, std::min(mine.end, i + kAtOnce)}, Draws{}));
  check(!parts.empty(), "there are ", comm.size(), " ranks but only ", count, " texts to evaluate");
  return gather_rows(at::cat(parts, 0), count, comm);
}

}  // namespace weft
