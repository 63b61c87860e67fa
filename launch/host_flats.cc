// SPDX-License-Identifier: Apache-2.0
#include "launch/host_flats.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <iterator>

#include "base/error.h"
#include "launch/tree_sum.h"

namespace weft {
namespace {

constexpr size_t kPage = 4096;

size_t padded(size_t bytes, size_t to) {
  return (bytes + to - 1) / to * to;
}

class Stopwatch {
 public:
  explicit Stopwatch(double& seconds) : seconds_(seconds), start_(Clock::now()) {}
  ~Stopwatch() { seconds_ += std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  double& seconds_;
  const Clock::time_point start_;
};

}  // namespace

HostFlats::HostFlats(HostComm& comm, const FlatLayout& layout, int leaf_bytes)
    : comm_(comm),
      layout_(layout),
      leaf_bytes_(leaf_bytes),
      first_tag_(comm.take_tags(2 * layout.buckets())),
      rounds_(static_cast<size_t>(layout.buckets())) {
  WEFT_ASSERT(layout.unit % (FlatLayout::kPad * layout.ranks) == 0);
  const HostPlace& place = comm.place();
  const size_t ranks = static_cast<size_t>(place.local_ranks), count = static_cast<size_t>(layout.count);
  const size_t all_flags = padded(ranks * flag_bytes(), kPage), gradient_bytes = padded(count * sizeof(float), kPage);
  const size_t leaves_bytes = count * static_cast<size_t>(leaf_bytes);
  memory_ = comm.transport().host_memory(all_flags + ranks * gradient_bytes + leaves_bytes, all_flags);
  std::byte* next = memory_.get() + all_flags;
  for (size_t r = 0; r < ranks; ++r, next += gradient_bytes) gradients_.push_back(reinterpret_cast<float*>(next));
  leaves_ = next;
  // Whoever touches a page first has it near its core.
  std::memset(gradient(), 0, gradient_bytes);
  const Range mine = share_of(static_cast<int64_t>(leaves_bytes), place.local_rank, place.local_ranks);
  std::memset(leaves_ + mine.begin, 0, static_cast<size_t>(mine.size()));

  for (int host = 0; host < place.hosts; ++host) {
    if (host == place.host) continue;
    const Range theirs = comm.ranks_of(host);
    partners_.push_back(static_cast<int>(theirs.begin + place.local_rank % theirs.size()));
    for (int r = static_cast<int>(theirs.begin); r < theirs.end; ++r)
      if ((r - theirs.begin) % place.local_ranks == place.local_rank) wards_.push_back(r);
  }
  staging_.resize(kAhead * partners_.size() * static_cast<size_t>(layout.bucket_units * layout.piece_size()));
}

HostFlats::~HostFlats() {
  for (Landing& landing : landings_)
    std::move(landing.parcels.begin(), landing.parcels.end(), std::back_inserter(messages_));
  comm_.closed(*this, std::move(messages_), memory_);
}

size_t HostFlats::flag_bytes() const {
  return padded(sizeof(Flags) + rounds_.size() * sizeof(std::atomic<uint64_t>), alignof(Flags));
}

HostFlats::Flags& HostFlats::flags(int rank) {
  const size_t local_rank = static_cast<size_t>(rank - comm_.neighbours().begin);
  return *reinterpret_cast<Flags*>(memory_.get() + local_rank * flag_bytes());
}

std::atomic<uint64_t>& HostFlats::shared(int rank, int bucket) {
  return reinterpret_cast<std::atomic<uint64_t>*>(&flags(rank) + 1)[bucket];
}

Call HostFlats::call_of(Call::Kind kind, int bucket) const {
  const size_t number_bytes = kind == Call::Kind::sum ? sizeof(float) : static_cast<size_t>(leaf_bytes_);
  return comm_.call_of(kind, bucket, static_cast<size_t>(layout_.bucket_range(bucket).size()) * number_bytes);
}

// A rank's piece of every unit of the bucket, in parts that make good messages.
template <class Give>
void HostFlats::for_each_part(int bucket, int rank, Give give) const {
  constexpr int64_t kMost = 1 << 20;
  for (int64_t unit = layout_.units_of(bucket).begin; unit < layout_.units_of(bucket).end; ++unit) {
    const Range piece = layout_.piece(unit, rank);
    for (int64_t begin = piece.begin; begin < piece.end; begin += kMost)
      give(Range{begin, std::min(begin + kMost, piece.end)});
  }
}

void HostFlats::send(int rank, int tag, const void* data, size_t bytes) {
  messages_.push_back(
      {rank, comm_.transport().send(rank, first_tag_ + tag, static_cast<const std::byte*>(data), bytes)});
}

void HostFlats::receive(Parcels& parcels, int rank, int tag, void* data, size_t bytes) {
  parcels.push_back({rank, comm_.transport().receive(rank, first_tag_ + tag, static_cast<std::byte*>(data), bytes)});
}

// The last sent first: it is the last to be done.
bool HostFlats::all_done(Parcels& parcels) {
  for (; !parcels.empty() && parcels.back().message->done(); parcels.pop_back()) ++messages_done_;
  return parcels.empty();
}

// Until any message is done; `rank` is the one to be named.
void HostFlats::wait_for_message(int rank, const Call& call) {
  const uint64_t before = messages_done_;
  comm_.wait_for({rank, rank + 1}, call, [&](int) { return messages_done_ > before; });
}

void HostFlats::reduce(int bucket) {
  WEFT_ASSERT(bucket == bucket_of(named_));
  flags(comm_.rank()).named.store(++named_, std::memory_order_release);
}

void HostFlats::progress() {
  const Stopwatch watch(times_.hidden);
  advance();
}

void HostFlats::advance() {
  while (host_summed_ < named_ && host_summed_ < finished_ + kAhead && all_named(host_summed_)) {
    sum_host(host_summed_);
    ++host_summed_;
  }
  while (finished_ < host_summed_ && all_done(sums_[finished_ % kAhead])) {
    if (!partners_.empty()) add_hosts(finished_);
    ++finished_;
  }
  all_done(messages_);
  while (!landings_.empty() && all_done(landings_.front().parcels)) {
    const int bucket = landings_.front().bucket;
    shared(comm_.rank(), bucket).store(rounds_[bucket], std::memory_order_release);
    landings_.pop_front();
  }
}

bool HostFlats::all_named(uint64_t count) {
  const Range ranks = comm_.neighbours();
  for (int r = static_cast<int>(ranks.begin); r < ranks.end; ++r)
    if (flags(r).named.load(std::memory_order_acquire) <= count) return false;
  return true;
}

// My host's part of the sums of a bucket, for other hosts' ranks first.
void HostFlats::sum_host(uint64_t count) {
  const int bucket = bucket_of(count);
  for (size_t i = 0; i < partners_.size(); ++i) {
    float* to = staged(count, i);
    for_each_part(bucket, comm_.rank(), [&](Range part) {
      receive(sums_[count % kAhead], partners_[i], bucket, to, part.size() * sizeof(float));
      to += part.size();
    });
  }
  for (const int ward : wards_) {
    for_each_part(bucket, ward, [&](Range part) { sum(part); });
    for_each_part(bucket, ward,
                  [&](Range part) { send(ward, bucket, gradient() + part.begin, part.size() * sizeof(float)); });
  }
  for_each_part(bucket, comm_.rank(), [&](Range part) { sum(part); });
}

void HostFlats::sum(Range part) {
  constexpr int64_t kBlock = 4096;  // still in the first-level cache when it is copied
  std::vector<const float*> from(gradients_.size());
  const int64_t step = to_all_ ? kBlock : part.size();
  for (int64_t begin = part.begin; begin < part.end; begin += step) {
    const int64_t count = std::min(step, part.end - begin);
    for (size_t r = 0; r < from.size(); ++r) from[r] = gradients_[r] + begin;
    tree_sum(gradient() + begin, from, count);
    if (to_all_) copy_to_neighbours({begin, begin + count});
  }
}

void HostFlats::copy_to_neighbours(Range part) {
  for (float* other : gradients_)
    if (other != gradient())
      std::memcpy(other + part.begin, gradient() + part.begin, static_cast<size_t>(part.size()) * sizeof(float));
}

float* HostFlats::staged(uint64_t count, size_t partner) {
  const size_t piece = static_cast<size_t>(layout_.bucket_units * layout_.piece_size());
  return staging_.data() + (count % kAhead * partners_.size() + partner) * piece;
}

void HostFlats::add_hosts(uint64_t count) {
  const int bucket = bucket_of(count);
  std::vector<const float*> from;
  int64_t done = 0;
  for_each_part(bucket, comm_.rank(), [&](Range part) {
    from.clear();
    for (size_t i = 0; i < partners_.size(); ++i) from.push_back(staged(count, i) + done);
    from.insert(from.begin() + comm_.place().host, gradient() + part.begin);
    tree_sum(gradient() + part.begin, from, part.size());
    done += part.size();
  });
}

void HostFlats::finish_reduce() {
  const Stopwatch watch(times_.exposed);
  WEFT_ASSERT(bucket_of(named_) == 0);
  for (advance(); finished_ < named_; advance()) {
    const uint64_t count = finished_;
    const Call call = call_of(Call::Kind::sum, bucket_of(count));
    if (host_summed_ == count) {
      comm_.wait_for(comm_.neighbours(), call,
                     [&](int r) { return flags(r).named.load(std::memory_order_acquire) > count; });
    } else {
      wait_for_message(sums_[count % kAhead].back().rank, call);
    }
  }
  finish_messages(call_of(Call::Kind::sum, layout_.buckets() - 1));
  // Whoever goes on may write into its gradient, which others read until they have summed.
  flags(comm_.rank()).summed.store(++steps_, std::memory_order_release);
  comm_.wait_for(comm_.neighbours(), call_of(Call::Kind::sum, layout_.buckets() - 1),
                 [&](int r) { return flags(r).summed.load(std::memory_order_acquire) >= steps_; });
}

void HostFlats::finish_messages(const Call& call) {
  for (advance(); !messages_.empty() || !landings_.empty(); advance())
    wait_for_message((messages_.empty() ? landings_.front().parcels : messages_).back().rank, call);
}

void HostFlats::all_reduce() {
  to_all_ = comm_.place().hosts == 1;
  for (int bucket = 0; bucket < layout_.buckets(); ++bucket) reduce(bucket);
  finish_reduce();
  to_all_ = false;
  if (comm_.place().hosts > 1) spread_sums();
}

// Sums go the way of leaves: from their owner to one rank of every other host, and from there to its neighbours.
void HostFlats::spread_sums() {
  for (int bucket = 0; bucket < layout_.buckets(); ++bucket)
    exchange(bucket, bucket, reinterpret_cast<std::byte*>(gradient()), sizeof(float), messages_);
  finish_messages(call_of(Call::Kind::sum, layout_.buckets() - 1));
  for (int bucket = 0; bucket < layout_.buckets(); ++bucket) {
    for_each_part(bucket, comm_.rank(), [&](Range part) { copy_to_neighbours(part); });
    for (const int ward : wards_) for_each_part(bucket, ward, [&](Range part) { copy_to_neighbours(part); });
  }
  comm_.barrier();
}

void HostFlats::share(int bucket) {
  ++rounds_[bucket];
  landings_.push_back({bucket, {}});
  exchange(bucket, layout_.buckets() + bucket, leaves_, static_cast<size_t>(leaf_bytes_), landings_.back().parcels);
  advance();
}

// My piece of the bucket goes to the other hosts, and my wards' pieces come here.
void HostFlats::exchange(int bucket, int tag, std::byte* buffer, size_t number_bytes, Parcels& incoming) {
  const auto place = [&](Range part) { return buffer + part.begin * number_bytes; };
  for (const int ward : wards_)
    for_each_part(bucket, ward,
                  [&](Range part) { receive(incoming, ward, tag, place(part), part.size() * number_bytes); });
  for (const int partner : partners_)
    for_each_part(bucket, comm_.rank(),
                  [&](Range part) { send(partner, tag, place(part), part.size() * number_bytes); });
}

void HostFlats::wait_leaves(int bucket) {
  const uint64_t round = rounds_[bucket];
  const auto here = [&](int r) { return shared(r, bucket).load(std::memory_order_acquire) >= round; };
  const Range ranks = comm_.neighbours();
  advance();
  int r = static_cast<int>(ranks.begin);
  while (r < ranks.end && here(r)) ++r;
  if (r == ranks.end) return;
  const Stopwatch watch(times_.exposed);
  comm_.wait_for(ranks, call_of(Call::Kind::leaves, bucket), here);
}

}  // namespace weft
