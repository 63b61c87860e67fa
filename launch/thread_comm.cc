// SPDX-License-Identifier: Apache-2.0
#include "launch/thread_comm.h"

#include <condition_variable>
#include <cstring>
#include <exception>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/log.h"

namespace weft {
namespace {

struct Group {
  explicit Group(int ranks) : size(ranks), pointers(static_cast<size_t>(ranks)) {}

  // Everybody arrives before anybody leaves.
  void meet() {
    std::unique_lock lock(mutex);
    if (broken) throw Error("another rank ended with an error", Exit::peer_lost);
    const int64_t mine = generation;
    if (++arrived == size) {
      arrived = 0;
      ++generation;
      changed.notify_all();
      return;
    }
    changed.wait(lock, [&] { return generation != mine || broken; });
    if (generation == mine) throw Error("another rank ended with an error", Exit::peer_lost);
  }

  void fail(std::exception_ptr exception) {
    std::lock_guard lock(mutex);
    if (!broken) first_failure = std::move(exception);
    broken = true;
    changed.notify_all();
  }

  const int size;
  std::vector<const void*> pointers;  // what each rank brings to the collective under way
  std::vector<uint8_t> result;
  std::mutex mutex;
  std::condition_variable changed;
  int arrived = 0;
  int64_t generation = 0;
  bool broken = false;
  std::exception_ptr first_failure;
};

class ThreadComm final : public Comm {
 public:
  ThreadComm(int rank, Group& group) : Comm(rank, group.size), group_(group) {}

  void all_gather(const void* mine, size_t bytes, void* all) override {
    bring(mine);
    for (int r = 0; r < size(); ++r) std::memcpy(static_cast<uint8_t*>(all) + bytes * r, group_.pointers[r], bytes);
    group_.meet();
  }

  void broadcast(void* data, size_t bytes, int root) override {
    bring(data);
    if (rank() != root) std::memcpy(data, group_.pointers[root], bytes);
    group_.meet();
  }

 protected:
  void all_reduce(void* values, size_t count, Number number, Op op) override {
    if (rank() == 0) group_.result.resize(count * (number == Number::f32 ? 4 : 8));
    bring(values);
    number == Number::f32 ? combine<float>(count, op) : combine<double>(count, op);
    group_.meet();
    std::memcpy(values, group_.result.data(), group_.result.size());
    group_.meet();
  }

 private:
  void bring(const void* mine) {
    group_.pointers[static_cast<size_t>(rank())] = mine;
    group_.meet();
  }

  // Each rank combines its share of the positions, always in the order of ranks.
  template <class T>
  void combine(size_t count, Op op) {
    const Range mine = share_of(static_cast<int64_t>(count), rank(), size());
    T* result = reinterpret_cast<T*>(group_.result.data());
    for (int64_t i = mine.begin; i < mine.end; ++i) {
      T value = static_cast<const T*>(group_.pointers[0])[i];
      for (int r = 1; r < size(); ++r) {
        const T other = static_cast<const T*>(group_.pointers[r])[i];
        value = op == Op::sum ? value + other : std::max(value, other);
      }
      result[i] = value;
    }
  }

  Group& group_;
};

}  // namespace

void run_thread_ranks(int ranks, const std::function<void(Comm&)>& body) {
  Group group(ranks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank)
    threads.emplace_back([&, rank] {
      log::bind_rank(rank);
      ThreadComm comm(rank, group);
      try {
        body(comm);
      } catch (...) {
        group.fail(std::current_exception());
      }
    });
  for (std::thread& thread : threads) thread.join();
  if (group.first_failure) std::rethrow_exception(group.first_failure);
}

}  // namespace weft
