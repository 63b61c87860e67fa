// SPDX-License-Identifier: Apache-2.0
// Global norm, clipping, AdamW and moving average over the tensors of timm's vit_base_patch16_224 (86.6 M numbers in
// 152 tensors, each padded to 64), on one thread: as a step does it, one pass for the norm and one for everything else.
//   optimizer_bench [repeats]
// Prints "name value unit" lines; a copy by memcpy in the same rounds says what the memory gives.
#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "trainer/adamw_paths.h"

namespace weft {
namespace {

std::vector<int64_t> tensor_sizes() {
  constexpr int64_t width = 768, hidden = 4 * width, patch = 3 * 16 * 16, tokens = 197, classes = 1000;
  std::vector<int64_t> sizes = {width, tokens * width, width * patch, width};
  for (int block = 0; block < 12; ++block)
    for (const int64_t size : {width, width, 3 * width * width, 3 * width, width * width, width, width, width,
                               hidden * width, hidden, width * hidden, width})
      sizes.push_back(size);
  for (const int64_t size : {width, width, classes * width, classes}) sizes.push_back(size);
  return sizes;
}

int64_t padded(int64_t count) {
  return (count + 63) / 64 * 64;
}

float* take(int64_t count) {
  const size_t bytes = (static_cast<size_t>(count) * 4 + (2 << 20) - 1) / (2 << 20) * (2 << 20);
  void* memory = std::aligned_alloc(2 << 20, bytes);
  if (getenv("HUGE")) madvise(memory, bytes, MADV_HUGEPAGE);
  std::memset(memory, 0, bytes);
  return static_cast<float*>(memory);
}

struct Timing {
  std::vector<double> seconds;
  void add(const std::function<void()>& body) {
    const auto start = std::chrono::steady_clock::now();
    body();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  double best() const { return *std::min_element(seconds.begin(), seconds.end()); }
  double median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

void run(int repeats) {
  std::vector<int64_t> sizes = tensor_sizes();
  int64_t numbers = 0, count = 0;
  for (int64_t& size : sizes) numbers += size, count += size = padded(size);
  std::printf("numbers %ld in %zu tensors\n", static_cast<long>(numbers), sizes.size());
  float *master = take(count), *gradient = take(count), *m = take(count), *v = take(count), *ema = take(count),
        *copy = take(count);
  for (int64_t i = 0; i < count; ++i)
    gradient[i] = 1e-3f * std::sin(float(i)), master[i] = std::cos(float(i)), v[i] = 1e-6;
  Timing norm, update, both, copying;
  int64_t updates = 0;
  const auto norm_pass = [&](bool back) {
    double sum = 0;
    int64_t end = count;
    if (back) {
      for (auto s = sizes.rbegin(); s != sizes.rend(); ++s) {
        sum += sum_of_squares(gradient + end - *s, *s);
        end -= *s;
      }
    } else {
      int64_t o = 0;
      for (auto s : sizes) sum += sum_of_squares(gradient + o, s), o += s;
    }
    return sum;
  };
  double sum = 1;
  const auto update_pass = [&] {
    AdamWFactors factors{.lr = 1e-5,
                         .weight_decay = 0.05,
                         .gradient_factor = std::min(1.0, 1.0 / std::sqrt(sum)),
                         .ema_decay = 0.9999,
                         .updates = updates++};
    int64_t offset = 0;
    for (const int64_t size : sizes) {
      adamw({master + offset, gradient + offset, m + offset, v + offset, ema + offset, nullptr, size}, factors);
      offset += size;
    }
  };
  Timing normf, upf, bothf;
  for (int i = 0; i < repeats; ++i) {
    normf.add([&] { sum = norm_pass(false); });
    update.add(update_pass);
    bothf.add([&] {
      sum = norm_pass(false);
      update_pass();
    });
    norm.add([&] { sum = norm_pass(true); });
    both.add([&] {
      sum = norm_pass(true);
      update_pass();
    });
    copying.add([&] { std::memcpy(copy, gradient, count * 4); });
  }
  double b = count * 4.0 / 1e9;
  auto show = [&](const char* n, Timing& t, double k) {
    std::printf("%-12s %.1f ms (median %.1f) %.1f GB/s\n", n, 1e3 * t.best(), 1e3 * t.median(), k * b / t.best());
  };
  show("normf", normf, 1);
  show("norm back", norm, 1);
  show("update", update, 9);
  show("both fwd", bothf, 10);
  show("both back", both, 10);
  show("copy", copying, 2);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  weft::run(argc > 1 ? std::atoi(argv[1]) : 15);
}
