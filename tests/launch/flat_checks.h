// SPDX-License-Identifier: Apache-2.0
// What every FlatExchange of several ranks must do, for threads (host_flats_test.cc) and processes (mpi_comm_test.cc).
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <random>
#include <thread>
#include <vector>

#include "base/comm.h"

namespace weft {

struct FlatCase {
  int64_t unit = 64 * 12, units = 7, bucket_units = 2;
  int leaf_bytes = 4, steps = 3;
  int longest_delay_us = 0;  // at random, between any two calls
};

// Numbers of very different sizes, so that another order of additions has another sum.
inline float gradient_number(int rank, int step, int64_t i) {
  uint64_t z = static_cast<uint64_t>(i) * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(rank * 1000 + step);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  z ^= z >> 31;
  const float mantissa = 1 + static_cast<float>(z & 0xFFFFFF) / 0x1000000;
  return std::ldexp(z >> 63 ? mantissa : -mantissa, static_cast<int>(z >> 32 & 15));
}

// The definition: left half + right half.
template <class Number>
float tree_of(int begin, int end, Number number) {
  if (end - begin == 1) return number(begin);
  const int middle = begin + (end - begin) / 2;
  const float left = tree_of(begin, middle, number), right = tree_of(middle, end, number);
  return left + right;
}

// hosts[h] ranks on host h: one tree over the hosts, of one tree over the ranks of each.
inline float wanted_sum(const std::vector<int>& hosts, int step, int64_t i) {
  std::vector<int> first = {0};
  for (const int ranks : hosts) first.push_back(first.back() + ranks);
  return tree_of(0, static_cast<int>(hosts.size()), [&](int host) {
    return tree_of(first[host], first[host + 1], [&](int rank) { return gradient_number(rank, step, i); });
  });
}

inline std::vector<int> ranks_of_hosts(Comm& comm) {
  std::vector<HostPlace> places(static_cast<size_t>(comm.size()));
  comm.all_gather(&comm.place(), sizeof(HostPlace), places.data());
  std::vector<int> hosts(static_cast<size_t>(places[0].hosts));
  for (const HostPlace& place : places) ++hosts[place.host];
  return hosts;
}

class FlatRun {
 public:
  FlatRun(Comm& comm, const FlatCase& which)
      : comm_(comm), case_(which), hosts_(ranks_of_hosts(comm)), random_(static_cast<unsigned>(comm.rank())) {
    const int64_t least = FlatLayout::kPad * comm.size();
    layout_.unit = (which.unit + least - 1) / least * least;
    layout_.count = layout_.unit * which.units;
    layout_.bucket_units = which.bucket_units;
    layout_.ranks = layout_.virtual_ranks = comm.size();
    flats_ = comm.open_flats(layout_, which.leaf_bytes);
  }

  const FlatLayout& layout() const { return layout_; }
  FlatExchange& flats() { return *flats_; }

  void fill_gradient(int step) {
    for (int64_t i = 0; i < layout_.count; ++i) flats_->gradient()[i] = gradient_number(comm_.rank(), step, i);
  }

  // Returns the number of wrong numbers in this rank's pieces.
  int64_t reduce(int step) {
    fill_gradient(step);
    for (int bucket = 0; bucket < layout_.buckets(); ++bucket) {
      dawdle();
      flats_->reduce(bucket);
      for (unsigned n = random_() % 3; n > 0; --n) flats_->progress();
    }
    dawdle();
    flats_->finish_reduce();
    int64_t wrong = 0;
    for (int64_t u = 0; u < layout_.units(); ++u) wrong += wrong_sums(layout_.piece(u, comm_.rank()), step);
    return wrong;
  }

  // Every rank writes its pieces; returns the number of bytes that are wrong afterwards, whoever wrote them.
  int64_t share(int step) {
    for (int bucket = layout_.buckets() - 1; bucket >= 0; --bucket) {
      const Range units = layout_.units_of(bucket);
      for (int64_t u = units.begin; u < units.end; ++u) {
        const Range piece = layout_.piece(u, comm_.rank());
        for (int64_t i = piece.begin * case_.leaf_bytes; i < piece.end * case_.leaf_bytes; ++i)
          flats_->leaves()[i] = leaf_byte(comm_.rank(), step, i);
      }
      dawdle();
      flats_->share(bucket);
    }
    int64_t wrong = 0;
    for (int bucket = 0; bucket < layout_.buckets(); ++bucket) {
      dawdle();
      flats_->wait_leaves(bucket);
      const Range units = layout_.units_of(bucket);
      for (int64_t u = units.begin; u < units.end; ++u)
        for (int rank = 0; rank < comm_.size(); ++rank) {
          const Range piece = layout_.piece(u, rank);
          for (int64_t i = piece.begin * case_.leaf_bytes; i < piece.end * case_.leaf_bytes; ++i)
            wrong += flats_->leaves()[i] != leaf_byte(rank, step, i);
        }
    }
    return wrong;
  }

  int64_t wrong_sums(Range numbers, int step) {
    int64_t wrong = 0;
    for (int64_t i = numbers.begin; i < numbers.end; ++i) {
      const float wanted = wanted_sum(hosts_, step, i);
      wrong += std::bit_cast<uint32_t>(flats_->gradient()[i]) != std::bit_cast<uint32_t>(wanted);
    }
    return wrong;
  }

  void dawdle() {
    if (case_.longest_delay_us > 0 && random_() % 2 == 0)
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % static_cast<unsigned>(case_.longest_delay_us)));
  }

 private:
  static std::byte leaf_byte(int rank, int step, int64_t i) {
    return static_cast<std::byte>(i * 7 + rank * 31 + step * 101);
  }

  Comm& comm_;
  const FlatCase case_;
  const std::vector<int> hosts_;
  std::minstd_rand random_;
  FlatLayout layout_;
  std::unique_ptr<FlatExchange> flats_;
};

// Steps as a trainer makes them, without anything between that would hold ranks together.
inline void expect_right_sums_and_leaves(Comm& comm, const FlatCase& which) {
  FlatRun run(comm, which);
  for (int step = 0; step < which.steps; ++step) {
    EXPECT_EQ(run.reduce(step), 0) << "step " << step << ", rank " << comm.rank();
    EXPECT_EQ(run.share(step), 0) << "step " << step << ", rank " << comm.rank();
  }
}

}  // namespace weft
