// SPDX-License-Identifier: Apache-2.0
// trainer/gpu.cc of a weft without CUDA.
#include "base/error.h"
#include "trainer/gpu.h"

namespace weft::gpu {
namespace {

[[noreturn]] void refuse() {
  fail("this weft was built without CUDA (configure with -DWEFT_CUDA=ON)");
}

}  // namespace

int count() {
  return 0;
}
std::string name(int) {
  refuse();
}
void use(int) {
  refuse();
}
void zero(int, void*, size_t) {
  refuse();
}
void copy_to_host(int, void*, const void*, size_t) {
  refuse();
}
void copy_from_host(int, void*, const void*, size_t) {
  refuse();
}
void adamw(int, std::span<const AdamWJob>) {
  refuse();
}
std::vector<double> sums_of_squares(int, const SquaresOf&) {
  refuse();
}

}  // namespace weft::gpu
