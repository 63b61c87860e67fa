// SPDX-License-Identifier: Apache-2.0
// The Comm of every run with more than one rank.  Ranks of one host meet in their common memory (launch/host_region.h);
// over several hosts the first rank of each host carries their mail to the others'.  Every meeting compares what the
// ranks are about to do before data move, and every wait has a deadline.  Flat buffers: launch/host_flats.h.
#pragma once

#include <functional>
#include <vector>

#include "base/comm.h"
#include "launch/host_region.h"
#include "launch/transport.h"

namespace weft {

class HostFlats;

// Messages under way with other ranks.
struct Parcel {
  int rank;
  std::unique_ptr<Transport::Message> message;
};
using Parcels = std::vector<Parcel>;

class HostComm final : public Comm {
 public:
  // first_ranks[h] is the first rank of host h; one more entry, the number of ranks, ends it.
  HostComm(int rank, std::vector<int> first_ranks, Transport& transport);

  void set_deadline(double seconds) override { deadline_ = seconds; }
  // The last call of all ranks together: waits for the slowest without a deadline.
  void finish();

  void all_gather(const void* mine, size_t bytes, void* all) override;
  void broadcast(void* data, size_t bytes, int root) override;
  std::unique_ptr<FlatExchange> open_flats(const FlatLayout& layout, int leaf_bytes) override;
  void tell(const char* phase, int64_t step, const std::string& sample) override;

  // For the flat buffers.
  Transport& transport() { return transport_; }
  Range ranks_of(int host) const { return {first_ranks_[host], first_ranks_[host + 1]}; }
  Range neighbours() const { return ranks_of(place().host); }
  int take_tags(int count);
  Call call_of(Call::Kind kind, int detail, size_t bytes) const { return {kind, detail, calls_, bytes}; }
  // Until here(rank) holds for each of `ranks`.  A rank that is known to have gone on without is an Error.
  void wait_for(Range ranks, const Call& call, const std::function<bool(int)>& here);
  void wait_for(Parcels& parcels, const Call& call);
  // Messages that are still under way are waited for later, and their memory is kept until then.
  void closed(HostFlats& flats, Parcels left, std::shared_ptr<std::byte> memory);

 private:
  Call next_call(Call::Kind kind, int detail, size_t bytes);
  void enter(const Call& call);
  void meet(const Call& call, const void* mine, size_t chunk);
  void relay(const Call& call, size_t chunk);
  void compare(const Call& mine, int rank, const Call& theirs) const;
  void idle();
  void finish_left(const Call& call);
  void expire(const Call& call, const std::vector<int>& missing);

  Transport& transport_;
  const std::vector<int> first_ranks_;
  const std::shared_ptr<std::byte> memory_;
  HostRegion region_;
  Told told_;
  uint64_t calls_ = 0, meetings_ = 0;
  double deadline_ = 300;
  int next_tag_ = 1;  // 0 is the mail between hosts
  std::vector<HostFlats*> flats_;
  Parcels left_;
  std::vector<std::shared_ptr<std::byte>> left_memory_;
};

}  // namespace weft
