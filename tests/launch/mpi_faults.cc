// SPDX-License-Identifier: Apache-2.0
// Ranks that go wrong on purpose: mpi_faults FAULT, run by tests/launch/mpi_faults_test with mpirun.
#include <csignal>
#include <cstdio>
#include <cstring>

#include "base/log.h"
#include "launch/mpi_comm.h"

namespace weft {
namespace {

void run(const std::string& fault, MpiSession& session) {
  Comm& comm = session.comm();
  const bool last = comm.rank() == comm.size() - 1;
  FlatLayout layout;
  layout.ranks = layout.virtual_ranks = comm.size();
  layout.unit = 64 * comm.size();
  layout.count = 4 * layout.unit;
  session.set_deadline(fault == "throws" ? 5 : 1);  // the abort is to come first, however slow mpirun is
  comm.tell("backward", 3, "emoji:7");
  comm.barrier();
  if (fault == "stopped") {
    if (last) std::raise(SIGSTOP);
    comm.barrier();
  } else if (fault == "stopped-in-sum") {
    const auto flats = comm.open_flats(layout, 4);
    if (last) std::raise(SIGSTOP);
    for (int bucket = 0; bucket < layout.buckets(); ++bucket) flats->reduce(bucket);
    flats->finish_reduce();
  } else if (fault == "stopped-before-memory") {
    if (last) std::raise(SIGSTOP);
    comm.open_flats(layout, 4);
  } else if (fault == "killed") {
    if (last) std::raise(SIGKILL);
    comm.barrier();
  } else if (fault == "other-collective") {
    uint32_t word = 0;
    last ? comm.broadcast(&word, sizeof word, 0) : comm.barrier();
  } else if (fault == "throws") {
    const auto flats = comm.open_flats(layout, 4);
    if (last) throw Error("the last rank has had enough", Exit::data_budget);
    comm.barrier();
  } else {
    fail("no fault \"", fault, "\"");
  }
}

}  // namespace
}  // namespace weft

int main(int, char** argv) {
  weft::MpiSession session;
  weft::log::bind_rank(session.comm().rank());
  try {
    weft::run(argv[1], session);
  } catch (const weft::Error& error) {
    weft::log::error(error.what());
    session.abort(error.exit());
  }
}
