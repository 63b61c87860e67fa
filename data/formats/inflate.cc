// SPDX-License-Identifier: Apache-2.0
#include "data/formats/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace weft {
namespace {

constexpr size_t kPiece = size_t{1} << 30;  // zlib counts in unsigned int

int window_bits(Framing framing) {
  return framing == Framing::gzip ? MAX_WBITS + 16 : framing == Framing::none ? -MAX_WBITS : MAX_WBITS;
}

}  // namespace

Bytes deflated(const uint8_t* data, size_t size) {
  uLongf length = compressBound(size);
  Bytes out(length);
  WEFT_ASSERT(compress2(out.data(), &length, data, size, Z_DEFAULT_COMPRESSION) == Z_OK);
  out.resize(length);
  return out;
}

Bytes inflated(const uint8_t* data, size_t size, Framing framing, uint64_t most) {
  z_stream stream{};
  WEFT_ASSERT(inflateInit2(&stream, window_bits(framing)) == Z_OK);
  const std::unique_ptr<z_stream, decltype(&inflateEnd)> owner(&stream, inflateEnd);
  Bytes out(std::min<uint64_t>({most, 4 * uint64_t{size} + 64, kPiece}));
  size_t done = 0;
  while (done < most) {
    if (stream.avail_in == 0) {
      stream.next_in = const_cast<Bytef*>(data);
      stream.avail_in = static_cast<uInt>(std::min(size, kPiece));
      data += stream.avail_in;
      size -= stream.avail_in;
    }
    if (done == out.size()) out.resize(std::min<uint64_t>(most, 2 * uint64_t{done}));
    stream.next_out = out.data() + done;
    const uInt room = static_cast<uInt>(std::min(out.size() - done, kPiece));
    stream.avail_out = room;
    const int result = inflate(&stream, Z_NO_FLUSH);
    done += room - stream.avail_out;
    const bool has_more = stream.avail_in > 0 || size > 0;
    if (result == Z_STREAM_END) {
      if (framing != Framing::gzip || !has_more) break;
      check(inflateReset(&stream) == Z_OK, "a damaged deflate stream");
      continue;
    }
    check(result == Z_OK || (result == Z_BUF_ERROR && has_more),
          "a damaged deflate stream: ", stream.msg ? stream.msg : "it ends early");
  }
  out.resize(done);
  return out;
}

}  // namespace weft
