// SPDX-License-Identifier: Apache-2.0
#include "base/comm.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"

namespace weft {
namespace {

template <class T>
void reduce_by_gathering(Comm& comm, std::span<T> values, Comm::Op op) {
  if (comm.size() == 1) return;
  std::vector<T> all(values.size() * static_cast<size_t>(comm.size()));
  comm.all_gather(values.data(), values.size_bytes(), all.data());
  std::copy_n(all.begin(), values.size(), values.begin());
  for (size_t i = values.size(); i < all.size(); ++i) {
    T& value = values[i % values.size()];
    value = op == Comm::Op::sum ? value + all[i] : std::max(value, all[i]);
  }
}

// Alone: the gradient is its own sum.
class LocalFlats final : public FlatExchange {
 public:
  LocalFlats(const FlatLayout& layout, int leaf_bytes)
      : gradient_(zeros<float>(static_cast<size_t>(layout.count))),
        leaves_(zeros<std::byte>(static_cast<size_t>(layout.count * leaf_bytes))) {}
  float* gradient() override { return gradient_.get(); }
  std::byte* leaves() override { return leaves_.get(); }
  bool fills_leaves() override { return true; }
  void reduce(int) override {}
  void progress() override {}
  void finish_reduce() override {}
  void share(int) override {}
  void wait_leaves(int) override {}
  void all_reduce() override {}
  Times take_times() override { return {}; }

 private:
  Array<float> gradient_;
  Array<std::byte> leaves_;
};

}  // namespace

void Comm::all_reduce(std::span<float> values, Op op) {
  reduce_by_gathering(*this, values, op);
}

void Comm::all_reduce(std::span<double> values, Op op) {
  reduce_by_gathering(*this, values, op);
}

void Comm::tell(const char*, int64_t, const std::string&) {}

void Comm::barrier() {
  const uint8_t mine = 1;
  std::vector<uint8_t> all(static_cast<size_t>(size_));
  all_gather(&mine, 1, all.data());
}

std::string Comm::broadcast_text(const std::string& text, int root) {
  uint64_t length = text.size();
  broadcast(&length, sizeof length, root);
  std::string result = rank_ == root ? text : std::string(length, '\0');
  broadcast(result.data(), result.size(), root);
  return result;
}

std::vector<std::string> Comm::gather_texts(const std::string& mine) {
  const uint64_t length = mine.size();
  std::vector<uint64_t> lengths(static_cast<size_t>(size_));
  all_gather(&length, sizeof length, lengths.data());
  const size_t longest = *std::max_element(lengths.begin(), lengths.end());
  std::string padded = mine;
  padded.resize(longest);
  std::string all(longest * static_cast<size_t>(size_), '\0');
  all_gather(padded.data(), longest, all.data());
  std::vector<std::string> texts;
  for (size_t rank = 0; rank < lengths.size(); ++rank) texts.push_back(all.substr(rank * longest, lengths[rank]));
  return texts;
}

void LocalComm::all_gather(const void* mine, size_t bytes, void* all) {
  std::memcpy(all, mine, bytes);
}

std::unique_ptr<FlatExchange> LocalComm::open_flats(const FlatLayout& layout, int leaf_bytes) {
  return std::make_unique<LocalFlats>(layout, leaf_bytes);
}

Range share_of(int64_t count, int rank, int size) {
  return {count * rank / size, count * (rank + 1) / size};
}

}  // namespace weft
