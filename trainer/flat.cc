// SPDX-License-Identifier: Apache-2.0
#include "trainer/flat.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "base/memory.h"
#include "trainer/device.h"

namespace weft {
namespace {

constexpr int64_t kLeastUnit = 4096, kMostUnits = 256;

int64_t padded(int64_t count, int64_t to = FlatLayout::kPad) {
  return (count + to - 1) / to * to;
}

FlatLayout layout_for(int64_t numbers, const FlatSettings& settings, int ranks) {
  FlatLayout layout;
  layout.ranks = ranks;
  layout.virtual_ranks = settings.virtual_ranks > 0 ? settings.virtual_ranks : ranks;
  check(layout.virtual_ranks % ranks == 0, "engine.virtual_ranks = ", layout.virtual_ranks, " is no multiple of the ",
        ranks, " ranks of this run");
  layout.unit =
      padded(std::max(numbers / kMostUnits, std::min(numbers, kLeastUnit)), FlatLayout::kPad * layout.virtual_ranks);
  layout.count = padded(numbers, layout.unit);
  layout.bucket_units = std::max<int64_t>(1, std::llround(settings.bucket_mib * (1 << 18) / double(layout.unit)));
  return layout;
}

// f32 [count]
Tensor zeros_on(int device, int64_t count) {
  if (device != kCpu) return at::zeros({count}, on_device(device));
  float* memory = zeros<float>(static_cast<size_t>(count)).release();
  return at::from_blob(memory, {count}, FreeMemory(), at::kFloat);
}

}  // namespace

FlatParameters::FlatParameters(ParameterSet& set, const FlatSettings& settings, Comm& comm)
    : settings_(settings), rank_(comm.rank()) {
  int64_t offset = 0;
  for (auto parameter = set.all().rbegin(); parameter != set.all().rend(); ++parameter) {
    const Tensor& value = parameter->value;
    seats_.push_back({&*parameter, offset, value.numel(), value.sizes().vec()});
    offset += padded(value.numel());
  }
  layout_ = layout_for(offset, settings, comm.size());
  exchange_ = comm.open_flats(layout_, settings.precision == Precision::bf16 ? 2 : 4);
  for (const State state : {State::master, State::moment1, State::moment2, State::ema})
    if (has(state) && !(state == State::master && settings.precision == Precision::fp32))
      shards_[static_cast<int>(state)] = zeros_on(device(), layout_.shard_size());
  at::NoGradGuard no_grad;
  for (const Seat& each : seats_) seat(each);
  comm.barrier();  // the leaves are filled
}

// Moves the parameter's value to its places.
void FlatParameters::seat(const Seat& s) {
  const Tensor value = s.parameter->value.detach().to(at::kFloat).contiguous();
  const float* first = value.data_ptr<float>();
  for (int64_t u = s.offset / layout_.unit; u * layout_.unit < s.offset + s.count; ++u) {
    const Range mine = layout_.piece(u, rank_);
    const int64_t begin = std::max(mine.begin, s.offset), end = std::min(mine.end, s.offset + s.count);
    if (begin >= end) continue;
    if (settings_.precision == Precision::bf16) write(State::master, {begin, end}, first + begin - s.offset);
    if (settings_.ema) write(State::ema, {begin, end}, first + begin - s.offset);
  }
  const Tensor leaf = leaf_of(s);
  if (exchange_->fills_leaves()) leaf.copy_(value.view(s.shape));
  const bool trains = s.parameter->trains;
  leaf.requires_grad_(trains);
  if (trains) leaf.mutable_grad() = gradient_of(*s.parameter);
  s.parameter->value = leaf;
  const int first_bucket = layout_.bucket_of(s.offset), last_bucket = layout_.bucket_of(s.offset + s.count - 1);
  s.parameter->await = [this, first_bucket, last_bucket] { wait(first_bucket, last_bucket); };
}

Tensor FlatParameters::leaf_of(const Seat& s) {
  const bool narrow = settings_.precision == Precision::bf16;
  std::byte* place = exchange_->leaves() + s.offset * (narrow ? 2 : 4);
  // A scalar (the log of a scale) is kept as f32 in its padded place: bf16 has 3 digits.
  return at::from_blob(place, s.shape, on_device(device()).dtype(narrow && s.count > 1 ? at::kBFloat16 : at::kFloat));
}

const FlatParameters::Seat& FlatParameters::seat_of(const Parameter& parameter) const {
  for (const Seat& s : seats_)
    if (s.parameter == &parameter) return s;
  fail("no parameter ", parameter.name, " is seated here");
}

Tensor FlatParameters::gradient_of(const Parameter& parameter) {
  const Seat& s = seat_of(parameter);
  return at::from_blob(gradient() + s.offset, s.shape, on_device(device()));
}

Tensor FlatParameters::gradient_of(Range numbers) {
  return at::from_blob(gradient() + numbers.begin, {numbers.size()}, on_device(device()));
}

void FlatParameters::zero_gradients() {
  zero(device(), gradient(), static_cast<size_t>(layout_.count) * sizeof(float));
}

bool FlatParameters::has(State state) const {
  return state != State::ema || settings_.ema;
}

float* FlatParameters::piece(State state, int64_t unit) {
  const Tensor& shard = shards_[static_cast<int>(state)];
  if (shard.defined()) return shard.data_ptr<float>() + unit * layout_.piece_size();
  WEFT_ASSERT(state == State::master && settings_.precision == Precision::fp32);
  return reinterpret_cast<float*>(exchange_->leaves()) + layout_.piece(unit, rank_).begin;
}

void FlatParameters::read(State state, Range numbers, float* to) {
  copy_to_host(device(), to, owned(state, numbers.begin), static_cast<size_t>(numbers.size()) * sizeof(float));
}

void FlatParameters::write(State state, Range numbers, const float* from) {
  copy_from_host(device(), owned(state, numbers.begin), from, static_cast<size_t>(numbers.size()) * sizeof(float));
}

uint16_t* FlatParameters::leaf_bf16(int64_t offset) {
  if (settings_.precision == Precision::fp32) return nullptr;
  return reinterpret_cast<uint16_t*>(exchange_->leaves()) + offset;
}

void FlatParameters::refresh_leaves(int64_t begin, int64_t end) {
  if (settings_.precision == Precision::fp32) return;
  at::NoGradGuard no_grad;
  const auto follow = [&](int64_t offset, int64_t count, at::ScalarType type) {
    at::from_blob(leaf_bf16(offset), std::array{count}, on_device(device()).dtype(type))
        .copy_(at::from_blob(owned(State::master, offset), std::array{count}, on_device(device())));
  };
  follow(begin, end - begin, at::kBFloat16);
  for (const Seat& s : seats_)
    if (s.count == 1 && s.offset >= begin && s.offset < end) follow(s.offset, 1, at::kFloat);
}

void FlatParameters::refresh_all_leaves() {
  for (int64_t u = 0; u < layout_.units(); ++u) {
    const Range mine = layout_.piece(u, rank_);
    refresh_leaves(mine.begin, mine.end);
  }
  for (int bucket = 0; bucket < layout_.buckets(); ++bucket) exchange_->share(bucket);
  wait_leaves();
}

void FlatParameters::wait(int first_bucket, int last_bucket) {
  for (int bucket = first_bucket; bucket <= last_bucket; ++bucket) exchange_->wait_leaves(bucket);
}

void FlatParameters::wait_leaves() {
  wait(0, layout_.buckets() - 1);
}

double FlatParameters::scalar(const Parameter& parameter) {
  WEFT_ASSERT(seat_of(parameter).count == 1);
  return parameter.use().item<double>();
}

NamedTensors FlatParameters::gathered(State state, Comm& comm) {
  Tensor shard = at::empty({layout_.shard_size()}, at::kFloat);
  const int64_t size = layout_.piece_size();
  wait_leaves();
  for (int64_t u = 0; u < layout_.units(); ++u)
    read(state, layout_.piece(u, rank_), shard.data_ptr<float>() + u * size);
  const Tensor all = at::empty({layout_.ranks, layout_.units(), size}, at::kFloat);
  comm.all_gather(shard.data_ptr(), shard.nbytes(), all.data_ptr());
  const Tensor flat = all.transpose(0, 1).reshape({layout_.count});
  NamedTensors list;
  for (const Seat& s : seats_)
    list.emplace_back(s.parameter->name, flat.narrow(0, s.offset, s.count).view(s.shape).clone());
  std::reverse(list.begin(), list.end());
  return list;
}

}  // namespace weft
