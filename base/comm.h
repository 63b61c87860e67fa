// SPDX-License-Identifier: Apache-2.0
// The ranks of a run and what they say to each other.  Every call is made by all ranks in the same order.  A Comm knows
// nothing of what the numbers mean.  launch/mpi_comm.cc has processes, launch/thread_comm.cc has threads as ranks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/flat_exchange.h"
#include "base/range.h"

namespace weft {

// Which ranks share a machine.  Ranks are numbered host by host, so a host's ranks are neighbours.
struct HostPlace {
  int host = 0, hosts = 1;
  int local_rank = 0, local_ranks = 1;
};

class Comm {
 public:
  enum class Op { sum, max };

  Comm(int rank, int size, HostPlace place) : rank_(rank), size_(size), place_(place) {}
  virtual ~Comm() = default;
  Comm(const Comm&) = delete;
  Comm& operator=(const Comm&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }
  bool is_first() const { return rank_ == 0; }
  const HostPlace& place() const { return place_; }

  // For the few numbers of a control exchange: in place, added in the order of ranks, so the same bits on every rank.
  void all_reduce(std::span<float> values, Op op = Op::sum);
  void all_reduce(std::span<double> values, Op op = Op::sum);

  // Rank r's `mine` becomes all[r * bytes, (r + 1) * bytes) everywhere; bytes is the same on every rank.
  virtual void all_gather(const void* mine, size_t bytes, void* all) = 0;
  virtual void broadcast(void* data, size_t bytes, int root) = 0;
  // Flat buffers of `layout`, whose leaves have 2 or 4 bytes a number; zeros.
  virtual std::unique_ptr<FlatExchange> open_flats(const FlatLayout& layout, int leaf_bytes) = 0;

  // The longest that any of these may wait for another rank.
  virtual void set_deadline(double) {}
  // What this rank is at, for the message of a peer that waits for it in vain.
  virtual void tell(const char* phase, int64_t step, const std::string& sample);

  void barrier();
  std::string broadcast_text(const std::string& text, int root = 0);
  // Every rank's text, by rank; the lengths may differ.
  std::vector<std::string> gather_texts(const std::string& mine);

 private:
  int rank_, size_;
  HostPlace place_;
};

// One rank alone.
class LocalComm final : public Comm {
 public:
  LocalComm() : Comm(0, 1, {}) {}
  void all_gather(const void* mine, size_t bytes, void* all) override;
  void broadcast(void*, size_t, int) override {}
  std::unique_ptr<FlatExchange> open_flats(const FlatLayout& layout, int leaf_bytes) override;
};

}  // namespace weft
