// SPDX-License-Identifier: Apache-2.0
// A fuzzer without a compiler's help, for every machine: valid inputs, changed by a few random edits each, from a seed.
//   fuzz_rle executions=1000000 seed=1      random inputs; the one that a sanitizer stops at is kept as crash-<target>
//   fuzz_rle FILE ...                       just these
#include <sanitizer/common_interface_defs.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "base/random.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace weft::fuzz {
namespace {

constexpr size_t kMostBytes = 1 << 16;
constexpr double kMostSeconds = 5;  // of one input
Bytes current;
std::string crash_file;

void keep_current() {
  if (std::FILE* file = std::fopen(crash_file.c_str(), "wb")) {
    std::fwrite(current.data(), 1, current.size(), file);
    std::fclose(file);
    std::fprintf(stderr, "the input is kept in %s\n", crash_file.c_str());
  }
}

// One edit; lengths and offsets like to be near powers of two, texts to have their digits changed.
void edit(Bytes& bytes, const std::vector<Bytes>& seeds, Stream& stream) {
  const auto place = [&] { return static_cast<ptrdiff_t>(stream.below(bytes.size())); };
  if (bytes.empty()) bytes.push_back(static_cast<uint8_t>(stream.bits()));
  switch (stream.below(9)) {
    case 0:
      bytes[static_cast<size_t>(place())] ^= static_cast<uint8_t>(1u << stream.below(8));
      break;
    case 1:
      bytes[static_cast<size_t>(place())] = static_cast<uint8_t>(stream.bits());
      break;
    case 2:
      bytes.insert(bytes.begin() + place(), 1 + stream.below(8), static_cast<uint8_t>(stream.bits()));
      break;
    case 3: {
      const ptrdiff_t from = place();
      bytes.erase(
          bytes.begin() + from,
          bytes.begin() + std::min<ptrdiff_t>(from + 1 + static_cast<ptrdiff_t>(stream.below(16)), std::ssize(bytes)));
      break;
    }
    case 4:  // cut short
      bytes.resize(static_cast<size_t>(place()));
      break;
    case 5: {  // a piece again, elsewhere
      const ptrdiff_t from = place();
      const Bytes piece(bytes.begin() + from, bytes.begin() + std::min<ptrdiff_t>(from + 32, std::ssize(bytes)));
      bytes.insert(bytes.begin() + place(), piece.begin(), piece.end());
      break;
    }
    case 6: {  // the rest of another one
      const Bytes& other = seeds[stream.below(seeds.size())];
      bytes.resize(static_cast<size_t>(place()));
      if (!other.empty())
        bytes.insert(bytes.end(), other.begin() + static_cast<ptrdiff_t>(stream.below(other.size())), other.end());
      break;
    }
    case 7: {  // a number of 1, 2, 4 or 8 bytes
      const size_t width = size_t{1} << stream.below(4);
      if (bytes.size() < width) break;
      const uint64_t near = (uint64_t{1} << stream.below(64)) + stream.below(3) - 1;
      std::memcpy(bytes.data() + stream.below(bytes.size() - width + 1), &near, width);
      break;
    }
    default: {  // a digit, where there is one near
      for (size_t at = static_cast<size_t>(place()), end = std::min(bytes.size(), at + 64); at < end; ++at)
        if (bytes[at] >= '0' && bytes[at] <= '9') {
          bytes[at] = "0123456789-.eE"[stream.below(14)];
          break;
        }
    }
  }
  if (bytes.size() > kMostBytes) bytes.resize(kMostBytes);
}

bool run(const Bytes& input) {
  current = input;
  const std::clock_t start = std::clock();  // of this process: others may hold the machine
  LLVMFuzzerTestOneInput(current.data(), current.size());
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  if (seconds <= kMostSeconds) return true;
  std::fprintf(stderr, "an input of %zu bytes took %.1f s\n", current.size(), seconds);
  keep_current();
  return false;
}

int main_of(int count, char** words) {
  uint64_t executions = 10000, seed = 1;
  crash_file = std::string("crash-") + Path(words[0]).filename().string();
  __sanitizer_set_death_callback(keep_current);
  bool is_random = true;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word.starts_with("executions="))
      executions = std::stoull(word.substr(11));
    else if (word.starts_with("seed="))
      seed = std::stoull(word.substr(5));
    else if (is_random = false; !run(read_bytes(word)))
      return 1;
  }
  if (!is_random) return 0;
  const std::vector<Bytes> valid = seeds();
  for (const Bytes& input : valid) {
    current = input;
    parse(input);  // valid inputs have no Error
  }
  for (uint64_t i = 0; i < executions; ++i) {
    Stream stream(seed, Purpose::init, i, 0);
    Bytes input = valid[stream.below(valid.size())];
    for (uint64_t edits = 1 + stream.below(6); edits > 0; --edits) edit(input, valid, stream);
    if (!run(input)) return 1;
  }
  std::printf("%llu executions, clean\n", static_cast<unsigned long long>(executions));
  return 0;
}

}  // namespace
}  // namespace weft::fuzz

int main(int count, char** words) {
  try {
    return weft::fuzz::main_of(count, words);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    weft::fuzz::keep_current();
    return 1;
  }
}
