// SPDX-License-Identifier: Apache-2.0
#include "launch/nccl_session.h"

#include <algorithm>
#include <exception>

#include "base/error.h"
#include "base/log.h"

namespace weft {
namespace {

constexpr auto kLook = std::chrono::milliseconds(100);

bool is_error(ncclResult_t result) {
  return result != ncclSuccess && result != ncclInProgress;
}

void nccl_check(ncclResult_t result, const char* what) {
  if (is_error(result))
    throw Error(join(what, ": NCCL says \"", ncclGetErrorString(result), "\": ", ncclGetLastError(nullptr)),
                Exit::failed);
}

}  // namespace

void cuda_check(cudaError_t status, const char* what) {
  if (status != cudaSuccess) throw Error(join(what, ": CUDA says \"", cudaGetErrorString(status), "\""), Exit::failed);
}

NcclSession::NcclSession(Comm& control, int gpu, double deadline_seconds)
    : rank_(control.rank()), gpu_(gpu), deadline_(deadline_seconds) {
  cuda_check(cudaSetDevice(gpu), "choosing the GPU");
  int least = 0, greatest = 0;
  cuda_check(cudaDeviceGetStreamPriorityRange(&least, &greatest), "asking for priorities");
  cuda_check(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, greatest), "making a stream");
  ncclUniqueId id{};
  if (control.is_first()) nccl_check(ncclGetUniqueId(&id), "starting NCCL");
  control.broadcast(&id, sizeof id, 0);
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  {
    Lock lock(mutex_);
    settle(lock, ncclCommInitRankConfig(&comm_, control.size(), id, rank_, &config), "connecting the GPUs");
  }
  watcher_ = std::thread([this] { watch(); });
}

NcclSession::~NcclSession() {
  drain();
  {
    const Lock lock(mutex_);
    ends_ = true;
  }
  wake_.notify_all();
  watcher_.join();
  try {
    Lock lock(mutex_);
    if (comm_ != nullptr) {
      settle(lock, ncclCommFinalize(comm_), "disconnecting the GPUs");
      nccl_check(ncclCommDestroy(comm_), "disconnecting the GPUs");
    }
  } catch (const Error& error) {
    log_warning(error.what());
  }
  for (const Pending& pending : pending_) cudaEventDestroy(pending.done);
  for (const cudaEvent_t event : spare_) cudaEventDestroy(event);
  cudaStreamDestroy(stream_);
}

void NcclSession::drain() noexcept {
  if (std::uncaught_exceptions() > 0) {
    const Lock lock(mutex_);
    if (comm_ != nullptr) give_up("this rank fails");
  }
  cudaStreamSynchronize(stream_);  // the watcher ends it where a peer does not do its part
}

void NcclSession::set_deadline(double seconds) {
  const Lock lock(mutex_);
  deadline_ = seconds;
}

bool NcclSession::late(Clock::time_point since) const {
  return std::chrono::duration<double>(Clock::now() - since).count() > deadline_;
}

void NcclSession::check_alive() const {
  if (!lost_.empty()) throw Error(lost_, Exit::peer_lost);
}

void NcclSession::give_up(const std::string& why) noexcept {
  lost_ = join("rank ", rank_, ": ", why);
  ncclCommAbort(comm_);
  comm_ = nullptr;
}

// Until what was asked for is under way.  The lock is given away in between: nobody may be inside NCCL when the watcher
// gives up.
void NcclSession::settle(Lock& lock, ncclResult_t result, const char* what) {
  const Clock::time_point start = Clock::now();
  while (result == ncclInProgress) {
    if (late(start)) give_up(join(what, ": not done within ", deadline_, " s"));
    lock.unlock();
    std::this_thread::yield();
    lock.lock();
    check_alive();
    nccl_check(ncclCommGetAsyncError(comm_, &result), what);
  }
  nccl_check(result, what);
}

void NcclSession::run(const char* what, const Calls& call) {
  Lock lock(mutex_);
  check_alive();
  settle(lock, call(comm_), what);
}

void NcclSession::queue(const char* what, int number, const Calls& calls) {
  Lock lock(mutex_);
  check_alive();
  nccl_check(ncclGroupStart(), what);
  const ncclResult_t asked = calls(comm_), ended = ncclGroupEnd();
  nccl_check(asked, what);
  settle(lock, ended, what);
  forget_done();
  cudaEvent_t done = nullptr;
  if (spare_.empty()) {
    cuda_check(cudaEventCreateWithFlags(&done, cudaEventDisableTiming), "making an event");
  } else {
    done = spare_.back();
    spare_.pop_back();
  }
  pending_.push_back({done, Clock::now(), what, number});
  cuda_check(cudaEventRecord(done, stream_), what);
}

void NcclSession::forget(void* registration) noexcept {
  const Lock lock(mutex_);
  if (comm_ != nullptr) ncclCommDeregister(comm_, registration);  // else it went with the communicator
}

void NcclSession::forget_done() {
  for (; !pending_.empty() && cudaEventQuery(pending_.front().done) == cudaSuccess; pending_.pop_front()) {
    spare_.push_back(pending_.front().done);
    progress_ = Clock::now();
  }
}

void NcclSession::watch() {
  log::bind_rank(rank_);
  cudaSetDevice(gpu_);
  Lock lock(mutex_);
  while (!ends_ && lost_.empty()) {
    wake_.wait_for(lock, kLook);
    if (!lost_.empty()) return;
    forget_done();
    ncclResult_t state = ncclSuccess;
    const ncclResult_t asked = ncclCommGetAsyncError(comm_, &state);
    if (is_error(asked) || is_error(state)) {
      give_up(join("a peer is lost: NCCL says \"", ncclGetErrorString(is_error(state) ? state : asked), "\""));
    } else if (!pending_.empty() && late(std::max(progress_, pending_.front().since))) {
      const Pending& stuck = pending_.front();
      give_up(join(stuck.what, " ", stuck.number, " is not done within ", deadline_,
                   " s: a peer hangs, or the network between the GPUs does"));
    }
    if (comm_ == nullptr) log::error(lost_);
  }
}

NcclMemory::NcclMemory(NcclSession& session, size_t bytes) : session_(session) {
  nccl_check(ncclMemAlloc(&memory_, bytes), "memory on the GPU for flat buffers");
  cuda_check(cudaMemset(memory_, 0, bytes), "zeroing flat buffers");
  cuda_check(cudaDeviceSynchronize(), "zeroing flat buffers");
  session.run("registering flat buffers",
              [&](ncclComm_t comm) { return ncclCommRegister(comm, memory_, bytes, &handle_); });
}

NcclMemory::~NcclMemory() {
  session_.drain();
  session_.forget(handle_);
  ncclMemFree(memory_);
}

}  // namespace weft
