// SPDX-License-Identifier: Apache-2.0
// Against tests/golden/make_adamw.py (NumPy and torch.optim.AdamW, float64), and each instruction set against the
// others.
#include "trainer/adamw_kernel.h"

#include <c10/util/BFloat16.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "trainer/adamw_paths.h"

namespace weft {
namespace {

using Json = nlohmann::json;

// The buffers of `count` numbers, which begin `skew` numbers after where an allocation begins.
struct Buffers {
  explicit Buffers(int64_t count, int64_t skew = 0) : count(count), skew(skew), leaf(padded(), 0) {
    for (auto* buffer : {&master, &gradient, &moment1, &moment2, &ema}) buffer->assign(padded(), 0.f);
  }
  size_t padded() const { return static_cast<size_t>(count + skew); }
  AdamWSpan span(int64_t from, int64_t size, bool has_ema = true, bool has_leaf = true) {
    const int64_t at = skew + from;
    return {master.data() + at,
            gradient.data() + at,
            moment1.data() + at,
            moment2.data() + at,
            has_ema ? ema.data() + at : nullptr,
            has_leaf ? leaf.data() + at : nullptr,
            size};
  }
  AdamWSpan whole(bool has_ema = true, bool has_leaf = true) { return span(0, count, has_ema, has_leaf); }

  int64_t count, skew;
  std::vector<float> master, gradient, moment1, moment2, ema;
  std::vector<uint16_t> leaf;
};

// Magnitudes from denormal to large, signs and zeros of both kinds.
float wild(Stream& stream) {
  const double pick = stream.uniform(0, 1);
  const float sign = stream.uniform(-1, 1) < 0 ? -1.f : 1.f;
  if (pick < 0.05) return sign * 0.f;
  if (pick < 0.1) return sign * static_cast<float>(stream.uniform(0, 1e-38));
  return sign * static_cast<float>(std::exp(stream.uniform(-40, 20)));
}

void fill(Buffers& b) {
  Stream stream(3, Purpose::init, 0, 0);
  for (auto i = static_cast<size_t>(b.skew); i < b.padded(); ++i) {
    b.master[i] = b.ema[i] = static_cast<float>(stream.normal());
    b.moment1[i] = wild(stream);
    b.moment2[i] = std::fabs(wild(stream));
    b.gradient[i] = wild(stream);
  }
}

bool same(const std::vector<float>& a, int64_t skew_a, const std::vector<float>& b, int64_t skew_b, int64_t count) {
  return std::memcmp(a.data() + skew_a, b.data() + skew_b, static_cast<size_t>(count) * sizeof(float)) == 0;
}

void expect_same(const Buffers& a, const Buffers& b, const std::string& what) {
  EXPECT_TRUE(same(a.master, a.skew, b.master, b.skew, a.count)) << what;
  EXPECT_TRUE(same(a.moment1, a.skew, b.moment1, b.skew, a.count)) << what;
  EXPECT_TRUE(same(a.moment2, a.skew, b.moment2, b.skew, a.count)) << what;
  EXPECT_TRUE(same(a.ema, a.skew, b.ema, b.skew, a.count)) << what;
  EXPECT_EQ(std::memcmp(a.leaf.data() + a.skew, b.leaf.data() + b.skew, static_cast<size_t>(a.count) * 2), 0) << what;
}

AdamWFactors some_factors(int64_t updates) {
  return {.lr = 3e-3,
          .beta1 = 0.9,
          .beta2 = 0.98,
          .epsilon = 1e-6,
          .weight_decay = 0.2,
          .gradient_factor = updates % 2 == 0 ? 1 : 0.37,
          .ema_decay = 0.9,
          .updates = updates};
}

void expect_near(const std::vector<float>& ours, const Json& golden, const std::string& what) {
  ASSERT_EQ(ours.size(), golden.size());
  for (size_t i = 0; i < ours.size(); ++i)
    EXPECT_NEAR(ours[i], golden[i].get<double>(), 1e-6 * (0.1 + std::fabs(golden[i].get<double>())))
        << what << " " << i;
}

TEST(AdamWKernel, StepsAsNumPyAndTorchDo) {
  const Json golden = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/adamw.json"));
  Buffers b(golden["count"]);
  for (int64_t i = 0; i < b.count; ++i)
    b.master[i] = b.ema[i] = static_cast<float>(static_cast<double>(i * 29 % 127 - 63) / 64);
  for (size_t step = 0; step < golden["steps"].size(); ++step) {
    for (int64_t i = 0; i < b.count; ++i)
      b.gradient[i] =
          static_cast<float>(static_cast<double>((i * 37 + static_cast<int64_t>(step) * 101) % 199 - 99) / 128);
    const Json& row = golden["steps"][step];
    adamw(b.whole(), {.lr = row[0],
                      .beta1 = golden["beta1"],
                      .beta2 = golden["beta2"],
                      .epsilon = golden["epsilon"],
                      .weight_decay = golden["weight_decay"],
                      .gradient_factor = row[1],
                      .ema_decay = row[2],
                      .updates = static_cast<int64_t>(step)});
  }
  for (const char* who : {"numpy", "torch"}) {
    expect_near(b.master, golden[who]["master"], join(who, " master"));
    expect_near(b.moment1, golden[who]["moment1"], join(who, " moment1"));
    expect_near(b.moment2, golden[who]["moment2"], join(who, " moment2"));
  }
  expect_near(b.ema, golden["numpy"]["ema"], "average");
}

TEST(AdamWKernel, EveryInstructionSetGivesTheSameBits) {
  const auto paths = adamw_paths();
  for (const bool has_ema : {false, true})
    for (const bool has_leaf : {false, true}) {
      Buffers first(64 * 33);
      fill(first);
      for (size_t p = 0; p < paths.size(); ++p) {
        Buffers b(64 * 33);
        fill(b);
        for (int64_t updates = 0; updates < 4; ++updates)
          paths[p].update(b.whole(has_ema, has_leaf), AdamWScalars(some_factors(updates)));
        if (p == 0) first = b;
        expect_same(b, first, join(paths[p].name, " ema ", has_ema, " leaf ", has_leaf));
      }
    }
}

TEST(AdamWKernel, SlicesAtAnyPlaceGiveTheBitsOfTheWhole) {
  Buffers whole(64 * 12);
  fill(whole);
  adamw(whole.whole(), some_factors(2));
  for (const int64_t skew : {0, 1, 7, 16})  // of memory: 64-byte lines are cut elsewhere
    for (const int64_t cut : {64, 64 * 5, 64 * 11}) {
      Buffers parts(64 * 12, skew);
      fill(parts);
      adamw(parts.span(cut, parts.count - cut), some_factors(2));
      adamw(parts.span(0, cut), some_factors(2));
      expect_same(parts, whole, join("skew ", skew, " cut ", cut));
    }
}

TEST(AdamWKernel, LeavesAreTheMastersRoundedToNearestEven) {
  std::vector<float> values;
  for (uint32_t high = 0; high < 0x10000; ++high)
    for (const uint32_t low : {0x0u, 0x1u, 0x7fffu, 0x8000u, 0x8001u, 0xffffu}) {
      const float value = std::bit_cast<float>(high << 16 | low);
      if (!std::isinf(value)) values.push_back(value);
    }
  values.resize(values.size() / 64 * 64);
  for (const AdamWPath& path : adamw_paths()) {
    Buffers b(static_cast<int64_t>(values.size()));
    b.master = values;
    path.update(b.whole(), AdamWScalars({.lr = 0}));
    int wrong = 0;
    for (size_t i = 0; i < values.size(); ++i) wrong += b.leaf[i] != c10::BFloat16(values[i]).x;
    EXPECT_EQ(wrong, 0) << path.name << " of " << values.size();
  }
}

TEST(AdamWKernel, WhatIsNotANumberStaysSo) {
  for (const AdamWPath& path : adamw_paths()) {
    Buffers b(64);
    fill(b);
    b.gradient[5] = std::numeric_limits<float>::quiet_NaN();
    path.update(b.whole(), AdamWScalars(some_factors(0)));
    EXPECT_TRUE(std::isnan(b.master[5]) && std::isnan(b.moment1[5]) && std::isnan(b.moment2[5]) &&
                std::isnan(b.ema[5]));
    EXPECT_EQ(b.leaf[5], 0x7fc0) << path.name;
    EXPECT_FALSE(std::isnan(b.master[4]));
  }
}

// 1 - lr * weight_decay as one float would be off by 5 % here.
TEST(AdamWKernel, ASmallDecayIsNotLostInRounding) {
  Buffers b(1 << 16);
  Stream stream(4, Purpose::init, 0, 0);
  double before = 0, after = 0;
  for (float& value : b.master) before += value = static_cast<float>(stream.uniform(0.5, 1));
  adamw(b.whole(), {.lr = 1e-5, .weight_decay = 0.05});
  for (const float value : b.master) after += value;
  EXPECT_NEAR((before - after) / before / (1e-5 * 0.05), 1, 0.01);
}

TEST(SumOfSquares, IsExactToDoublesAndTheSameForEveryInstructionSet) {
  std::vector<float> values(64 * 1001 + 3);
  Stream stream(5, Purpose::init, 0, 0);
  for (float& value : values) value = static_cast<float>(stream.normal());
  for (const int64_t skew : {0, 3}) {
    long double exact = 0;
    for (int64_t i = 0; i < 64 * 1001; ++i) exact += static_cast<long double>(values[skew + i]) * values[skew + i];
    const double sum = sum_of_squares(values.data() + skew, 64 * 1001);
    EXPECT_NEAR(sum / static_cast<double>(exact), 1, 1e-14);
    for (const AdamWPath& path : adamw_paths())
      EXPECT_EQ(path.sum_of_squares(values.data() + skew, 64 * 1001), sum) << path.name;
  }
  EXPECT_EQ(sum_of_squares(values.data(), 0), 0);
}

TEST(SumOfSquares, NeitherOverflowsNorUnderflowsAsFloatsWould) {
  std::vector<float> values(64, 0.f);
  values[0] = 1e30f;
  EXPECT_DOUBLE_EQ(sum_of_squares(values.data(), 64), double(1e30f) * 1e30f);
  values[0] = 1e-40f;
  EXPECT_DOUBLE_EQ(sum_of_squares(values.data(), 64), double(1e-40f) * 1e-40f);
  values[9] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(std::isnan(sum_of_squares(values.data(), 64)));
}

}  // namespace
}  // namespace weft
