// SPDX-License-Identifier: Apache-2.0
#include "models/pretrained.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/upsample_linear1d.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "base/error.h"
#include "base/safetensors.h"
#include "models/weights.h"

namespace weft {
namespace {

const std::vector<std::string> kBuffers = {"*position_ids", "*attn_mask", "input_resolution", "context_length",
                                           "vocab_size",    "pixel_mean", "pixel_std"};

bool matches_any(const std::string& name, const std::vector<std::string>& globs) {
  return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return matches_glob(name, glob); });
}

Tensor tensor_of(const SafetensorsReader& reader, const SafetensorsEntry& entry, const Path& file) {
  static const std::map<std::string, at::ScalarType> kTypes = {
      {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}};
  const auto type = kTypes.find(entry.dtype);
  check(type != kTypes.end(), file.string(), ": ", entry.name, " is ", entry.dtype, ", wanted F32, F16 or BF16");
  return at::from_blob(const_cast<uint8_t*>(reader.data(entry)), entry.shape, type->second).to(at::kFloat);
}

// A foreign file, asked by our names.
class Source {
 public:
  explicit Source(const Path& file) : file_(file), reader_(file) {
    for (const SafetensorsEntry& entry : reader_.entries())
      for (const char* start : {"text_model.", "vision_model.", "vision_encoder."})
        if (entry.name.starts_with(start)) naming = Naming::hugging_face;
  }

  // Undefined where the file has no such tensor.
  Tensor find(const std::string& name) {
    if (naming == Naming::original) return find_here(name);
    Tensor whole;
    for (const NameLink& link : hugging_face_links(name)) {
      Tensor part = take(link.theirs.name);
      if (!part.defined() && link.ours.of == 1) continue;  // a copy that the file keeps once
      if (!part.defined()) return {};
      if (link.transposed) part = part.t();
      if (link.theirs.of > 1) part = rows_of(part, link.theirs);
      whole = whole.defined() && link.ours.of > 1 ? at::cat({whole, part}, 0) : part;
    }
    return whole.defined() ? whole.contiguous() : whole;
  }

  std::vector<std::string> untouched() const {
    std::vector<std::string> names;
    for (const SafetensorsEntry& entry : reader_.entries())
      if (!taken_.count(entry.name)) names.push_back(entry.name);
    return names;
  }

  Naming naming = Naming::original;

 private:
  static Tensor rows_of(const Tensor& tensor, const Rows& rows) {
    const int64_t part = tensor.size(0) / rows.of;
    return tensor.narrow(0, rows.first * part, rows.count * part);
  }
  // open_clip keeps texts of some models under "text.", of others not; ranks of a parallel run leave "module." before.
  Tensor find_here(const std::string& name) {
    const std::string other = name.starts_with("text.") ? name.substr(5) : "text." + name;
    for (const std::string start : {"", "module."})
      for (const std::string& each : {name, other})
        if (const Tensor found = take(start + each); found.defined()) return found;
    return {};
  }
  Tensor take(const std::string& name) {
    const SafetensorsEntry* entry = reader_.find(name);
    if (entry == nullptr) return {};
    taken_.insert(name);
    return tensor_of(reader_, *entry, file_);
  }

  Path file_;
  SafetensorsReader reader_;
  std::set<std::string> taken_;
};

// Rows before the grid of an image's positions: the class token.  -1: these are no positions of an image.
int64_t leading_rows(const std::string& name) {
  if (name == "visual.positional_embedding") return 1;
  return name == "visual.trunk.pos_embed" || name == "image_encoder.pos_embed" ? 0 : -1;
}

Tensor resized_grid(const Tensor& rows_NW, int64_t leading, int64_t wanted_rows) {
  const auto side = [&](int64_t rows) { return std::llround(std::sqrt(static_cast<double>(rows - leading))); };
  const int64_t from = side(rows_NW.size(0)), to = side(wanted_rows), width = rows_NW.size(1);
  if (from * from + leading != rows_NW.size(0)) return {};
  const Tensor grid = rows_NW.narrow(0, leading, from * from).view({1, from, from, width}).permute({0, 3, 1, 2});
  const Tensor wide = at::_upsample_bicubic2d_aa(grid.contiguous(), {to, to}, /*align_corners=*/false);
  return at::cat({rows_NW.narrow(0, 0, leading), wide.permute({0, 2, 3, 1}).reshape({to * to, width})}, 0);
}

// The value for a position embedding of another size; undefined where `name` is none, or the widths differ.
Tensor resized(const std::string& name, const Tensor& value, const std::vector<int64_t>& wanted) {
  if (value.dim() < 2 || wanted.size() < 2 || value.sizes().back() != wanted.back()) return {};
  const int64_t width = wanted.back();
  const int64_t rows = std::accumulate(wanted.begin(), wanted.end() - 1, int64_t{1}, std::multiplies<>());
  const Tensor rows_NW = value.reshape({-1, width});
  if (const int64_t leading = leading_rows(name); leading >= 0) {
    const Tensor grid = resized_grid(rows_NW, leading, rows);
    return grid.defined() ? grid.view(wanted) : grid;
  }
  const bool is_line =
      name.ends_with("positional_embedding") || name.ends_with(".rel_pos_h") || name.ends_with(".rel_pos_w");
  if (!is_line) return {};
  return at::upsample_linear1d(rows_NW.t().unsqueeze(0).contiguous(), {rows}, /*align_corners=*/false).squeeze(0).t();
}

std::string listed(const char* title, const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += join("\n  ", title, name);
  return text;
}

// The numbers are there, in a shape that says the same: 1 x N x W for N x W, or [1] for a scalar.
bool is_same_but_for_ones(const Tensor& value, const Tensor& parameter) {
  const auto longer_than_one = [](at::IntArrayRef sizes) {
    std::vector<int64_t> rest;
    for (const int64_t size : sizes)
      if (size != 1) rest.push_back(size);
    return rest;
  };
  return longer_than_one(value.sizes()) == longer_than_one(parameter.sizes());
}

// What becomes of one parameter.
void load(Parameter& parameter, Source& source, const InitSettings& settings, LoadReport& report,
          std::vector<std::string>& mismatched) {
  const std::string& name = parameter.name;
  const Tensor value = source.find(name);
  if (!value.defined()) {
    (is_our_own(name) ? report.own : report.missing).push_back(name);
  } else if (is_same_but_for_ones(value, parameter.value)) {
    parameter.value.copy_(value.view(parameter.value.sizes()));
    ++report.matched;
  } else if (const Tensor fitted = resized(name, value, parameter.value.sizes().vec()); fitted.defined()) {
    parameter.value.copy_(fitted);
    report.resized.push_back(
        join(name, " ", shape_text(value.sizes().vec()), " -> ", shape_text(parameter.value.sizes().vec())));
  } else {
    auto& list = matches_any(name, settings.may_lack) ? report.missing : mismatched;
    list.push_back(join(name, " (", shape_text(value.sizes().vec()), " in the file, wanted ",
                        shape_text(parameter.value.sizes().vec()), ")"));
  }
}

// Those that no glob allows, taken out of `names`.
std::vector<std::string> not_allowed(std::vector<std::string>& names, const std::vector<std::string>& globs) {
  const auto rest = std::stable_partition(names.begin(), names.end(), [&](const std::string& name) {
    return matches_any(name.substr(0, name.find(' ')), globs);
  });
  std::vector<std::string> refused(rest, names.end());
  names.erase(rest, names.end());
  return refused;
}

}  // namespace

void InitSettings::fields(Fields& visit) {
  visit("from", from, any,
        "safetensors file whose weights the model starts with, named as open_clip, segment-anything or transformers "
        "names them (empty: random weights)");
  visit("may_lack", may_lack, not_empty,
        "parameters, as globs, that the file may lack or have in another shape; they start as without it");
  visit("may_ignore", may_ignore, not_empty, "tensors of the file, as globs, that the model may have no use for");
}

std::string LoadReport::text() const {
  return join(kNamings[static_cast<size_t>(naming)], " names: ", matched, " tensors taken, ", resized.size(),
              " resized, ", missing.size(), " missing, ", unexpected.size(), " unexpected, ", own.size(),
              " of our own, ", buffers.size(), " buffers left out", listed("resized: ", resized),
              listed("missing: ", missing), listed("unexpected: ", unexpected));
}

LoadReport load_pretrained(const InitSettings& settings, ParameterSet& parameters) {
  at::NoGradGuard no_grad;
  const Path file = settings.from;
  Source source(file);
  LoadReport report{.naming = source.naming};
  std::vector<std::string> mismatched;
  for (Parameter& parameter : parameters.all()) load(parameter, source, settings, report, mismatched);
  for (const std::string& name : source.untouched())
    (matches_any(name, kBuffers) ? report.buffers : report.unexpected).push_back(name);
  const std::vector<std::string> missing = not_allowed(report.missing, settings.may_lack),
                                 unexpected = not_allowed(report.unexpected, settings.may_ignore);
  check(missing.empty() && unexpected.empty() && mismatched.empty(), file.string(), ": ", report.matched,
        " tensors fit the model, but", missing.empty() ? "" : "\n  missing: ", some_of(missing),
        unexpected.empty() ? "" : "\n  unexpected: ", some_of(unexpected),
        mismatched.empty() ? "" : "\n  mismatched: ", some_of(mismatched),
        "\nhint: init.may_lack and init.may_ignore take globs of what is meant to be so");
  return report;
}

}  // namespace weft
