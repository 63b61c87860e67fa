// SPDX-License-Identifier: Apache-2.0
// What a training step takes, from what its parts take: pure functions of a few measured or published numbers. Seconds,
// bytes, bytes a second.
//   Tstep = Tc (1 + jitter of the slowest rank) + stolen * hidden + exposed + Topt + control
// Transfers follow nccl-tests: n ranks that pass S bytes need latency + passes (n - 1) / n S / bandwidth, with 2 passes
// in an all-reduce, 1 in a reduce-scatter or all-gather.  Buckets leave one after another while the backward goes on,
// and weights come bucket by bucket under the next forward; what does not fit beside them is exposed.
#pragma once

#include <limits>
#include <span>
#include <vector>

namespace weft::predict {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

struct Link {
  double latency = 0;            // of one collective
  double bandwidth = kInfinite;  // bus bandwidth of one rank
};

double transfer_seconds(const Link& link, int ranks, double bytes, double passes);

// ZeRO-1: gradients are reduce-scattered, a rank updates its share and weights are gathered under the next forward.
// Replicated: gradients are all-reduced under the backward and every rank updates everything.
enum class Optimizer { sharded, replicated };

struct Step {
  int ranks = 1;
  double parameters = 0;
  // Forward and backward of a rank's share, while its neighbours compute as well; F FLOP a sample: k b F / (eta peak).
  double compute_seconds = 0;
  double forward_share = 1.0 / 3;
  int accumulation = 1;  // micro-batches: gradients leave in the last one's backward, weights are awaited by the first
  double jitter = 0;     // standard deviation of a rank's compute_seconds, as a share of it; the slowest rank counts

  Optimizer optimizer = Optimizer::sharded;
  int buckets = 8;
  double gradient_bytes = 4;  // of a number that is summed
  double leaf_bytes = 4;      // of a number that is gathered; 0 where ranks share one memory
  Link reduce, gather;        // of gradients and of weights
  // Of the time of transfers under the computation, the share that the computation loses: 0 for a network card that
  // does it all, the share of multiprocessors that NCCL takes, 1 where the core that computes also adds the gradients.
  double stolen = 0;

  double memory_bandwidth = kInfinite;  // of a rank
  double optimizer_bytes = 30;          // moved for each number that is updated
  double optimizer_floor = 0;           // what an update takes at least, however few its numbers

  // Under nothing: control exchanges, and what a contrastive loss gathers of every rank, in bytes of one rank.
  Link control;
  int control_exchanges = 2;
  double gathered_bytes = 0;
};

struct Prediction {
  double compute = 0;              // with the slowest rank's delay and what transfers steal
  double hidden = 0, exposed = 0;  // transfers, under the computation or not
  double optimizer = 0;
  double control = 0;
  double step = 0;        // compute + exposed + optimizer + control
  double efficiency = 0;  // compute_seconds / step
};

Prediction predict_step(const Step& step);

// When each transfer ends: transfer i starts at ready[i], or at the end of the one before it.
std::vector<double> ends_of(std::span<const double> ready, std::span<const double> seconds);

// The mean of the largest of `ranks` normal numbers, in standard deviations.
double mean_of_largest(int ranks);

// torch::optim::AdamW launches 9 kernels of about 5 us for each tensor: the floor of its update.
double unfused_optimizer_floor(int tensors);

// The images of a rank (of `tokens` tokens, over all micro-batches) from which on an all-reduce fits under the backward
// of a transformer: b k > eta peak / (T B) for gradients of 2 bytes.  The parameters cancel.
double least_images_to_hide(double flops, double tokens, double bandwidth, double gradient_bytes);

// The line latency + bytes / bandwidth through measured times, with the least sum of relative deviations, so that one
// disturbed time does not count and small transfers count as much as large ones.  bytes: as the bus counts them,
// passes (n - 1) / n S.
struct Timing {
  double bytes, seconds;
};
Link fit(std::span<const Timing> timings);

}  // namespace weft::predict
