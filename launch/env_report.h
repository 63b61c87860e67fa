// SPDX-License-Identifier: Apache-2.0
// With what a run was made: versions, processor, memory, ranks.  Goes to env.json of every run folder and heads the
// doctor's table.  Nothing in it names a host, a user or a path.
#pragma once

#include <string>
#include <vector>

namespace weft {

struct Environment {
  std::string weft, libtorch, mpi, hdf5, hdf5_headers, compiler;
  std::string cpu;
  std::vector<std::string> cpu_flags;  // of those that choose LibTorch's kernels and precision
  int cores = 0;                       // of the host
  int cores_allowed = 0;               // that this process may run on; a launcher that binds ranks gives it fewer
  double memory_gib = 0;
  int gpus = 0;                // that LibTorch can use
  bool nvidia_driver = false;  // whether or not LibTorch can use it
};

Environment read_environment();

// Environment, ranks and threads per rank as an indented JSON object.
std::string env_json(int ranks, int threads_per_rank);

}  // namespace weft
