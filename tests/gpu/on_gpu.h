// SPDX-License-Identifier: Apache-2.0
// Tests that need a GPU; elsewhere they are skipped.
#pragma once

#include <gtest/gtest.h>

#include "trainer/device.h"

namespace weft {

class OnGpus : public testing::Test {
 protected:
  explicit OnGpus(int wanted) : wanted_(wanted) {}
  void SetUp() override {
    if (visible_gpus() < wanted_)
      GTEST_SKIP() << "not run: " << visible_gpus() << " GPUs are visible, " << wanted_ << " are needed";
    use_device(0);
  }

 private:
  int wanted_;
};

// What lies on a GPU, as it is on the host.
inline std::vector<float> fetched(int device, const float* memory, int64_t count) {
  std::vector<float> values(static_cast<size_t>(count));
  copy_to_host(device, values.data(), memory, values.size() * sizeof(float));
  return values;
}

}  // namespace weft
