// SPDX-License-Identifier: Apache-2.0
// Masks made of counters, and the cases of tests/golden/mask_losses.json, for tests of mask losses.
#pragma once

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/files.h"
#include "configs/fields.h"
#include "losses/mask.h"
#include "losses/mask_loss.h"

namespace weft::mask {

using Json = nlohmann::json;

// f32, value(i, j, k, l) of each place.
template <class Value>
Tensor counted(std::vector<int64_t> sizes, const Value& value) {
  Tensor out = at::empty(sizes, at::kFloat);
  sizes.resize(4, 1);
  float* to = out.data_ptr<float>();
  for (int64_t i = 0; i < sizes[0]; ++i)
    for (int64_t j = 0; j < sizes[1]; ++j)
      for (int64_t k = 0; k < sizes[2]; ++k)
        for (int64_t l = 0; l < sizes[3]; ++l)
          *to++ = static_cast<float>(value(double(i), double(j), double(k), double(l)));
  return out;
}

struct Size {
  int64_t P = 3, M = 3, h = 8, w = 8, H = 32, W = 32;
};

inline MaskOutputs outputs_of(const Size& s, double scale = 3, bool equal = false) {
  MaskOutputs out;
  out.logits_PMHW = counted({s.P, s.M, s.h, s.w}, [&](double p, double m, double y, double x) {
    return scale * std::sin(1 + 7 * p + (equal ? 0 : 3) * m + 0.9 * y + 0.5 * x + 0.05 * x * y);
  });
  out.iou_PM = counted({s.P, s.M}, [](double p, double m, double, double) { return std::sin(2 * p + m); });
  out.object_P = counted({s.P}, [](double p, double, double, double) { return std::cos(3 * p); });
  out.objectness_PM = counted({s.P, s.M}, [](double p, double m, double, double) { return std::sin(4 * p + m); });
  return out;
}

inline Tensor truth_of(const Size& s, bool soft = false) {
  const Tensor wave = counted({s.P, s.H, s.W}, [&](double p, double y, double x, double) {
    const double value = std::sin(2 + 5 * p + 0.35 * y + 0.21 * x + 0.01 * x * y);
    return soft ? 0.5 + 0.5 * value : value > 0.2;
  });
  return soft ? wave : wave.to(at::kByte);
}

inline Tensor known_of(const Size& s) {
  return counted({s.P, s.H, s.W},
                 [](double p, double y, double x, double) { return std::cos(1 + 3 * p + 0.4 * y - 0.3 * x) > -0.3; })
      .to(at::kByte);
}

inline Tensor pixels_of(const Size& s) {
  return counted({s.P, 3, s.H, s.W}, [](double p, double c, double y, double x) {
    return 0.5 + 0.08 * std::sin(p + 2 * c + 0.06 * y + 0.04 * x);
  });
}

inline const Json& golden() {
  static const Json json = Json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/mask_losses.json"));
  return json;
}

inline Size size_of(const Json& c) {
  return {c["P"], c["M"], c["h"], c["w"], c["H"], c["W"]};
}

// A row of numbers of the case, null: NaN.
inline Tensor row_of(const Json& values) {
  std::vector<float> numbers;
  for (const Json& value : values)
    numbers.push_back(value.is_null() ? std::numeric_limits<float>::quiet_NaN() : value.get<float>());
  return at::tensor(numbers);
}

inline MaskTargets targets_of(const Json& c) {
  const Size s = size_of(c);
  MaskTargets t;
  t.inside_PHW = truth_of(s, c.value("soft", false));
  if (c.contains("present")) {
    t.present_P = row_of(c["present"]);
    for (int64_t p = 0; p < s.P; ++p)
      if (c["present"][static_cast<size_t>(p)] == 0) t.inside_PHW.select(0, p).zero_();
  }
  if (c.value("partial", false)) t.known_PHW = known_of(s);
  for (const Json& p : c.value("unknown", Json::array())) t.known_PHW.select(0, p).zero_();
  for (const Json& p : c.value("little", Json::array()))
    t.known_PHW.select(0, p).zero_().narrow(0, 0, 3).narrow(1, 0, 3).fill_(1);
  if (c.contains("weight")) t.weight_P = row_of(c["weight"]);
  if (c.contains("objectness")) t.objectness_P = row_of(c["objectness"]);
  if (c.contains("kind")) {
    t.kind_P = at::tensor(c["kind"].get<std::vector<int64_t>>());
    t.box_P4 = at::empty({s.P, 4}, at::kFloat);
    for (int64_t p = 0; p < s.P; ++p) t.box_P4.select(0, p).copy_(row_of(c["box"][static_cast<size_t>(p)]));
    t.pixels_PCHW = pixels_of(s);
    t.valid_PHW = at::zeros({s.P, s.H, s.W}, at::kByte);
    t.valid_PHW.narrow(2, 0, s.W - c.value("padding", 0)).fill_(1);
  }
  return t;
}

// What a recipe's keys would set.
class Keys : public Fields {
 public:
  explicit Keys(const Json& keys) : keys_(keys) {}
  void operator()(std::string_view key, bool& value, const Check&, std::string_view) override { set(key, value); }
  void operator()(std::string_view key, int64_t& value, const Check&, std::string_view) override { set(key, value); }
  void operator()(std::string_view key, double& value, const Check&, std::string_view) override { set(key, value); }
  void operator()(std::string_view key, std::string& value, const Check&, std::string_view) override {
    set(key, value);
  }
  void operator()(std::string_view, std::vector<std::string>&, const Check&, std::string_view) override {}
  void section(std::string_view, Settings&, std::string_view) override {}

 protected:
  std::vector<std::string> choices(std::string_view, const std::vector<KindName>&, bool, std::string_view) override {
    return {};
  }
  std::vector<std::string> names_below(std::string_view, std::string_view) override { return {}; }

 private:
  template <class Value>
  void set(std::string_view key, Value& value) {
    if (keys_.contains(key)) value = keys_[std::string(key)].get<Value>();
  }
  const Json& keys_;
};

inline std::unique_ptr<MaskLoss> loss_of(const Json& keys) {
  MaskLossSettings settings;
  Keys visit(keys);
  settings.fields(visit);
  return loss_as<MaskLoss>(settings.build());
}

}  // namespace weft::mask
