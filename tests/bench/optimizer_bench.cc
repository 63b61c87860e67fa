// SPDX-License-Identifier: Apache-2.0
// Global norm, clipping, AdamW and moving average over the tensors of timm's vit_base_patch16_224 (86.6 M numbers in
// 152 tensors, each padded to 64) on one thread, as a step does them: one pass over the gradient for the norm, one pass
// for everything else.  A copy in the same rounds says what the memory gives.
//   optimizer_bench [rounds]
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

#include "base/memory.h"
#include "trainer/adamw_paths.h"

namespace weft {
namespace {

std::vector<int64_t> tensor_sizes() {
  constexpr int64_t kWidth = 768, kHidden = 4 * kWidth, kPatch = 3 * 16 * 16, kTokens = 197, kClasses = 1000;
  std::vector<int64_t> sizes = {kWidth, kTokens * kWidth, kWidth * kPatch, kWidth};
  for (int block = 0; block < 12; ++block)
    sizes.insert(sizes.end(), {kWidth, kWidth, 3 * kWidth * kWidth, 3 * kWidth, kWidth * kWidth, kWidth, kWidth, kWidth,
                               kHidden * kWidth, kHidden, kWidth * kHidden, kWidth});
  sizes.insert(sizes.end(), {kWidth, kWidth, kClasses * kWidth, kClasses});
  return sizes;
}

// Numbers in (-scale, scale) that no prefetcher or cache can shorten.
Array<float> random_numbers(int64_t count, float scale) {
  Array<float> numbers = zeros<float>(static_cast<size_t>(count));
  uint32_t state = 1;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 1664525 + 1013904223;
    numbers[i] = scale * (static_cast<float>(state >> 8) / (1 << 23) - 1);
  }
  return numbers;
}

struct Optimizer {
  std::vector<int64_t> sizes = tensor_sizes();
  int64_t numbers = 0, count = 0, updates = 0;
  Array<float> master, gradient, moment1, moment2, ema;
  Array<uint16_t> leaf;
  double square = 0;

  Optimizer() {
    for (int64_t& size : sizes) {
      numbers += size;
      size = (size + 63) / 64 * 64;
      count += size;
    }
    master = random_numbers(count, 0.1f);
    gradient = random_numbers(count, 1e-3f);
    ema = random_numbers(count, 0.1f);
    for (auto* moment : {&moment1, &moment2}) *moment = zeros<float>(static_cast<size_t>(count));
    leaf = zeros<uint16_t>(static_cast<size_t>(count));
  }
  void norm() {
    square = 0;
    int64_t offset = 0;
    for (const int64_t size : sizes) {
      square += sum_of_squares(gradient.get() + offset, size);
      offset += size;
    }
  }
  void update(bool with_bf16) {
    const AdamWFactors factors{.lr = 1e-5,
                               .weight_decay = 0.05,
                               .gradient_factor = std::min(1.0, 1 / std::sqrt(square)),
                               .ema_decay = 0.9999,
                               .updates = updates++};
    int64_t at = 0;
    for (const int64_t size : sizes) {
      adamw({master.get() + at, gradient.get() + at, moment1.get() + at, moment2.get() + at, ema.get() + at,
             with_bf16 ? leaf.get() + at : nullptr, size},
            factors);
      at += size;
    }
  }
};

struct Timing {
  std::vector<double> seconds;
  template <class Body>
  void add(Body&& body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  void show(const char* name, double bytes) {
    std::sort(seconds.begin(), seconds.end());
    const double best = seconds.front(), median = seconds[seconds.size() / 2];
    std::printf("%s %.1f ms (median %.1f), %.1f GB/s (median %.1f)\n", name, 1e3 * best, 1e3 * median,
                1e-9 * bytes / best, 1e-9 * bytes / median);
  }
};

// CPU seconds that the machine has worked beyond what this process did.
double work_of_others() {
  std::ifstream stat("/proc/stat");
  std::string name;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, soft = 0, steal = 0;
  stat >> name >> user >> nice >> system >> idle >> wait >> irq >> soft >> steal;
  timespec mine{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &mine);
  return (user + nice + system + irq + soft + steal) / static_cast<double>(sysconf(_SC_CLK_TCK)) -
         (static_cast<double>(mine.tv_sec) + 1e-9 * static_cast<double>(mine.tv_nsec));
}

void measure(int rounds) {
  Optimizer optimizer;
  const Array<float> copy = zeros<float>(static_cast<size_t>(optimizer.count));
  const auto bytes = static_cast<double>(optimizer.count) * 4;
  std::printf("numbers %ld in %zu tensors, %s\n", static_cast<long>(optimizer.numbers), optimizer.sizes.size(),
              adamw_paths().back().name);
  Timing copied, norm, update, step, step_bf16;
  const double work = work_of_others();
  const auto start = std::chrono::steady_clock::now();
  for (int round = 0; round < rounds; ++round) {
    copied.add([&] { std::memcpy(copy.get(), optimizer.gradient.get(), static_cast<size_t>(bytes)); });
    norm.add([&] { optimizer.norm(); });
    update.add([&] { optimizer.update(false); });
    step.add([&] { optimizer.norm(), optimizer.update(false); });
    step_bf16.add([&] { optimizer.norm(), optimizer.update(true); });
  }
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  copied.show("copy", 2 * bytes);
  norm.show("norm", bytes);
  update.show("update", 9 * bytes);  // reads five streams, writes four
  step.show("step", 10 * bytes);
  step_bf16.show("step_bf16", 10.5 * bytes);
  std::printf("others %.2f cores\n", (work_of_others() - work) / wall);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  weft::measure(argc > 1 ? std::max(1, std::atoi(argv[1])) : 15);
}
