// SPDX-License-Identifier: Apache-2.0
// Members of tar archives, plain and gzipped, whose headers have their true checksums again after every change.
#include "data/formats/tar.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cstdio>

#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {
namespace {

constexpr size_t kBlock = 512;

void mend_checksum(Bytes& archive, size_t header) {
  std::fill_n(archive.begin() + static_cast<std::ptrdiff_t>(header) + 148, 8, ' ');
  unsigned sum = 0;
  for (size_t i = header; i < header + kBlock; ++i) sum += archive[i];
  std::snprintf(reinterpret_cast<char*>(&archive[header + 148]), 8, "%06o", sum);
}

Bytes member(const std::string& name, char type, const std::string& content, const char* magic) {
  Bytes block(kBlock + (content.size() + kBlock - 1) / kBlock * kBlock);
  std::copy(name.begin(), name.end(), block.begin());
  std::snprintf(reinterpret_cast<char*>(&block[124]), 12, "%011zo", content.size());
  block[156] = static_cast<uint8_t>(type);
  std::copy_n(magic, 8, block.begin() + 257);
  std::copy(content.begin(), content.end(), block.begin() + kBlock);
  mend_checksum(block, 0);
  return block;
}

Bytes archive_of(const std::vector<Bytes>& members) {
  Bytes all;
  for (const Bytes& one : members) all.insert(all.end(), one.begin(), one.end());
  all.resize(all.size() + 2 * kBlock);
  return all;
}

Bytes gzipped(const Bytes& plain) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&stream, plain.size()) + 32);
  stream.next_in = const_cast<uint8_t*>(plain.data());
  stream.avail_in = static_cast<unsigned>(plain.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<unsigned>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

void read_all(const Bytes& input) {
  const int memory = memfd_create("archive", 0);
  WEFT_ASSERT(memory >= 0 && write(memory, input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  try {
    TarReader tar(join("/proc/self/fd/", memory));
    TarMember found;
    for (bool is_read = true; tar.next(found); is_read = !is_read) {
      const size_t got = is_read ? tar.content().size() : 0;  // it is given once
      WEFT_ASSERT(!is_read || !found.is_file() || got == found.size);
    }
  } catch (const Error&) {
  }
  close(memory);
}

}  // namespace

std::vector<Bytes> seeds() {
  const char* posix = "ustar\00000";
  const Bytes plain =
      archive_of({member("a.txt", '0', "hello", posix), member("b", 'x', "14 path=c.txt\n12 size=600\n", posix),
                  member("b", '0', std::string(600, 'x'), posix), member("l", 'L', std::string(200, 'n'), "ustar  "),
                  member("n", '0', "", "ustar  "), member("d/", '5', "", posix)});
  return {plain, gzipped(plain)};
}

// As it is; then with every block that still looks like a header made believable.
void parse(const Bytes& input) {
  read_all(input);
  Bytes mended = input;
  for (size_t at = 0; at + kBlock <= mended.size(); at += kBlock)
    if (mended[at + 257] == 'u' || mended[at + 258] == 's') mend_checksum(mended, at);
  read_all(mended);
}

}  // namespace weft::fuzz
