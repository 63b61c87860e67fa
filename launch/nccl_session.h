// SPDX-License-Identifier: Apache-2.0
// One communicator of NCCL and the stream that its work is queued on.  It never blocks, so that it can be given up: a
// thread watches for errors of peers and for work that is not done within the deadline, and then aborts it.  Whoever
// waits for the GPU goes on at that moment, and the next call here throws.
#pragma once

#include <cuda_runtime_api.h>
#include <nccl.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/comm.h"

namespace weft {

void cuda_check(cudaError_t status, const char* what);

class NcclSession {
 public:
  NcclSession(Comm& control, int gpu, double deadline_seconds);
  ~NcclSession();
  NcclSession(const NcclSession&) = delete;
  NcclSession& operator=(const NcclSession&) = delete;

  int rank() const { return rank_; }
  int gpu() const { return gpu_; }
  cudaStream_t stream() const { return stream_; }
  void set_deadline(double seconds);

  // What the calls ask of NCCL, queued as one.  `what` and `number` name it in messages.
  using Calls = std::function<ncclResult_t(ncclComm_t)>;
  void queue(const char* what, int number, const Calls& calls);
  // Something that is done by the host alone.
  void run(const char* what, const Calls& call);
  // Until nothing is under way.  While an exception ends this rank its peers may never do their part, so that
  // everything is given up.
  void drain() noexcept;
  void forget(void* registration) noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;
  struct Pending {
    cudaEvent_t done;
    Clock::time_point since;
    const char* what;
    int number;
  };

  void settle(Lock& lock, ncclResult_t result, const char* what);
  void watch();
  void forget_done();
  void give_up(const std::string& why) noexcept;
  void check_alive() const;
  bool late(Clock::time_point since) const;

  const int rank_, gpu_;
  cudaStream_t stream_ = nullptr;
  std::mutex mutex_;  // of all below; held in every call of NCCL
  ncclComm_t comm_ = nullptr;
  double deadline_;
  std::deque<Pending> pending_;
  std::vector<cudaEvent_t> spare_;
  Clock::time_point progress_ = Clock::now();  // when something was last seen to be done
  std::string lost_;                           // why comm_ was given up; empty: it was not
  bool ends_ = false;
  std::condition_variable wake_;
  std::thread watcher_;
};

// Zeros on the GPU that NCCL knows of beforehand, so that it can move them without copies of its own.
class NcclMemory {
 public:
  NcclMemory(NcclSession& session, size_t bytes);
  ~NcclMemory();
  NcclMemory(const NcclMemory&) = delete;
  NcclMemory& operator=(const NcclMemory&) = delete;
  std::byte* data() const { return static_cast<std::byte*>(memory_); }

 private:
  NcclSession& session_;
  void* memory_ = nullptr;
  void* handle_ = nullptr;
};

}  // namespace weft
