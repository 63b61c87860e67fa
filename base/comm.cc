// SPDX-License-Identifier: Apache-2.0
#include "base/comm.h"

#include <algorithm>
#include <cstring>

namespace weft {

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

Range share_of(int64_t count, int rank, int size) {
  return {count * rank / size, count * (rank + 1) / size};
}

}  // namespace weft
