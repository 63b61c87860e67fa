// SPDX-License-Identifier: Apache-2.0
#include "trainer/optimizer.h"

#include <algorithm>

#include "base/error.h"

namespace weft {

void OptimizerSettings::fields(Fields& visit) {
  visit("lr", lr, positive, "peak learning rate");
  visit("beta1", beta1, between(0, 0.999999), "decay of the first moment");
  visit("beta2", beta2, between(0, 0.999999), "decay of the second moment");
  visit("epsilon", epsilon, positive, "added to the root of the second moment");
  visit("weight_decay", weight_decay, non_negative, "decoupled decay of matrices; vectors and scalars have none");
  visit("no_decay", no_decay, not_empty, "further parameters without decay, as globs over names");
  visit("layer_decay", layer_decay, between(1e-3, 1),
        "the learning rate of a layer is this times that of the layer above it (1: the same for all)");
  visit("lr_scales", lr_scales, not_empty, "factors on the learning rate as \"glob=factor\"; all that match multiply");
  visit("frozen", frozen, not_empty, "parameters that are not trained, as globs over names");
  visit("clip_norm", clip_norm, non_negative, "largest global gradient norm (0: no clipping)");
  visit("ema", ema, between(0, 0.999999), "decay of a moving average of the weights, used for evaluation (0: none)");
}

std::vector<ParameterGroup> group_parameters(ParameterSet& set, const OptimizerSettings& settings) {
  const std::vector<ParameterGroup> groups = groups_of(set, settings.groups());
  for (size_t i = 0; i < groups.size(); ++i) set.all()[i].trains = !groups[i].frozen;
  return groups;
}

AdamW::AdamW(FlatParameters& flat, const OptimizerSettings& settings, const std::vector<ParameterGroup>& groups)
    : flat_(flat), settings_(settings), segments_(static_cast<size_t>(flat.layout().buckets())) {
  const FlatLayout& layout = flat.layout();
  WEFT_ASSERT(groups.size() == flat.seats().size());
  for (size_t i = 0; i < groups.size(); ++i) {
    const FlatParameters::Seat& seat = flat.seats()[groups.size() - 1 - i];  // seats go backwards
    if (groups[i].frozen) continue;
    const int64_t seat_end = (seat.offset + seat.count + FlatLayout::kPad - 1) / FlatLayout::kPad * FlatLayout::kPad;
    for (int64_t unit = seat.offset / layout.unit; unit * layout.unit < seat_end; ++unit) {
      const Range piece = layout.piece(unit, flat.rank());
      const int64_t begin = std::max(piece.begin, seat.offset), end = std::min(piece.end, seat_end);
      if (begin < end)
        segments_[static_cast<size_t>(layout.bucket_of(begin))].push_back(
            {begin, end - begin, groups[i].lr_scale, groups[i].weight_decay, seat.count == 1});
    }
  }
}

AdamWJob AdamW::job_of(const Segment& s, double lr, double gradient_factor, int64_t updates) {
  const int64_t at = s.offset;
  const bool narrow = flat_.precision() == Precision::bf16;
  AdamWSpan span;
  span.master = flat_.owned(State::master, at);
  span.gradient = flat_.gradient() + at;
  span.moment1 = flat_.owned(State::moment1, at);
  span.moment2 = flat_.owned(State::moment2, at);
  span.ema = flat_.has(State::ema) ? flat_.owned(State::ema, at) : nullptr;
  span.leaf_bf16 = narrow && !s.is_scalar ? flat_.leaf_bf16(at) : nullptr;
  span.count = s.count;
  AdamWFactors factors{lr * s.lr_scale, settings_.beta1, settings_.beta2, settings_.epsilon, s.weight_decay};
  factors.gradient_factor = gradient_factor;
  // Young averages follow faster, so that the first weights are soon forgotten.
  const auto age = static_cast<double>(updates);
  factors.ema_decay = std::min(settings_.ema, (1 + age) / (10 + age));
  factors.updates = updates;
  return {span, factors};
}

void AdamW::step(double lr, double gradient_norm, int64_t updates, const std::function<void(int)>& written) {
  const bool clips = settings_.clip_norm > 0 && gradient_norm > settings_.clip_norm;
  const double factor = clips ? settings_.clip_norm / gradient_norm : 1;
  for (int bucket = flat_.layout().buckets() - 1; bucket >= 0; --bucket) {
    const std::vector<Segment>& segments = segments_[static_cast<size_t>(bucket)];
    std::vector<AdamWJob> jobs;
    for (const Segment& segment : segments) jobs.push_back(job_of(segment, lr, factor, updates));
    adamw(flat_.device(), jobs);
    for (const Segment& segment : segments)
      if (segment.is_scalar) flat_.refresh_leaves(segment.offset, segment.offset + segment.count);
    written(bucket);
  }
}

std::vector<double> owned_squares(FlatParameters& flat) {
  const FlatLayout& layout = flat.layout();
  return sums_of_squares(flat.device(), {.first = flat.gradient() + layout.piece(0, flat.rank()).begin,
                                         .rows = layout.units(),
                                         .row_stride = layout.unit,
                                         .columns = layout.virtual_ranks / layout.ranks,
                                         .count = layout.unit / layout.virtual_ranks});
}

double add_squares(const FlatLayout& layout, const std::vector<std::vector<double>>& by_rank) {
  const auto each = static_cast<size_t>(layout.virtual_ranks / layout.ranks);
  double sum = 0;
  for (size_t unit = 0; unit < static_cast<size_t>(layout.units()); ++unit)
    for (const std::vector<double>& rank : by_rank)
      for (size_t j = 0; j < each; ++j) sum += rank[unit * each + j];
  return sum;
}

}  // namespace weft
