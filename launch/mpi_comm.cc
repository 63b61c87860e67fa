// SPDX-License-Identifier: Apache-2.0
// The one file that includes mpi.h; MPI's C API alone.  Collectives of MPI are used to come up and to make windows; the
// run's own are in launch/host_comm.cc.
#include "launch/mpi_comm.h"

#include <execinfo.h>
#include <mpi.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "base/log.h"
#include "launch/host_comm.h"
#include "launch/launcher.h"

namespace weft {
namespace {

void mpi_check(int status, const char* call) {
  if (status == MPI_SUCCESS) return;
  char text[MPI_MAX_ERROR_STRING];
  int length = 0;
  MPI_Error_string(status, text, &length);
  throw Error(join(call, " failed: ", std::string(text, static_cast<size_t>(length))), Exit::peer_lost);
}

// MPI's own calls may block for ever on a rank that is stopped; an alarm then ends this process, and mpirun the others.
class Alarm {
 public:
  explicit Alarm(unsigned seconds) {
    std::signal(SIGALRM, [](int) {
      constexpr char kText[] = "weft: MPI did not return in time; another rank is lost or stuck\n";
      [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText, sizeof kText - 1);
      ::_exit(static_cast<int>(Exit::peer_lost));
    });
    ::alarm(seconds);
  }
  ~Alarm() { ::alarm(0); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
};
constexpr unsigned kLongestCall = 300;  // seconds

[[noreturn]] void abort_all(Exit exit) {
  const Alarm alarm(5);
  if (exit == Exit::peer_lost) end_launcher_after(10);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // the launcher passes on what was said
  MPI_Abort(MPI_COMM_WORLD, static_cast<int>(exit));
  ::_exit(static_cast<int>(exit));
}

class MpiMessage final : public Transport::Message {
 public:
  explicit MpiMessage(MPI_Request request) : request_(request) {}
  bool done() override {
    int flag = 0;
    mpi_check(MPI_Test(&request_, &flag, MPI_STATUS_IGNORE), "MPI_Test");  // a request that is done becomes null
    return flag != 0;
  }

 private:
  MPI_Request request_;
};

class MpiTransport final : public Transport {
 public:
  // `world` has the ranks in weft's order, `host` those of this host.
  MpiTransport(MPI_Comm world, MPI_Comm host, bool many_hosts) : world_(world), host_(host), many_hosts_(many_hosts) {}

  std::shared_ptr<std::byte> host_memory(size_t bytes, size_t zeros) override;
  std::unique_ptr<Message> send(int rank, int tag, const std::byte* data, size_t bytes) override {
    MPI_Request request;
    mpi_check(MPI_Isend(data, static_cast<int>(bytes), MPI_BYTE, rank, tag, world_, &request), "MPI_Isend");
    return std::make_unique<MpiMessage>(request);
  }
  std::unique_ptr<Message> receive(int rank, int tag, std::byte* data, size_t bytes) override {
    MPI_Request request;
    mpi_check(MPI_Irecv(data, static_cast<int>(bytes), MPI_BYTE, rank, tag, world_, &request), "MPI_Irecv");
    return std::make_unique<MpiMessage>(request);
  }

  // Any call lets MPI move its messages.
  void idle() override {
    int flag = 0;
    if (many_hosts_) mpi_check(MPI_Iprobe(MPI_ANY_SOURCE, 0, world_, &flag, MPI_STATUS_IGNORE), "MPI_Iprobe");
  }

  void expired(const std::string& message) override {
    log::error(message);
    void* frames[64];
    ::backtrace_symbols_fd(frames, ::backtrace(frames, 64), STDERR_FILENO);
    abort_all(Exit::peer_lost);
  }

  void free_windows() {
    for (MPI_Win& window : unused_) mpi_check(MPI_Win_free(&window), "MPI_Win_free");
    unused_.clear();
  }

 private:
  void check_space(size_t bytes) const;

  const MPI_Comm world_, host_;
  const bool many_hosts_;
  std::vector<MPI_Win> unused_;
};

// MPI_Win_free takes all ranks of the host, who may be apart where memory goes out of use, so it waits for the next
// call.
std::shared_ptr<std::byte> MpiTransport::host_memory(size_t bytes, size_t zeros) {
  const Alarm alarm(kLongestCall);
  free_windows();
  check_space(bytes);
  int rank = 0, unit = 1;
  mpi_check(MPI_Comm_rank(host_, &rank), "MPI_Comm_rank");
  MPI_Aint size = rank == 0 ? static_cast<MPI_Aint>(bytes) : 0;
  std::byte* memory = nullptr;
  void* const place = static_cast<void*>(&memory);  // MPI takes a void* for the address of a pointer
  MPI_Win window;
  const int status = MPI_Win_allocate_shared(size, 1, MPI_INFO_NULL, host_, place, &window);
  in_context([&] { mpi_check(status, "MPI_Win_allocate_shared"); }, "asking for ", bytes >> 20,
             " MiB of memory that the ranks of this host share");
  mpi_check(MPI_Win_shared_query(window, 0, &size, &unit, place), "MPI_Win_shared_query");
  if (rank == 0) std::memset(memory, 0, zeros);  // Open MPI gives a rank that is alone what malloc had left
  mpi_check(MPI_Barrier(host_), "MPI_Barrier");
  return {memory, [this, window](std::byte*) { unused_.push_back(window); }};
}

// A full /dev/shm is noticed by nobody until a page is touched, and then it is a SIGBUS.
void MpiTransport::check_space(size_t bytes) const {
  struct statvfs space{};
  const bool known = ::access("/dev/shm", W_OK) == 0 && ::statvfs("/dev/shm", &space) == 0;
  unsigned long long free = known ? static_cast<unsigned long long>(space.f_bavail) * space.f_frsize : ~0ULL;
  mpi_check(MPI_Bcast(&free, 1, MPI_UNSIGNED_LONG_LONG, 0, host_), "MPI_Bcast");  // all ranks judge alike
  constexpr size_t kForMpi = 1 << 20;
  check(free >= bytes + kForMpi, "the ranks of this host want to share ", bytes >> 20,
        " MiB of memory, but /dev/shm has ", free >> 20,
        " MiB free; enlarge it (mount -o remount,size=..., docker run --shm-size=...) or remove what is left "
        "of dead runs there");
}

// Hosts by their lowest rank, ranks of a host by their rank in MPI_COMM_WORLD.
struct Order {
  int rank = 0;
  std::vector<int> first_ranks = {0};
};

Order order_of(int rank, const std::vector<int>& lowest_of_host) {
  Order order;
  const int ranks = static_cast<int>(lowest_of_host.size());
  for (int host = 0; host < ranks; ++host) {
    int count = 0;
    for (int other = 0; other < ranks; ++other) {
      if (lowest_of_host[other] != host) continue;
      if (other == rank) order.rank = order.first_ranks.back() + count;
      ++count;
    }
    if (count > 0) order.first_ranks.push_back(order.first_ranks.back() + count);
  }
  return order;
}

MPI_Comm returning_errors(MPI_Comm comm) {
  mpi_check(MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  return comm;
}

}  // namespace

struct MpiSession::Impl {
  MPI_Comm host = MPI_COMM_NULL, world = MPI_COMM_NULL;
  std::unique_ptr<MpiTransport> transport;
  std::unique_ptr<HostComm> comm;
};

MpiSession::MpiSession() : impl_(std::make_unique<Impl>()) {
  // A rank that waits gives its core to the decoding threads.  Read by Open MPI in MPI_Init; a value set outside stays.
  ::setenv("OMPI_MCA_mpi_yield_when_idle", "1", 0);
  const Alarm alarm(kLongestCall);
  int provided = 0, rank = 0, size = 1;
  mpi_check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &provided), "MPI_Init_thread");
  returning_errors(MPI_COMM_WORLD);
  mpi_check(MPI_Comm_rank(MPI_COMM_WORLD, &rank), "MPI_Comm_rank");
  mpi_check(MPI_Comm_size(MPI_COMM_WORLD, &size), "MPI_Comm_size");
  check_world_size(size);
  mpi_check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &impl_->host),
            "MPI_Comm_split_type");
  returning_errors(impl_->host);
  int lowest = rank;
  std::vector<int> lowest_of_host(static_cast<size_t>(size));
  mpi_check(MPI_Bcast(&lowest, 1, MPI_INT, 0, impl_->host), "MPI_Bcast");
  mpi_check(MPI_Allgather(&lowest, 1, MPI_INT, lowest_of_host.data(), 1, MPI_INT, MPI_COMM_WORLD), "MPI_Allgather");
  const Order order = order_of(rank, lowest_of_host);
  mpi_check(MPI_Comm_split(MPI_COMM_WORLD, 0, order.rank, &impl_->world), "MPI_Comm_split");
  returning_errors(impl_->world);
  const bool many_hosts = order.first_ranks.size() > 2;
  impl_->transport = std::make_unique<MpiTransport>(impl_->world, impl_->host, many_hosts);
  impl_->comm = std::make_unique<HostComm>(order.rank, order.first_ranks, *impl_->transport);
}

// A verb that only rank 0 runs takes as long as it takes, so the others wait without a deadline, and asleep.
MpiSession::~MpiSession() {
  try {
    impl_->comm->finish();
    const Alarm alarm(kLongestCall);
    impl_->comm.reset();
    impl_->transport->free_windows();
    MPI_Comm_free(&impl_->world);
    MPI_Comm_free(&impl_->host);
    MPI_Finalize();
  } catch (const Error& error) {
    log::error(error.what());
    abort_all(error.exit());
  }
}

Comm& MpiSession::comm() {
  return *impl_->comm;
}
void MpiSession::set_deadline(double seconds) {
  impl_->comm->set_deadline(seconds);
}
int MpiSession::local_rank() const {
  return impl_->comm->place().local_rank;
}
int MpiSession::local_ranks() const {
  return impl_->comm->place().local_ranks;
}

void MpiSession::abort(Exit exit) {
  abort_all(exit);
}

std::string mpi_version() {
  char text[MPI_MAX_LIBRARY_VERSION_STRING];
  int length = 0;
  MPI_Get_library_version(text, &length);
  const std::string whole(text, static_cast<size_t>(length));
  return whole.substr(0, whole.find_first_of(",\n"));
}

void mpi_all_reduce(float* values, size_t count) {
  WEFT_ASSERT(count <= INT_MAX);
  mpi_check(MPI_Allreduce(MPI_IN_PLACE, values, static_cast<int>(count), MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD),
            "MPI_Allreduce");
}

}  // namespace weft
