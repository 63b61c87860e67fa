// SPDX-License-Identifier: Apache-2.0
#include "launch/probes.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "launch/shares.h"

namespace weft {

ProbeView::ProbeView(const Tensor& train_ND) : mean_D_(train_ND.mean(0)), scale_(1) {
  const double square = (train_ND - mean_D_).square().mean().item<double>();
  if (square > 0) scale_ = 1 / std::sqrt(square);  // else all are alike, and no scale tells them apart
}

Tensor ProbeView::of(const Tensor& feature_ND) const {
  return ((feature_ND - mean_D_) * scale_).contiguous();
}

std::vector<float> ClassProbe::probabilities(std::span<const float> features, int64_t classes) const {
  const std::vector<double> told = model.probabilities(features);
  std::vector<float> all(static_cast<size_t>(classes));
  for (size_t k = 0; k < told.size(); ++k) all[static_cast<size_t>(class_of[k])] = static_cast<float>(told[k]);
  return all;
}

ClassProbe best_probe(const Tensor& train_ND, const std::vector<int32_t>& classes,
                      const std::function<double(const ClassProbe& probe)>& score, Comm& comm) {
  const std::set<int32_t> present(classes.begin(), classes.end());
  check(present.size() >= 2, "a linear probe wants at least 2 classes among its training images; found ",
        present.size());
  const std::vector<int32_t> class_of(present.begin(), present.end());
  std::vector<int32_t> targets;
  for (const int32_t c : classes)
    targets.push_back(static_cast<int32_t>(std::lower_bound(class_of.begin(), class_of.end(), c) - class_of.begin()));
  const LogisticData data{numbers_of(train_ND), targets, train_ND.size(1), static_cast<int32_t>(class_of.size())};
  constexpr auto kCount = static_cast<int>(std::size(kProbeStrengths));
  ClassProbe mine;
  int mine_at = kCount;
  std::vector<double> scores(kCount);
  for (int s = comm.rank(); s < kCount; s += comm.size()) {
    ClassProbe probe{fit_logistic(data, {.strength = kProbeStrengths[s]}), class_of, kProbeStrengths[s]};
    if (!probe.model.converged) log_info("a probe of strength ", probe.strength, " stopped before it had converged");
    scores[static_cast<size_t>(s)] = probe.score = score(probe);
    if (mine_at < kCount && probe.score <= mine.score) continue;
    mine = std::move(probe), mine_at = s;
  }
  comm.all_reduce(std::span<double>(scores));
  const auto best = static_cast<int>(std::max_element(scores.begin(), scores.end()) - scores.begin());
  const int owner = best % comm.size();
  ClassProbe chosen{{.width = train_ND.size(1)}, class_of, kProbeStrengths[best], scores[static_cast<size_t>(best)]};
  chosen.model.weights.resize((class_of.size() == 2 ? 1 : class_of.size()) * static_cast<size_t>(train_ND.size(1) + 1));
  if (comm.rank() == owner) chosen.model = mine.model;
  comm.broadcast(chosen.model.weights.data(), chosen.model.weights.size() * sizeof(double), owner);
  return chosen;
}

Tensor rows_of(const Tensor& table_ND, const std::vector<int64_t>& places) {
  return at::index_select(table_ND, 0, at::tensor(places, at::kLong)).contiguous();
}

std::span<const float> row_of(const Tensor& table_ND, int64_t place) {
  return numbers_of(table_ND).subspan(static_cast<size_t>(place * table_ND.size(1)),
                                      static_cast<size_t>(table_ND.size(1)));
}

std::span<const float> numbers_of(const Tensor& table_ND) {
  WEFT_ASSERT(table_ND.is_contiguous() && table_ND.scalar_type() == at::kFloat);
  return {table_ND.data_ptr<float>(), static_cast<size_t>(table_ND.numel())};
}

}  // namespace weft
