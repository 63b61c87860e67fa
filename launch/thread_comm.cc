// SPDX-License-Identifier: Apache-2.0
#include "launch/thread_comm.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <new>
#include <thread>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "launch/host_comm.h"
#include "launch/transport.h"

namespace weft {
namespace {

std::shared_ptr<std::byte> memory_of(size_t bytes, size_t zeros) {
  constexpr size_t kPage = 4096;
  const size_t padded = (bytes + kPage - 1) / kPage * kPage;
  auto* memory = static_cast<std::byte*>(std::aligned_alloc(kPage, padded));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, zeros);
  return {memory, [](std::byte* it) { std::free(it); }};
}

struct Group {
  // The memory that a host's ranks ask for as their nth; the first to come makes it.
  std::shared_ptr<std::byte> memory(int host, int nth, size_t bytes, size_t zeros) {
    std::lock_guard lock(mutex);
    std::weak_ptr<std::byte>& known = memories[{host, nth}];
    std::shared_ptr<std::byte> found = known.lock();
    if (!found) known = found = memory_of(bytes, zeros);
    return found;
  }

  void fail(std::exception_ptr exception) {
    std::lock_guard lock(mutex);
    if (!broken) first_failure = std::move(exception);
    broken = true;
  }

  using Address = std::tuple<int, int, int, int>;  // from, to, tag, nth of these
  std::mutex mutex;
  std::map<std::pair<int, int>, std::weak_ptr<std::byte>> memories;
  std::map<Address, std::vector<std::byte>> mail;
  std::atomic<bool> broken = false;
  std::exception_ptr first_failure;
};

class Sent final : public Transport::Message {
 public:
  bool done() override { return true; }
};

class Awaited final : public Transport::Message {
 public:
  Awaited(Group& group, Group::Address address, std::byte* to, size_t bytes)
      : group_(group), address_(address), to_(to), bytes_(bytes) {}

  bool done() override {
    if (to_ == nullptr) return true;
    std::lock_guard lock(group_.mutex);
    const auto letter = group_.mail.extract(address_);
    if (letter.empty()) return false;
    WEFT_ASSERT(letter.mapped().size() <= bytes_);
    std::copy(letter.mapped().begin(), letter.mapped().end(), std::exchange(to_, nullptr));
    return true;
  }

 private:
  Group& group_;
  const Group::Address address_;
  std::byte* to_;
  const size_t bytes_;
};

class ThreadTransport final : public Transport {
 public:
  ThreadTransport(Group& group, int rank, int host) : group_(group), rank_(rank), host_(host) {}

  std::shared_ptr<std::byte> host_memory(size_t bytes, size_t zeros) override {
    return group_.memory(host_, memories_++, bytes, zeros);
  }

  std::unique_ptr<Message> send(int rank, int tag, const std::byte* data, size_t bytes) override {
    std::lock_guard lock(group_.mutex);
    group_.mail[{rank_, rank, tag, sent_[{rank, tag}]++}].assign(data, data + bytes);
    return std::make_unique<Sent>();
  }
  std::unique_ptr<Message> receive(int rank, int tag, std::byte* data, size_t bytes) override {
    return std::make_unique<Awaited>(group_, Group::Address{rank, rank_, tag, received_[{rank, tag}]++}, data, bytes);
  }

  void idle() override {
    if (group_.broken) throw Error("another rank ended with an error", Exit::peer_lost);
  }
  void expired(const std::string& message) override { throw Error(message, Exit::peer_lost); }

 private:
  Group& group_;
  const int rank_, host_;
  int memories_ = 0;
  std::map<std::pair<int, int>, int> sent_, received_;  // by rank and tag
};

}  // namespace

void run_thread_ranks(const ThreadRanks& settings, const std::function<void(Comm&)>& body) {
  std::vector<int> first_ranks = {0};
  for (const int ranks : settings.hosts.empty() ? std::vector{settings.ranks} : settings.hosts)
    first_ranks.push_back(first_ranks.back() + ranks);
  WEFT_ASSERT(first_ranks.back() == settings.ranks);
  Group group;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < settings.ranks; ++rank)
    threads.emplace_back([&, rank] {
      log::bind_rank(rank);
      try {
        const auto next = std::upper_bound(first_ranks.begin(), first_ranks.end(), rank);
        ThreadTransport transport(group, rank, static_cast<int>(next - first_ranks.begin()) - 1);
        HostComm comm(rank, first_ranks, transport);
        comm.set_deadline(settings.deadline_seconds);
        body(comm);
      } catch (...) {
        group.fail(std::current_exception());
      }
    });
  for (std::thread& thread : threads) thread.join();
  if (group.first_failure) std::rethrow_exception(group.first_failure);
}

void run_thread_ranks(int ranks, const std::function<void(Comm&)>& body) {
  run_thread_ranks(ThreadRanks{.ranks = ranks}, body);
}

}  // namespace weft
