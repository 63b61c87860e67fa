// SPDX-License-Identifier: Apache-2.0
// Ranks as processes that mpirun started.
#pragma once

#include <memory>

#include "base/comm.h"
#include "base/error.h"

namespace weft {

// True where a launcher of MPI started this process (its variables are in the environment).
bool started_by_mpi();

// MPI_Init to MPI_Finalize.  A collective that takes longer than its deadline ends the run with Exit::peer_lost, naming
// rank and collective.
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

}  // namespace weft
