// SPDX-License-Identifier: Apache-2.0
// Flat buffers (base/flat_exchange.h) whose gradients and leaves lie in the common memory of a host, so that ranks read
// each other's gradients in place: rank r sums piece r of all gradients into its own and no peer reads that.  Flags
// that only grow say how far each rank is. Over several hosts a rank sums its host's gradients also for pieces of ranks
// elsewhere, sends those sums to their owners, and adds the sums that the other hosts send for its own: one binary tree
// over the ranks of each host, one over the hosts.  Leaves go from their owner to one rank of every other host. Nothing
// here waits but finish_reduce, wait_leaves and all_reduce; advance() does what can be done.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "base/flat_exchange.h"
#include "launch/host_comm.h"

namespace weft {

class HostFlats final : public FlatExchange {
 public:
  HostFlats(HostComm& comm, const FlatLayout& layout, int leaf_bytes);
  ~HostFlats() override;

  float* gradient() override { return gradients_[comm_.place().local_rank]; }
  std::byte* leaves() override { return leaves_; }
  bool fills_leaves() override { return comm_.place().local_rank == 0; }
  void reduce(int bucket) override;
  void progress() override;
  void finish_reduce() override;
  void share(int bucket) override;
  void wait_leaves(int bucket) override;
  void all_reduce() override;
  Times take_times() override { return std::exchange(times_, {}); }

  void advance();

 private:
  // Of one rank, in the common memory.  Behind it: how often each bucket's leaves were shared, those that it receives
  // for its host included.
  struct alignas(64) Flags {
    std::atomic<uint64_t> named;   // buckets given to reduce(), of all steps
    std::atomic<uint64_t> summed;  // steps whose gradients it no longer reads
  };
  struct Landing {
    int bucket;
    Parcels parcels;
  };
  static constexpr uint64_t kAhead = 4;  // buckets whose sums from other hosts may be under way

  size_t flag_bytes() const;
  Flags& flags(int rank);
  std::atomic<uint64_t>& shared(int rank, int bucket);
  int bucket_of(uint64_t count) const { return static_cast<int>(count % rounds_.size()); }
  Call call_of(Call::Kind kind, int bucket) const;
  float* staged(uint64_t count, size_t partner);
  template <class Give>
  void for_each_part(int bucket, int owner, Give give) const;

  bool all_named(uint64_t count);
  void sum_host(uint64_t count);
  void sum(Range part);
  void add_hosts(uint64_t count);
  void spread_sums();
  void copy_to_neighbours(Range part);

  void send(int rank, int tag, const void* data, size_t bytes);
  void receive(Parcels& parcels, int rank, int tag, void* data, size_t bytes);
  void exchange(int bucket, int tag, std::byte* buffer, size_t number_bytes, Parcels& incoming);
  bool all_done(Parcels& parcels);
  void wait_for_message(int rank, const Call& call);
  void finish_messages(const Call& call);

  HostComm& comm_;
  const FlatLayout layout_;
  const int leaf_bytes_, first_tag_;
  std::shared_ptr<std::byte> memory_;
  std::vector<float*> gradients_;  // of the ranks of this host
  std::byte* leaves_ = nullptr;

  // On other hosts: whose pieces I sum and receive for my host; who does that for mine, by host.
  std::vector<int> wards_, partners_;
  std::vector<float> staging_;  // their sums of my pieces

  // Buckets of all steps: given to reduce(), summed over this host, summed over all.
  uint64_t named_ = 0, host_summed_ = 0, finished_ = 0;
  uint64_t steps_ = 0, messages_done_ = 0;
  bool to_all_ = false;               // sums go into every gradient of the host
  std::vector<uint64_t> rounds_;      // how often I shared each bucket
  std::array<Parcels, kAhead> sums_;  // that come from other hosts
  std::deque<Landing> landings_;
  Parcels messages_;  // the others
  Times times_;
};

}  // namespace weft
