// SPDX-License-Identifier: Apache-2.0
// The ranks of a run and what they say to each other.  Every call is made by all ranks in the same order.  A Comm knows
// nothing of what the numbers mean.  launch/mpi_comm.cc has processes, launch/thread_comm.cc has threads as ranks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace weft {

class Comm {
 public:
  enum class Number { f32, f64 };
  enum class Op { sum, max };

  Comm(int rank, int size) : rank_(rank), size_(size) {}
  virtual ~Comm() = default;
  Comm(const Comm&) = delete;
  Comm& operator=(const Comm&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_first() const { return rank_ == 0; }

  void all_reduce(std::span<float> values, Op op = Op::sum) {
    all_reduce(values.data(), values.size(), Number::f32, op);
  }
  void all_reduce(std::span<double> values, Op op = Op::sum) {
    all_reduce(values.data(), values.size(), Number::f64, op);
  }

  // Rank r's `mine` becomes all[r * bytes, (r + 1) * bytes) everywhere; bytes is the same on every rank.
  virtual void all_gather(const void* mine, size_t bytes, void* all) = 0;
  virtual void broadcast(void* data, size_t bytes, int root) = 0;

  void barrier();
  std::string broadcast_text(const std::string& text, int root = 0);
  // Every rank's text, by rank; the lengths may differ.
  std::vector<std::string> gather_texts(const std::string& mine);

 protected:
  // In place; the result is the same bits on every rank.
  virtual void all_reduce(void* values, size_t count, Number number, Op op) = 0;

 private:
  int rank_, size_;
};

// One rank alone.
class LocalComm final : public Comm {
 public:
  LocalComm() : Comm(0, 1) {}
  void all_gather(const void* mine, size_t bytes, void* all) override;
  void broadcast(void*, size_t, int) override {}

 protected:
  void all_reduce(void*, size_t, Number, Op) override {}
};

// The part [begin, end) of `count` items that belongs to `rank`: contiguous, sizes differ by at most one.
struct Range {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};
Range share_of(int64_t count, int rank, int size);

}  // namespace weft
