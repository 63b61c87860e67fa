// SPDX-License-Identifier: Apache-2.0
#include "trainer/flat.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <fnmatch.h>

#include <cmath>

#include "base/error.h"

namespace weft {
namespace {

constexpr int64_t kPad = 64;
int64_t padded(int64_t count) {
  return (count + kPad - 1) / kPad * kPad;
}

}  // namespace

bool matches_glob(const std::string& name, const std::string& glob) {
  return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
}

FlatParameters::FlatParameters(ParameterSet& set, Precision precision, double weight_decay,
                               const std::vector<std::string>& no_decay) {
  std::vector<bool> used(no_decay.size());
  const auto decays = [&](const Parameter& parameter) {
    bool plain = parameter.value.dim() < 2;
    for (size_t i = 0; i < no_decay.size(); ++i)
      if (matches_glob(parameter.name, no_decay[i])) plain = used[i] = true;
    return !plain;
  };
  std::vector<Parameter*> decayed, plain;
  for (Parameter& parameter : set.all()) (decays(parameter) ? decayed : plain).push_back(&parameter);
  for (size_t i = 0; i < no_decay.size(); ++i)
    check(used[i], "optimizer.no_decay: \"", no_decay[i], "\" matches no parameter of the model");
  int64_t offset = 0;
  const auto lay_out = [&](const std::vector<Parameter*>& members, double decay) {
    Group group{offset, offset, decay};
    for (Parameter* parameter : members) {
      seats_.push_back({parameter, offset, parameter->value.numel(), parameter->value.sizes().vec()});
      offset += padded(parameter->value.numel());
    }
    group.end = offset;
    if (group.end > group.begin) groups_.push_back(group);
  };
  lay_out(decayed, weight_decay);
  lay_out(plain, 0);

  for (Tensor* flat : {&master_, &gradient_, &moment1_, &moment2_}) *flat = at::zeros({offset}, at::kFloat);
  leaves_ = precision == Precision::bf16 ? at::zeros({offset}, at::kBFloat16) : master_;
  for (const Seat& each : seats_) seat(each, precision);
  refresh_leaves();
}

void FlatParameters::seat(const Seat& s, Precision precision) {
  master_.narrow(0, s.offset, s.count).view(s.shape).copy_(s.parameter->value.detach());
  // A scalar (the log of the scale) keeps f32: bf16 has 3 digits.
  const bool narrow = precision == Precision::bf16 && s.count > 1;
  Tensor leaf = (narrow ? leaves_ : master_).narrow(0, s.offset, s.count).view(s.shape).detach();
  leaf.requires_grad_(true);
  leaf.mutable_grad() = gradient_.narrow(0, s.offset, s.count).view(s.shape);
  s.parameter->value = leaf;
}

void FlatParameters::zero_gradients() {
  gradient_.zero_();
}

void FlatParameters::refresh_leaves() {
  at::NoGradGuard no_grad;
  if (!leaves_.is_same(master_)) leaves_.copy_(master_);
}

NamedTensors FlatParameters::named(const Tensor& flat, const std::string& prefix) const {
  NamedTensors list;
  for (const Seat& s : seats_)
    list.emplace_back(prefix + s.parameter->name, flat.narrow(0, s.offset, s.count).view(s.shape));
  return list;
}

Tensor FlatParameters::view_of(const Tensor& flat, const Parameter& parameter) const {
  for (const Seat& s : seats_)
    if (s.parameter == &parameter) return flat.narrow(0, s.offset, s.count).view(s.shape);
  fail("no parameter ", parameter.name, " is seated here");
}

double norm_of(const Tensor& flat) {
  const float* x = flat.data_ptr<float>();
  const int64_t n = flat.numel();
  WEFT_ASSERT(n % kPad == 0);
  double sums[8] = {};
  for (int64_t i = 0; i < n; i += 8)
    for (int64_t lane = 0; lane < 8; ++lane) sums[lane] += static_cast<double>(x[i + lane]) * x[i + lane];
  return std::sqrt(((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])));
}

}  // namespace weft
