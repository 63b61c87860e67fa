// SPDX-License-Identifier: Apache-2.0
#include "launch/host_region.h"

#include <algorithm>

#include "base/error.h"

namespace weft {

std::string Call::text() const {
  switch (kind) {
    case Kind::none:
      return "no collective";
    case Kind::all_gather:
      return join("all_gather number ", number, " of ", bytes, " bytes");
    case Kind::broadcast:
      return join("broadcast number ", number, " of ", bytes, " bytes from rank ", detail);
    case Kind::open_flats:
      return join("open_flats number ", number, " of ", bytes, " bytes");
    case Kind::sum:
      return join("sum of gradients, bucket ", detail, " of ", bytes, " bytes, after collective number ", number);
    case Kind::leaves:
      return join("sharing of weights, bucket ", detail, " of ", bytes, " bytes, after collective number ", number);
  }
  return "an unknown collective";
}

std::string Told::text() const {
  std::string at = phase[0] == '\0' ? "nothing" : join("step ", step, ", ", phase);
  if (sample[0] != '\0') at += join(", sample ", sample);
  return join("it last told: ", at, "; its last collective: ", call.text());
}

// 64 KiB a rank, as long as the boxes of all ranks fit into a second-level cache.
size_t HostRegion::content_bytes(int ranks) {
  return std::clamp((size_t{2} << 20) / static_cast<size_t>(ranks) & ~size_t{63}, size_t{4} << 10, size_t{64} << 10);
}

}  // namespace weft
