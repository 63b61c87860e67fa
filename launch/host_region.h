// SPDX-License-Identifier: Apache-2.0
// The memory in which the ranks of one host meet: for each rank of the run a slot (how far it has come, what it is at)
// and two mailboxes, used by turns.  A meeting: write into my box, arrive, wait until all have arrived, read all boxes.
// Whoever arrives at the next meeting has read the boxes of this one, so the box after that may be written again: one
// wait a meeting.  Memory: launch/transport.h.  Who waits, and how long: launch/host_comm.cc.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>

namespace weft {

// What a rank takes part in.  Ranks that meet must agree in every field.
struct Call {
  enum class Kind : uint32_t { none, all_gather, broadcast, open_flats, sum, leaves };
  Kind kind = Kind::none;
  int32_t detail = 0;  // root of a broadcast, bucket of a sum or of leaves
  uint64_t number = 0, bytes = 0;

  bool operator==(const Call&) const = default;
  std::string text() const;
};

struct Told {
  char phase[24] = {}, sample[112] = {};
  int64_t step = 0;
  Call call;  // entered last

  std::string text() const;
};

// A value that others may look at while it changes: a torn one is good enough for a message.
template <class T>
class Glimpse {
 public:
  void show(const T& value) {
    std::array<uint64_t, kWords> words;
    std::memcpy(words.data(), &value, sizeof value);
    for (size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_relaxed);
  }
  T look() const {
    std::array<uint64_t, kWords> words;
    for (size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
    T value;
    std::memcpy(static_cast<void*>(&value), words.data(), sizeof value);
    return value;
  }

 private:
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(uint64_t) == 0);
  static constexpr size_t kWords = sizeof(T) / sizeof(uint64_t);
  std::array<std::atomic<uint64_t>, kWords> words_;
};

class HostRegion {
 public:
  struct alignas(64) Slot {
    std::atomic<uint64_t> arrived;  // meetings that this rank has come to
    std::atomic<uint64_t> relayed;  // meetings for which this rank has brought the other hosts' mail
    Glimpse<Told> told;
  };

  // bytes() of zeros, the same for all ranks of the host.
  HostRegion(std::byte* memory, int ranks) : memory_(memory), ranks_(ranks) {}
  static size_t bytes(int ranks) { return static_cast<size_t>(ranks) * (sizeof(Slot) + 2 * mail_bytes(ranks)); }
  static size_t content_bytes(int ranks);  // that a mailbox holds

  Slot& slot(int rank) { return reinterpret_cast<Slot*>(memory_)[rank]; }
  // The mailboxes of a meeting; reading and writing are ordered by `arrived` and `relayed`.
  Call& call(uint64_t meeting, int rank) { return *reinterpret_cast<Call*>(mail(meeting, rank)); }
  std::byte* content(uint64_t meeting, int rank) { return mail(meeting, rank) + kHead; }

 private:
  static constexpr size_t kHead = 64;
  static size_t mail_bytes(int ranks) { return kHead + content_bytes(ranks); }
  std::byte* mail(uint64_t meeting, int rank) {
    const size_t box = static_cast<size_t>(meeting % 2) * static_cast<size_t>(ranks_) + static_cast<size_t>(rank);
    return memory_ + static_cast<size_t>(ranks_) * sizeof(Slot) + box * mail_bytes(ranks_);
  }

  std::byte* memory_;
  int ranks_;
};

}  // namespace weft
