// SPDX-License-Identifier: Apache-2.0
#include "trainer/predict.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace weft::predict {

double transfer_seconds(const Link& link, int ranks, double bytes, double passes) {
  if (ranks == 1) return 0;
  return link.latency + passes * (ranks - 1) / ranks * bytes / link.bandwidth;
}

std::vector<double> ends_of(std::span<const double> ready, std::span<const double> seconds) {
  std::vector<double> ends;
  double end = 0;
  for (size_t i = 0; i < ready.size(); ++i) ends.push_back(end = std::max(end, ready[i]) + seconds[i]);
  return ends;
}

double mean_of_largest(int ranks) {
  // The integral of 1 - P(x)^n - P(-x)^n over x > 0, P the normal distribution.
  constexpr double kStep = 1e-3, kEnd = 8;
  double sum = 0;
  for (double x = kStep / 2; x < kEnd; x += kStep) {
    const double below = std::erfc(-x / std::sqrt(2)) / 2;
    sum += kStep * (1 - std::pow(below, ranks) - std::pow(1 - below, ranks));
  }
  return sum;
}

namespace {

// What of the transfers ends after the backward: bucket i is ready when i / K of the last micro-batch's backward is
// done.
double exposed_by_backward(const Step& s, double backward, double transfer) {
  const auto buckets = static_cast<size_t>(s.buckets);
  const double window = backward / s.accumulation;
  std::vector<double> ready;
  for (size_t i = 1; i <= buckets; ++i) ready.push_back(backward - window + window * double(i) / double(buckets));
  return std::max(0.0, ends_of(ready, std::vector(buckets, transfer)).back() - backward);
}

// How much later the forward ends because its i-th part waits for the i-th bucket of weights.
double exposed_by_forward(const Step& s, double forward, double transfer) {
  const auto buckets = static_cast<size_t>(s.buckets);
  const double window = forward / s.accumulation;
  const std::vector<double> arrived = ends_of(std::vector(buckets, 0.0), std::vector(buckets, transfer));
  return ends_of(arrived, std::vector(buckets, window / double(buckets))).back() - window;
}

}  // namespace

Prediction predict_step(const Step& s) {
  check(s.ranks >= 1 && s.buckets >= 1 && s.accumulation >= 1,
        "a prediction wants at least one rank, bucket and micro-batch; found ", s.ranks, ", ", s.buckets, " and ",
        s.accumulation);
  const bool sharded = s.optimizer == Optimizer::sharded;
  const double computing = s.compute_seconds * (1 + s.jitter * mean_of_largest(s.ranks));
  const double forward = s.forward_share * computing;
  const double reduce =
      transfer_seconds(s.reduce, s.ranks, s.parameters / s.buckets * s.gradient_bytes, sharded ? 1 : 2);
  const double gather = sharded ? transfer_seconds(s.gather, s.ranks, s.parameters / s.buckets * s.leaf_bytes, 1) : 0;

  Prediction p;
  p.exposed = exposed_by_backward(s, computing - forward, reduce) + exposed_by_forward(s, forward, gather);
  p.hidden = std::max(0.0, s.buckets * (reduce + gather) - p.exposed);
  p.compute = computing + s.stolen * p.hidden;
  const double updated = s.parameters / (sharded ? s.ranks : 1);
  p.optimizer = std::max(s.optimizer_floor, s.optimizer_bytes * updated / s.memory_bandwidth);
  if (s.ranks > 1)
    p.control = s.control_exchanges * s.control.latency + s.gathered_bytes * (s.ranks - 1) / s.control.bandwidth;
  p.step = p.compute + p.exposed + p.optimizer + p.control;
  p.efficiency = s.compute_seconds / p.step;
  return p;
}

double unfused_optimizer_floor(int tensors) {
  return tensors * 9 * 5e-6;
}

double least_images_to_hide(double flops, double tokens, double bandwidth, double gradient_bytes) {
  // 2 passes of P g bytes against the backward, two thirds of 6 P T FLOP an image.
  return 2 * gradient_bytes / 4 * flops / (tokens * bandwidth);
}

Link fit(std::span<const Timing> timings) {
  check(timings.size() >= 2, "a line wants two or more timings; found ", timings.size());
  // Weighted least squares, weighted again and again by the inverse of the deviation it left.
  std::vector<double> weights;
  for (const Timing& t : timings) weights.push_back(1 / (t.seconds * t.seconds));
  double latency = 0, per_byte = 0;
  for (int round = 0; round < 50; ++round) {
    double w = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (size_t i = 0; i < timings.size(); ++i) {
      const auto [bytes, seconds] = timings[i];
      w += weights[i], x += weights[i] * bytes, y += weights[i] * seconds;
      xx += weights[i] * bytes * bytes, xy += weights[i] * bytes * seconds;
    }
    per_byte = std::max(0.0, (w * xy - x * y) / (w * xx - x * x));
    latency = (y - per_byte * x) / w;
    if (latency < 0) latency = 0, per_byte = xy / xx;
    for (size_t i = 0; i < timings.size(); ++i) {
      const auto [bytes, seconds] = timings[i];
      const double deviation = std::abs(latency + per_byte * bytes - seconds);
      weights[i] = 1 / (seconds * std::max(deviation, 1e-4 * seconds));
    }
  }
  return {latency, per_byte > 0 ? 1 / per_byte : kInfinite};
}

}  // namespace weft::predict
