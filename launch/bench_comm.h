// SPDX-License-Identifier: Apache-2.0
// Collectives with a stopwatch.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/comm.h"
#include "base/files.h"
#include "configs/fields.h"
#include "trainer/predict.h"

namespace weft {

double median(std::vector<double> values);

// A barrier that all leave at about the same moment.
void start_together(Comm& comm);

// Runs body `repeats` times, each after prepare() and a common start; the median of what the slowest rank needed.
double median_of_slowest(Comm& comm, int64_t repeats, const std::function<void()>& prepare,
                         const std::function<void()>& body);

// One collective, measured at some sizes of its whole buffer.
struct Sweep {
  std::string name;
  std::vector<double> bytes, seconds;
  predict::Link link;  // the line through them
};

// reduce: pieces of gradients to their owners.  share: written leaves to all.  all_reduce: both, for gradients.
// all_gather and broadcast are the control exchanges.  MPI_Allreduce: MPI's own, where MPI started these ranks.
std::vector<std::string> collectives();
Sweep sweep(Comm& comm, const std::string& name, double most_bytes, int64_t repeats);

struct CommBench final : Settings {
  double most_mb = 84;
  int64_t repeats = 15;
  std::string json;
  void fields(Fields& visit) override;
  void run(Comm& comm) const;
};

}  // namespace weft
