// SPDX-License-Identifier: Apache-2.0
// The pairwise losses beside ./evidence contrastive.3's peer: pair_bench [--loss clip|siglip] [--batch N] [--dim D]
// [--threads T] [--repeats R]
// Unit features drawn at random, a positive pair an image, exp(log_scale) = 14.2857, bias -10.  Prints the best time of
// a forward and backward, how far resident memory rises above features and their gradients, the loss, and the best time
// of the products alone, in the tiles that the loss uses.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>

#include "base/error.h"
#include "tests/losses/identity_pairs.h"

namespace weft {
namespace {

struct Arguments {
  std::string loss = "clip";
  int64_t batch = 1024, dim = 256, threads = 2, repeats = 5;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; i += 2) {
    const std::string key = argv[i];
    check(i + 1 < argc, "pair_bench: ", key, " wants a value");
    if (key == "--loss") {
      a.loss = argv[i + 1];
      check(a.loss == "clip" || a.loss == "siglip", "pair_bench: --loss is \"", a.loss, "\"; wanted clip or siglip");
      continue;
    }
    int64_t* number = key == "--batch"     ? &a.batch
                      : key == "--dim"     ? &a.dim
                      : key == "--threads" ? &a.threads
                      : key == "--repeats" ? &a.repeats
                                           : nullptr;
    check(number != nullptr, "pair_bench: there is no ", key);
    *number = std::stol(argv[i + 1]);
    check(*number > 0, "pair_bench: ", key, " is ", *number, "; wanted > 0");
  }
  return a;
}

// "VmHWM" (the peak since clear_refs) or "VmRSS", MiB.
double memory(const char* name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return std::stod(line.substr(line.find(':') + 1)) / 1024;
  fail("/proc/self/status has no ", name);
}

template <class Body>
double best_seconds(int64_t repeats, const Body& body) {
  double best = std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

Tensor unit_rows(int64_t rows, int64_t dim) {
  const Tensor x = at::randn({rows, dim});
  return x / at::linalg_vector_norm(x, 2, {1}, true);
}

// What the loss has to multiply, and nothing else.
void multiply(const Tensor& image, const Tensor& text, const Tensor& tile, const Tensor& gradient, bool twice) {
  const int64_t batch = image.size(0);
  for (int64_t i = 0; i < batch; i += tile.size(0))
    for (int64_t j = 0; j < batch; j += tile.size(1)) {
      const Tensor images = image.narrow(0, i, std::min(tile.size(0), batch - i));
      const Tensor texts = text.narrow(0, j, std::min(tile.size(1), batch - j));
      const Tensor dot = tile.narrow(0, 0, images.size(0)).narrow(1, 0, texts.size(0));
      for (int k = 0; k < (twice ? 2 : 1); ++k) at::mm_out(const_cast<Tensor&>(dot), images, texts.t());
      gradient.narrow(0, i, images.size(0)).addmm_(dot, texts, 0, 1);
      gradient.narrow(0, j, texts.size(0)).addmm_(dot.t(), images, 0, 1);
    }
}

void run(const Arguments& a) {
  at::NoGradGuard no_grad;
  at::set_num_threads(static_cast<int>(a.threads));
  const PairFeatures features{unit_rows(a.batch, a.dim), unit_rows(a.batch, a.dim), std::log(14.2857),
                              a.loss == "clip" ? 0. : -10.};
  const PairCells cells = identity_pairs(a.batch);
  const auto loss = identity_loss(a.loss);
  LocalComm comm;
  at::mm(features.image_BD, features.text_TD.narrow(0, 0, 8).t());  // the library's own buffers
  const double gradients = 2. * static_cast<double>(a.batch * a.dim) * 4 / (1 << 20);
  std::ofstream("/proc/self/clear_refs") << "5";
  const double before = memory("VmRSS");
  double value = 0;
  const auto step = [&] { value = loss->judge(features, cells, {}, comm).value(); };
  step();
  const double peak = memory("VmHWM") - before - gradients;
  const double seconds = best_seconds(a.repeats, step);
  const Tensor tile = at::empty({std::min<int64_t>(a.batch, 512), std::min<int64_t>(a.batch, 2048)});
  const Tensor gradient = at::zeros({a.batch, a.dim});
  const double products =
      best_seconds(a.repeats, [&] { multiply(features.image_BD, features.text_TD, tile, gradient, a.loss == "clip"); });
  std::printf("pair.%s.B%ld.D%ld.t%ld.time %.4g s\n", a.loss.c_str(), a.batch, a.dim, a.threads, seconds);
  std::printf("pair.%s.B%ld.D%ld.t%ld.peak %.4g MiB\n", a.loss.c_str(), a.batch, a.dim, a.threads, peak);
  std::printf("pair.%s.B%ld.D%ld.t%ld.loss %.6f nats\n", a.loss.c_str(), a.batch, a.dim, a.threads, value);
  std::printf("pair.%s.B%ld.D%ld.t%ld.products %.4g s\n", a.loss.c_str(), a.batch, a.dim, a.threads, products);
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::run(weft::parse(argc, argv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
