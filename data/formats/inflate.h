// SPDX-License-Identifier: Apache-2.0
// zlib's deflate, with a limit on what comes out.
#pragma once

#include <cstdint>

#include "base/files.h"

namespace weft {

enum class Framing { zlib, gzip, none };  // gzip: members one behind the other are one stream

constexpr uint64_t kMostInflation = 1032;  // no deflate stream unpacks to more than this many times its size

Bytes deflated(const uint8_t* data, size_t size);  // framing zlib

// At most the first `most` bytes of what the stream holds; memory grows with what comes out.  An Error where the stream
// is damaged or ends early before that.
Bytes inflated(const uint8_t* data, size_t size, Framing framing, uint64_t most);

}  // namespace weft
