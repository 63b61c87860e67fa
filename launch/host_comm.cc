// SPDX-License-Identifier: Apache-2.0
#include "launch/host_comm.h"

#include <sched.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <iterator>
#include <limits>
#include <utility>

#include "base/error.h"
#include "launch/host_flats.h"

namespace weft {
namespace {

HostPlace place_of(int rank, const std::vector<int>& first_ranks) {
  const auto next = std::upper_bound(first_ranks.begin(), first_ranks.end(), rank);
  const int host = static_cast<int>(next - first_ranks.begin()) - 1;
  return {host, static_cast<int>(first_ranks.size()) - 1, rank - first_ranks[host], *next - first_ranks[host]};
}

// Between two looks at what is awaited: a core is given away soon, because there are as many ranks as cores, and
// threads that decode images.
class Patience {
 public:
  void pause() {
    using Clock = std::chrono::steady_clock;
    if (++looks_ < 64) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
      return;
    }
    const Clock::time_point now = Clock::now();
    if (looks_ == 64) last_ = now;
    // Of a longer gap this process was stopped itself; its peers are not to blame for that.
    waited_ += std::min(std::chrono::duration<double>(now - last_).count(), 1.0);
    last_ = now;
    if (waited_ < 200e-6) {
      ::sched_yield();
    } else {
      const timespec nap{0, waited_ < 0.1 ? 50'000 : 500'000};
      ::nanosleep(&nap, nullptr);
    }
  }
  double waited() const { return waited_; }

 private:
  int looks_ = 0;
  double waited_ = 0;
  std::chrono::steady_clock::time_point last_;
};

// What a rank brings to a meeting of which `chunk` bytes are on their way.
size_t content_of(const Call& call, int rank, size_t chunk) {
  return call.kind == Call::Kind::broadcast && rank != call.detail ? 0 : chunk;
}

// As it travels between hosts, before the content of each of a host's ranks.
struct Head {
  Call call;
  Told told;
};

template <size_t N>
void copy_text(char (&to)[N], const char* from) {
  std::strncpy(to, from, N - 1);
}

}  // namespace

HostComm::HostComm(int rank, std::vector<int> first_ranks, Transport& transport)
    : Comm(rank, first_ranks.back(), place_of(rank, first_ranks)),
      transport_(transport),
      first_ranks_(std::move(first_ranks)),
      memory_(transport.host_memory(HostRegion::bytes(size()), HostRegion::bytes(size()))),
      region_(memory_.get(), size()) {}

void HostComm::all_gather(const void* mine, size_t bytes, void* all) {
  const Call call = next_call(Call::Kind::all_gather, 0, bytes);
  size_t done = 0;
  do {
    const size_t chunk = std::min(bytes - done, HostRegion::content_bytes(size()));
    meet(call, static_cast<const std::byte*>(mine) + done, chunk);
    for (int r = 0; r < size(); ++r)
      if (chunk > 0) std::memcpy(static_cast<std::byte*>(all) + bytes * r + done, region_.content(meetings_, r), chunk);
    done += chunk;
  } while (done < bytes);
}

void HostComm::broadcast(void* data, size_t bytes, int root) {
  const Call call = next_call(Call::Kind::broadcast, root, bytes);
  size_t done = 0;
  do {
    std::byte* place = static_cast<std::byte*>(data) + done;
    const size_t chunk = std::min(bytes - done, HostRegion::content_bytes(size()));
    meet(call, place, chunk);
    if (rank() != root && chunk > 0) std::memcpy(place, region_.content(meetings_, root), chunk);
    done += chunk;
  } while (done < bytes);
}

std::unique_ptr<FlatExchange> HostComm::open_flats(const FlatLayout& layout, int leaf_bytes) {
  const FlatLayout& l = layout;
  meet(next_call(Call::Kind::open_flats, leaf_bytes, static_cast<size_t>(l.count) * sizeof(float)), nullptr, 0);
  const std::string mine = join(l.count, " numbers in units of ", l.unit, " and buckets of ", l.bucket_units,
                                " units, for ", l.ranks, " ranks and ", l.virtual_ranks, " virtual ranks");
  const std::vector<std::string> texts = gather_texts(mine);
  for (int r = 1; r < size(); ++r)
    if (texts[r] != texts[0])
      throw Error(join("the ranks' models differ: rank 0 has ", texts[0], "; rank ", r, " has ", texts[r]),
                  Exit::failed);
  finish_left(call_of(Call::Kind::open_flats, leaf_bytes, 0));
  auto flats = std::make_unique<HostFlats>(*this, layout, leaf_bytes);
  flats_.push_back(flats.get());
  barrier();  // the memory is touched
  return flats;
}

void HostComm::closed(HostFlats& flats, Parcels left, std::shared_ptr<std::byte> memory) {
  std::erase(flats_, &flats);
  std::move(left.begin(), left.end(), std::back_inserter(left_));
  if (!left.empty()) left_memory_.push_back(std::move(memory));
}

void HostComm::finish_left(const Call& call) {
  for (Parcel& parcel : left_)
    wait_for({parcel.rank, parcel.rank + 1}, call, [&](int) { return parcel.message->done(); });
  left_.clear();
  left_memory_.clear();
}

void HostComm::finish() {
  deadline_ = std::numeric_limits<double>::infinity();
  finish_left(call_of(Call::Kind::none, 0, 0));
  barrier();
}

int HostComm::take_tags(int count) {
  constexpr int kMostTags = 32767;  // what every MPI has
  WEFT_ASSERT(count < kMostTags);
  if (next_tag_ + count > kMostTags) next_tag_ = 1;
  return std::exchange(next_tag_, next_tag_ + count);
}

void HostComm::tell(const char* phase, int64_t step, const std::string& sample) {
  const Call call = told_.call;
  told_ = {};
  copy_text(told_.phase, phase);
  copy_text(told_.sample, sample.c_str());
  told_.step = step;
  told_.call = call;
  region_.slot(rank()).told.show(told_);
}

Call HostComm::next_call(Call::Kind kind, int detail, size_t bytes) {
  ++calls_;
  const Call call = call_of(kind, detail, bytes);
  enter(call);
  return call;
}

void HostComm::enter(const Call& call) {
  told_.call = call;
  region_.slot(rank()).told.show(told_);
}

// Afterwards region_.content(meetings_, r) is what rank r brought.
void HostComm::meet(const Call& call, const void* mine, size_t chunk) {
  const uint64_t meeting = ++meetings_;
  const size_t content = content_of(call, rank(), chunk);
  region_.call(meeting, rank()) = call;
  if (content > 0) std::memcpy(region_.content(meeting, rank()), mine, content);
  region_.slot(rank()).arrived.store(meeting, std::memory_order_release);
  wait_for(neighbours(), call,
           [&](int r) { return region_.slot(r).arrived.load(std::memory_order_acquire) >= meeting; });
  for (int r = static_cast<int>(neighbours().begin); r < neighbours().end; ++r)
    compare(call, r, region_.call(meeting, r));
  if (place().hosts == 1) return;
  if (place().local_rank == 0) {
    relay(call, chunk);
    region_.slot(rank()).relayed.store(meeting, std::memory_order_release);
  } else {
    const int carrier = static_cast<int>(neighbours().begin);
    wait_for({carrier, carrier + 1}, call,
             [&](int r) { return region_.slot(r).relayed.load(std::memory_order_acquire) >= meeting; });
  }
}

// The first rank of a host sends its host's mail to the first rank of every other host.
void HostComm::relay(const Call& call, size_t chunk) {
  std::vector<std::byte> outgoing;
  for (int r = static_cast<int>(neighbours().begin); r < neighbours().end; ++r) {
    const Head head{call, region_.slot(r).told.look()};
    const auto* bytes = reinterpret_cast<const std::byte*>(&head);
    const std::byte* content = region_.content(meetings_, r);
    outgoing.insert(outgoing.end(), bytes, bytes + sizeof head);
    outgoing.insert(outgoing.end(), content, content + content_of(call, r, chunk));
  }
  std::vector<std::vector<std::byte>> incoming(static_cast<size_t>(place().hosts));
  Parcels parcels;
  for (int h = 0; h < place().hosts; ++h) {
    if (h == place().host) continue;
    const int carrier = static_cast<int>(ranks_of(h).begin);
    incoming[h].resize(static_cast<size_t>(ranks_of(h).size()) * (sizeof(Head) + HostRegion::content_bytes(size())));
    parcels.push_back({carrier, transport_.receive(carrier, 0, incoming[h].data(), incoming[h].size())});
    parcels.push_back({carrier, transport_.send(carrier, 0, outgoing.data(), outgoing.size())});
  }
  wait_for(parcels, call);
  for (int h = 0; h < place().hosts; ++h) {
    const std::byte* place_in = incoming[h].data();
    for (int r = static_cast<int>(ranks_of(h).begin); r < ranks_of(h).end && h != place().host; ++r) {
      Head head;
      std::memcpy(&head, place_in, sizeof head);
      compare(call, r, head.call);
      region_.slot(r).told.show(head.told);
      const size_t content = content_of(call, r, chunk);
      if (content > 0) std::memcpy(region_.content(meetings_, r), place_in + sizeof head, content);
      place_in += sizeof head + content;
    }
  }
}

void HostComm::compare(const Call& mine, int other, const Call& theirs) const {
  if (mine == theirs) return;
  throw Error(join("the ranks do not do the same: rank ", rank(), " is at ", mine.text(), ", rank ", other, " at ",
                   theirs.text()),
              Exit::failed);
}

void HostComm::wait_for(Range ranks, const Call& call, const std::function<bool(int)>& here) {
  Patience patience;
  // Of a neighbour that is at a later meeting, all that it did before is seen.  Only leaves from other hosts may come
  // late.
  const bool comes_first = place().hosts == 1 || call.kind != Call::Kind::leaves;
  for (int r = static_cast<int>(ranks.begin); r < ranks.end; ++r)
    while (!here(r)) {
      if (told_.call != call) enter(call);
      patience.pause();
      idle();
      if (comes_first && region_.slot(r).arrived.load(std::memory_order_acquire) > meetings_ && !here(r))
        compare(call, r, region_.slot(r).told.look().call);
      if (patience.waited() < deadline_) continue;
      std::vector<int> missing;
      for (int other = r; other < ranks.end; ++other)
        if (!here(other)) missing.push_back(other);
      expire(call, missing);
    }
}

void HostComm::wait_for(Parcels& parcels, const Call& call) {
  for (Parcel& parcel : parcels)
    wait_for({parcel.rank, parcel.rank + 1}, call, [&](int) { return parcel.message->done(); });
  parcels.clear();
}

void HostComm::idle() {
  transport_.idle();
  if (place().hosts > 1)
    for (HostFlats* flats : flats_) flats->advance();
}

void HostComm::expire(const Call& call, const std::vector<int>& missing) {
  std::string message = join("rank ", rank(), " waited ", deadline_, " s in vain in ", call.text(),
                             " (engine.deadline_seconds).  Missing:");
  for (const int r : missing) {
    const HostPlace there = place_of(r, first_ranks_);
    message += join("\n  rank ", r);
    const Told told = region_.slot(r).told.look();
    if (there.host != place().host && there.local_ranks > 1) message += join(" or another rank of its host");
    message += join(told.call == call ? ", which waits there too; " : "; ", told.text());
  }
  transport_.expired(message);
}

}  // namespace weft
