// SPDX-License-Identifier: Apache-2.0
// Who started this process, by its environment: nobody, mpirun, mpiexec or srun.
#pragma once

namespace weft {

// True where a launcher of MPI started this process.  Throws Error where srun started several ranks that cannot find
// each other.
bool started_by_mpi();

// Throws Error where the launcher started more ranks than MPI knows: that many runs of one rank, each of which would
// write into the same folder.
void check_world_size(int ranks);

// Where mpirun or its helper started this process and still lives after so many seconds, it is killed: it waits for
// ever for a host that it cannot reach, and the job with it.
void end_launcher_after(int seconds);

}  // namespace weft
