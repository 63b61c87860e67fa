// SPDX-License-Identifier: Apache-2.0
#include "launch/nccl_comm.h"

#include <c10/cuda/CUDAStream.h>

#include "base/error.h"
#include "launch/nccl_session.h"

namespace weft {
namespace {

class Event {
 public:
  Event() { cuda_check(cudaEventCreate(&event_), "making an event"); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  void record(cudaStream_t stream) { cuda_check(cudaEventRecord(event_, stream), "recording an event"); }
  void hold(cudaStream_t stream) const { cuda_check(cudaStreamWaitEvent(stream, event_), "waiting for an event"); }
  // Of an event that was recorded later, or that waits for this one.
  double seconds_to(const Event& later) const {
    float milliseconds = 0;
    cuda_check(cudaEventSynchronize(later.event_), "waiting for an event");
    cuda_check(cudaEventElapsedTime(&milliseconds, event_, later.event_), "timing");
    return milliseconds / 1000;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

// One bucket on its way, on the computing stream C and NCCL's stream N.
struct Transfer {
  Event ready;       // C: its numbers are written
  Event begin, end;  // N
  Event asked;       // C: would go on with it
  enum { none, moving, waited_for } phase = none;
};

class NcclFlats final : public FlatExchange {
 public:
  NcclFlats(const FlatLayout& layout, int leaf_bytes, NcclSession& session)
      : layout_(layout),
        leaf_bytes_(leaf_bytes),
        session_(session),
        gradient_(session, static_cast<size_t>(layout.count) * sizeof(float)),
        leaves_(session, static_cast<size_t>(layout.count * leaf_bytes)),
        reduces_(static_cast<size_t>(layout.buckets())),
        shares_(static_cast<size_t>(layout.buckets())) {}

  int device() const override { return session_.gpu(); }
  float* gradient() override { return reinterpret_cast<float*>(gradient_.data()); }
  std::byte* leaves() override { return leaves_.data(); }
  bool fills_leaves() override { return true; }

  void reduce(int bucket) override;
  void progress() override {}
  void finish_reduce() override;
  void share(int bucket) override;
  void wait_leaves(int bucket) override { wait_for(shares_[static_cast<size_t>(bucket)]); }
  void all_reduce() override;
  Times take_times() override;

 private:
  cudaStream_t computing() const {
    return c10::cuda::getCurrentCUDAStream(static_cast<c10::DeviceIndex>(session_.gpu()));
  }
  void move(Transfer& transfer, const char* what, int bucket, const NcclSession::Calls& calls);
  void wait_for(Transfer& transfer);

  FlatLayout layout_;
  int leaf_bytes_;
  NcclSession& session_;
  NcclMemory gradient_, leaves_;
  std::vector<Transfer> reduces_, shares_;  // by bucket
};

void NcclFlats::move(Transfer& t, const char* what, int bucket, const NcclSession::Calls& calls) {
  t.ready.record(computing());
  t.ready.hold(session_.stream());
  t.begin.record(session_.stream());
  session_.queue(what, bucket, calls);
  t.end.record(session_.stream());
  t.phase = Transfer::moving;
}

void NcclFlats::wait_for(Transfer& t) {
  if (t.phase != Transfer::moving) return;
  t.asked.record(computing());
  t.end.hold(computing());
  t.phase = Transfer::waited_for;
}

// In place: NCCL wants rank r's part of the result at r parts from the beginning, which is where a unit has its piece
// r.
void NcclFlats::reduce(int bucket) {
  const auto count = static_cast<size_t>(layout_.piece_size());
  move(reduces_[static_cast<size_t>(bucket)], "the sum of bucket", bucket, [&](ncclComm_t comm) {
    ncclResult_t result = ncclSuccess;
    const Range units = layout_.units_of(bucket);
    for (int64_t u = units.begin; u < units.end && result == ncclSuccess; ++u)
      result = ncclReduceScatter(gradient() + u * layout_.unit, gradient() + layout_.piece(u, session_.rank()).begin,
                                 count, ncclFloat, ncclSum, comm, session_.stream());
    return result;
  });
}

void NcclFlats::finish_reduce() {
  for (Transfer& transfer : reduces_) wait_for(transfer);
}

void NcclFlats::share(int bucket) {
  const auto bytes = static_cast<size_t>(layout_.piece_size() * leaf_bytes_);
  move(shares_[static_cast<size_t>(bucket)], "the weights of bucket", bucket, [&](ncclComm_t comm) {
    ncclResult_t result = ncclSuccess;
    const Range units = layout_.units_of(bucket);
    for (int64_t u = units.begin; u < units.end && result == ncclSuccess; ++u)
      result = ncclAllGather(leaves() + layout_.piece(u, session_.rank()).begin * leaf_bytes_,
                             leaves() + u * layout_.unit * leaf_bytes_, bytes, ncclUint8, comm, session_.stream());
    return result;
  });
}

void NcclFlats::all_reduce() {
  move(reduces_.front(), "the sum of all buckets from", 0, [&](ncclComm_t comm) {
    return ncclAllReduce(gradient(), gradient(), static_cast<size_t>(layout_.count), ncclFloat, ncclSum, comm,
                         session_.stream());
  });
  wait_for(reduces_.front());
}

// Exposed is what the computing stream waited, hidden the rest of what NCCL's stream was busy.  Only what was waited
// for is counted: a step's weights count when the next step uses them.  Waits for the end of that, which is where the
// host stands anyway when it asks for the gradient's norm.
FlatExchange::Times NcclFlats::take_times() {
  Times times;
  double busy = 0;
  for (std::vector<Transfer>* transfers : {&reduces_, &shares_})
    for (Transfer& t : *transfers) {
      if (t.phase != Transfer::waited_for) continue;
      busy += t.begin.seconds_to(t.end);
      times.exposed += std::max(0.0, t.ready.seconds_to(t.end) - t.ready.seconds_to(t.asked));
      t.phase = Transfer::none;
    }
  times.hidden = std::max(0.0, busy - times.exposed);
  return times;
}

class NcclComm final : public Comm {
 public:
  NcclComm(Comm& control, int gpu, double deadline_seconds)
      : Comm(control.rank(), control.size(), control.place()),
        control_(control),
        session_(control, gpu, deadline_seconds) {}

  void all_gather(const void* mine, size_t bytes, void* all) override { control_.all_gather(mine, bytes, all); }
  void broadcast(void* data, size_t bytes, int root) override { control_.broadcast(data, bytes, root); }
  void tell(const char* phase, int64_t step, const std::string& sample) override { control_.tell(phase, step, sample); }
  void set_deadline(double seconds) override {
    control_.set_deadline(seconds);
    session_.set_deadline(seconds);
  }
  std::unique_ptr<FlatExchange> open_flats(const FlatLayout& layout, int leaf_bytes) override {
    check(size() == 1 || layout.virtual_ranks == layout.ranks, "engine.virtual_ranks = ", layout.virtual_ranks, " on ",
          size(),
          " GPUs: NCCL adds in an order of its own, so that their sums are not those of another number of ranks; "
          "wanted one GPU, or ranks on CPUs (engine.device = \"cpu\")");
    return std::make_unique<NcclFlats>(layout, leaf_bytes, session_);
  }

 private:
  Comm& control_;
  NcclSession session_;
};

}  // namespace

std::unique_ptr<Comm> make_nccl_comm(Comm& control, int gpu, double deadline_seconds) {
  return std::make_unique<NcclComm>(control, gpu, deadline_seconds);
}

}  // namespace weft
