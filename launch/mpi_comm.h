// SPDX-License-Identifier: Apache-2.0
// Ranks as processes that mpirun, mpiexec or srun started.
#pragma once

#include <memory>
#include <string>

#include "base/comm.h"
#include "base/error.h"
#include "launch/launcher.h"

namespace weft {

// MPI_Init to MPI_Finalize.  A wait that outlives its deadline ends the run with Exit::peer_lost and says which ranks
// are missing from what.  Only the thread that made it may use it or its Comm.
class MpiSession {
 public:
  MpiSession();
  ~MpiSession();
  Comm& comm();
  void set_deadline(double seconds);
  int local_rank() const;   // among the ranks of this host
  int local_ranks() const;  // on this host
  // Ends every rank; never returns.
  [[noreturn]] void abort(Exit exit);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string mpi_version();

// MPI's own sum over all ranks, in place and in one call: what weft bench comm compares with.
void mpi_all_reduce(float* values, size_t count);

}  // namespace weft
