// SPDX-License-Identifier: Apache-2.0
#include "models/exported.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace weft {
namespace {

NamedTensors in_our_names(const ParameterSet& parameters) {
  NamedTensors values = named_values(parameters);
  for (const LowRank& each : parameters.low_ranks()) {
    const auto at =
        std::find_if(values.begin(), values.end(), [&](const auto& v) { return v.first == each.weight->name; });
    const auto wide = [](const Parameter* p) { return p->value.detach().to(at::kFloat); };
    at->second = at->second + at::mm(wide(each.up), wide(each.down)) * each.factor;
  }
  std::erase_if(values, [](const auto& value) { return is_our_own(value.first); });
  return values;
}

NamedTensors in_hugging_face_names(const NamedTensors& ours) {
  std::map<std::string, std::map<int, Tensor>> parts;  // of each of theirs, by where they begin
  for (const auto& [name, value] : ours) {
    const std::vector<NameLink> links = hugging_face_links(name);
    check(!links.empty(), "transformers has no place for ", name);
    for (const NameLink& link : links) {
      const int64_t rows = link.ours.of > 1 ? value.size(0) / link.ours.of : 0;
      Tensor part = link.ours.of > 1 ? value.narrow(0, link.ours.first * rows, link.ours.count * rows) : value;
      if (link.transposed) part = part.t();
      parts[link.theirs.name][link.theirs.first] = part;
    }
  }
  NamedTensors theirs;
  for (const auto& [name, pieces] : parts) {
    std::vector<Tensor> in_order;
    for (const auto& [first, piece] : pieces) in_order.push_back(piece);
    Tensor whole = in_order.size() == 1 ? in_order[0] : at::cat(in_order, 0);
    const bool is_siglip = parts.count("vision_model.head.probe") > 0;
    if (name.ends_with("position_embedding.weight")) whole = whole.view({-1, whole.sizes().back()});
    if (is_siglip && name.starts_with("logit_")) whole = whole.view({1});
    theirs.emplace_back(name, whole.contiguous());
  }
  return theirs;
}

std::string preprocess_text(const Preprocess& p) {
  constexpr std::array kModes = {"shortest", "squash", "longest", "longest_corner"};  // by Resize
  return nlohmann::ordered_json{{"size", {p.image_size, p.image_size}},
                                {"mode", "RGB"},
                                {"mean", p.mean},
                                {"std", p.deviation},
                                {"interpolation", p.resize == Resize::corner ? "bilinear" : "bicubic"},
                                {"resize_mode", kModes[static_cast<size_t>(p.resize)]}}
      .dump();
}

}  // namespace

NamedTensors exported(const ParameterSet& parameters, Naming naming) {
  at::NoGradGuard no_grad;
  NamedTensors ours = in_our_names(parameters);
  return naming == Naming::original ? ours : in_hugging_face_names(ours);
}

void save_exported(const Path& file, const Model& model, Naming naming) {
  save_tensors(file, exported(model.parameters(), naming),
               {{"format", "pt"}, {"preprocess_cfg", preprocess_text(model.preprocess())}});
}

}  // namespace weft
