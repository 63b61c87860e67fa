// SPDX-License-Identifier: Apache-2.0
#include "launch/launcher.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cctype>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "base/error.h"

namespace weft {
namespace {

// 0 where the variable is absent or no number.
int number_of(const char* variable) {
  const char* text = std::getenv(variable);
  return text == nullptr ? 0 : std::atoi(text);
}

// The ranks of the step that srun started.  The script of a batch job, and what it starts itself, is no such step.
int ranks_of_srun() {
  const char* step = std::getenv("SLURM_STEP_ID");
  if (step == nullptr || std::isdigit(static_cast<unsigned char>(*step)) == 0) return 0;
  return number_of(std::getenv("SLURM_STEP_NUM_TASKS") != nullptr ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS");
}

// mpirun and mpiexec start their own helpers through srun, so their variables count first.
int ranks_of_launcher() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"})
    if (const int ranks = number_of(variable); ranks > 0) return ranks;
  return ranks_of_srun();
}

[[noreturn]] void fail_alone(int ranks) {
  fail(ranks,
       " ranks were started, but each of them is alone: this weft's MPI does not speak the launcher's language.  "
       "With srun, say --mpi=pmix (srun --mpi=list shows what there is); with mpirun or mpiexec, take the one of the "
       "MPI "
       "that weft was built with (weft doctor shows it)");
}

// Of a process: its name, of Linux's 15 letters at most, and its parent.
std::pair<std::string, pid_t> name_and_parent(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string number, name, state;
  pid_t parent = 0;
  file >> number >> name >> state >> parent;
  return {name, parent};
}

// The program that a person or a script started, of mpirun, its helper on this host, and this process; 0 where none is.
pid_t topmost_launcher() {
  pid_t found = 0;
  for (pid_t process = ::getppid(); process > 1;) {
    const auto [name, parent] = name_and_parent(process);
    const auto is = [&, &name = name](const char* known) { return name.starts_with(known); };
    if (!is("(mpirun") && !is("(mpiexec") && !is("(orterun") && !is("(orted")) break;
    found = std::exchange(process, parent);
  }
  return found;
}

}  // namespace

bool started_by_mpi() {
  for (const char* variable : {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE"})
    if (std::getenv(variable) != nullptr) return true;
  if (const int ranks = ranks_of_srun(); ranks > 1) fail_alone(ranks);
  return false;
}

void check_world_size(int ranks) {
  const int started = ranks_of_launcher();
  if (ranks == 1 && started > 1) fail_alone(started);
}

void end_launcher_after(int seconds) {
  const pid_t launcher = topmost_launcher();
  const auto handle = launcher == 0 ? -1 : static_cast<int>(::syscall(SYS_pidfd_open, launcher, 0));
  if (handle < 0 || ::fork() != 0) return;
  // In the child, which outlives its parent: only calls that a fork of a process with threads allows.
  ::setsid();
  pollfd ended{0, POLLIN, 0};
  ::dup2(handle, 0);
  ::close_range(1, ~0U, 0);  // mpirun waits for whoever holds its pipes
  if (::poll(&ended, 1, 1000 * seconds) == 0) ::syscall(SYS_pidfd_send_signal, 0, SIGKILL, nullptr, 0);
  ::_exit(0);
}

}  // namespace weft
