// SPDX-License-Identifier: Apache-2.0
// Shuffled reads of single samples on one thread, warm: Store::read (shard, chunk address, pread, CRC-32C, its errors
// with names) beside a bare pread and the same CRC-32C of the same bytes from a flat file, pass by pass in turn.
//   read_bench FOLDER      the datasets are made there (some 400 MB) and used again
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "base/random.h"
#include "data/image.h"
#include "data/store.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

struct Case {
  const char* name;
  uint32_t samples, mean_bytes;
};
constexpr Case kCases[] = {{"112kB", 1500, 112000}, {"6kB", 20000, 6000}};
constexpr int kRounds = 9;

// A JPEG of a few pixels with bytes behind its end, from half to one and a half times the mean.
Bytes content_of(const Case& what, uint32_t sample) {
  static const Bytes picture = encode_jpeg(Image(8, 8, 3), 90);
  Stream stream(1, Purpose::augment, what.mean_bytes, sample);
  Bytes content = picture;
  const size_t size = what.mean_bytes / 2 + stream.below(what.mean_bytes);
  while (content.size() < size) content.push_back(static_cast<uint8_t>(stream.bits()));
  return content;
}

void make_dataset(const Case& what, const Path& folder, const Path& flat) {
  StoreWriter writer(folder, {.name = what.name, .licence = "none"});
  std::FILE* file = std::fopen(flat.c_str(), "wb");
  check(file != nullptr, flat.string(), ": cannot be written");
  for (uint32_t i = 0; i < what.samples; ++i) {
    const Bytes content = content_of(what, i);
    writer.add(content, std::to_string(i), std::to_string(i));
    check(std::fwrite(content.data(), 1, content.size(), file) == content.size(), flat.string(), ": cannot be written");
  }
  check(std::fclose(file) == 0, flat.string(), ": cannot be written");
  writer.finish();
}

template <class Body>
double seconds_of(const Body& body) {
  const Clock::time_point start = Clock::now();
  body();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

void measure(const Case& what, const Path& work) {
  const Path folder = work / what.name, flat = work / join(what.name, ".flat");
  if (!std::filesystem::exists(folder / "dataset.json")) make_dataset(what, folder, flat);
  const Store store(folder);
  check(store.size() == what.samples, folder.string(), ": has ", store.size(), " samples, wanted ", what.samples);
  std::vector<uint64_t> offsets;
  uint64_t bytes = 0;
  for (size_t i = 0; i < store.size(); ++i) {
    offsets.push_back(bytes);
    bytes += store.info(i).bytes;
  }
  const int descriptor = ::open(flat.c_str(), O_RDONLY | O_CLOEXEC);
  check(descriptor >= 0, flat.string(), ": cannot be opened");
  Bytes into, buffer(2 * what.mean_bytes);
  std::vector<double> ratios, rates;
  for (uint64_t round = 0; round < kRounds; ++round) {
    const Permutation order(store.size(), 1, round);
    const auto by_store = [&] {
      for (uint64_t i = 0; i < store.size(); ++i) store.read(order.at(i), into);
    };
    const auto raw = [&] {
      for (uint64_t i = 0; i < store.size(); ++i) {
        const uint64_t sample = order.at(i);
        const SampleInfo& info = store.info(sample);
        const ssize_t got = ::pread(descriptor, buffer.data(), info.bytes, static_cast<off_t>(offsets[sample]));
        check(got == static_cast<ssize_t>(info.bytes) && crc32c(buffer.data(), info.bytes) == info.crc,
              "the flat file is not that of the dataset");
      }
    };
    const bool store_first = round % 2 == 0;  // whoever is second finds warmer caches
    const double first = seconds_of([&] { store_first ? by_store() : raw(); });
    const double second = seconds_of([&] { store_first ? raw() : by_store(); });
    if (round == 0) continue;  // reads what is not in memory yet
    const double store_seconds = store_first ? first : second, raw_seconds = store_first ? second : first;
    ratios.push_back(raw_seconds / store_seconds);
    rates.push_back(static_cast<double>(store.size()) / store_seconds);
  }
  ::close(descriptor);
  std::printf("%s %.0f samples/s, %.2f GB/s, %.3f of bare reads\n", what.name, median(rates),
              1e-9 * median(rates) * static_cast<double>(bytes) / static_cast<double>(store.size()), median(ratios));
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) try {
  weft::check(argc == 2, "usage: read_bench FOLDER");
  weft::make_folder(argv[1]);
  for (const weft::Case& what : weft::kCases) weft::measure(what, argv[1]);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
