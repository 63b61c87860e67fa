// SPDX-License-Identifier: Apache-2.0
#include "trainer/weight_guard.h"

#include <string_view>

#include "base/error.h"
#include "base/hash.h"
#include "trainer/device.h"

namespace weft {

uint64_t WeightGuard::hash_of(int64_t begin, int64_t end) const {
  const int64_t width = flat_.precision() == Precision::bf16 ? 2 : 4;
  const auto bytes = static_cast<size_t>((end - begin) * width);
  const char* leaves = reinterpret_cast<const char*>(flat_.exchange().leaves() + begin * width);
  if (flat_.device() == kCpu) return hash64(std::string_view(leaves, bytes), 0);
  std::string on_host(bytes, '\0');
  copy_to_host(flat_.device(), on_host.data(), leaves, bytes);
  return hash64(on_host, 0);
}

std::vector<uint64_t> WeightGuard::hashes_of_owned() const {
  std::vector<uint64_t> hashes;
  for (int64_t unit = 0; unit < flat_.layout().units(); ++unit) {
    const Range piece = flat_.layout().piece(unit, flat_.rank());
    hashes.push_back(hash_of(piece.begin, piece.end));
  }
  return hashes;
}

std::string WeightGuard::parameters_in(int64_t begin, int64_t end) const {
  std::string names;
  for (const auto& seat : flat_.seats())
    if (seat.offset < end && seat.offset + seat.count > begin)
      names += (names.empty() ? "" : ", ") + seat.parameter->name;
  return names;
}

void WeightGuard::note() {
  noted_ = hashes_of_owned();
}

void WeightGuard::verify() {
  flat_.wait_leaves();
  const std::vector<uint64_t> now = noted_.empty() ? noted_ : hashes_of_owned();
  for (size_t unit = 0; unit < now.size(); ++unit) {
    if (now[unit] == noted_[unit]) continue;
    const Range piece = flat_.layout().piece(static_cast<int64_t>(unit), flat_.rank());
    throw Error(join("rank ", flat_.rank(), ": weights changed between two updates, in ",
                     parameters_in(piece.begin, piece.end), " (numbers ", piece.begin, " to ", piece.end,
                     " of the flat buffer): memory is broken or was overwritten; the last checkpoint is older"),
                Exit::failed);
  }
  noted_.clear();
  compare_hosts();
}

// Each rank hashes some units of its host's leaves.
void WeightGuard::compare_hosts() {
  const HostPlace& place = comm_.place();
  if (place.hosts == 1) return;
  const auto units = static_cast<size_t>(flat_.layout().units());
  const int64_t unit_size = flat_.layout().unit;
  std::vector<uint64_t> mine(units + 1);
  mine[units] = static_cast<uint64_t>(place.host);
  for (size_t unit = 0; unit < units; ++unit)
    if (static_cast<int>(unit) % place.local_ranks == place.local_rank) {
      const int64_t begin = static_cast<int64_t>(unit) * unit_size;
      mine[unit] = hash_of(begin, begin + unit_size);
    }
  std::vector<uint64_t> all(mine.size() * static_cast<size_t>(comm_.size()));
  comm_.all_gather(mine.data(), mine.size() * sizeof(uint64_t), all.data());
  std::vector<std::vector<uint64_t>> by_host(static_cast<size_t>(place.hosts), std::vector<uint64_t>(units));
  for (size_t rank = 0; rank < static_cast<size_t>(comm_.size()); ++rank) {
    const uint64_t* hashes = all.data() + rank * mine.size();
    for (size_t unit = 0; unit < units; ++unit) by_host[hashes[units]][unit] += hashes[unit];
  }
  for (size_t host = 1; host < by_host.size(); ++host)
    for (size_t unit = 0; unit < units; ++unit)
      if (by_host[host][unit] != by_host[0][unit]) {
        const int64_t begin = static_cast<int64_t>(unit) * unit_size;
        throw Error(join("host ", host, " has other weights than host 0, in ", parameters_in(begin, begin + unit_size)),
                    Exit::failed);
      }
}

}  // namespace weft
