// SPDX-License-Identifier: Apache-2.0
// weft's side of contrastive.1: released_shapes FOLDER, where released_shapes.py left names, pixels, ids and features
// of models filled by counters.  Fills its own alike, compares names both ways and features, and writes each model's
// weights by open_clip's names.  Status 0 only where all is within 1e-4.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/random.h"
#include "base/safetensors.h"
#include "data/image.h"
#include "data/store.h"
#include "data/view.h"
#include "models/exported.h"
#include "models/pretrained.h"
#include "models/two_tower.h"
#include "tests/models/counter_fill.h"

namespace weft {
namespace {

using Json = nlohmann::json;

constexpr double kTolerance = 1e-4;

Tensor tensor_of(const SafetensorsReader& reader, const std::string& name, at::ScalarType type) {
  const SafetensorsEntry* entry = reader.find(name);
  check(entry != nullptr, "no tensor ", name);
  return at::from_blob(const_cast<uint8_t*>(reader.data(*entry)), entry->shape, type);
}

// The most that two sets of unit rows differ, and how alike the rows are among each other: 1 would prove nothing.
bool compare(const char* what, const Tensor& ours, const Tensor& theirs) {
  const double most = (ours - theirs).abs().max().item<double>();
  const auto n = static_cast<double>(ours.size(0));
  const double cosine = (at::mm(ours, ours.t()).sum().item<double>() - n) / (n * (n - 1));
  std::printf("  %s: largest difference %.2e (allowed %.0e), mean cosine of two rows %.3f\n", what, most, kTolerance,
              cosine);
  return most <= kTolerance && cosine < 0.99;
}

bool same_names(const ParameterSet& parameters, const Json& shapes) {
  std::map<std::string, std::vector<int64_t>> ours;
  for (const Parameter& parameter : parameters.all()) ours[parameter.name] = parameter.value.sizes().vec();
  const bool same = ours == shapes.get<decltype(ours)>();
  std::printf("  %zu names and shapes: %s\n", ours.size(), same ? "the same on both sides" : "NOT the same");
  return same;
}

// weft's own evaluation views of the files against open_clip's: no byte differs.
bool same_views(const Json& files, const Preprocess& preprocess, const Tensor& theirs_NCHW) {
  const EvaluationShape shape(preprocess.image_size, preprocess.resize, Alpha::dropped);
  Tensor ours_NCHW = at::empty_like(theirs_NCHW);
  uint8_t* out = ours_NCHW.data_ptr<uint8_t>();
  for (const Json& name : files) {
    const Bytes content = read_bytes(Path(name.get<std::string>()));
    Stream unused(0, Purpose::background, 0, 0);
    evaluation_view(sample_info(content), content, shape, unused, out);
    out += theirs_NCHW[0].numel();
  }
  const auto differ = ours_NCHW.ne(theirs_NCHW).sum().item<int64_t>();
  std::printf("  views of %zu files: %lld of %lld bytes differ\n", files.size(), static_cast<long long>(differ),
              static_cast<long long>(theirs_NCHW.numel()));
  return differ == 0;
}

bool judge(const Path& folder, const std::string& name) {
  const Json facts = Json::parse(read_text(folder / (name + ".json")));
  const SafetensorsReader file(folder / (name + ".safetensors"));
  std::printf("%s (%s)\n", name.c_str(), facts["open_clip"].get<std::string>().c_str());
  TwoTowerSettings settings;
  settings.quick_gelu = name.ends_with("_quickgelu");
  settings.size = settings.quick_gelu ? name.substr(0, name.size() - 10) : name;
  const auto model = settings.build(settings.size == "siglip_b_16" ? 32000 : 49408, 0);
  InitSettings init;
  init.from = (folder / (name + ".weights")).string();
  if (std::filesystem::exists(init.from))  // tools/compare_released.py leaves them
    std::printf("  %s\n", load_pretrained(init, model->parameters()).text().c_str());
  else
    fill_by_counter(model->parameters());
  const Tensor ids = tensor_of(file, "ids", at::kLong);
  // CLIP reads a text out at its highest id, SigLIP at its last place.
  Tensor last = ids.argmax(1);
  if (model->text_form().pads_to_context) last.fill_(ids.size(1) - 1);
  bool good = same_names(model->parameters(), facts["shapes"]);
  const Tensor pixels = tensor_of(file, "pixels", at::kByte);
  if (facts.contains("files")) good &= same_views(facts["files"], model->preprocess(), pixels);
  good &= compare("images", model->encode(pixels, Draws{}), tensor_of(file, "image", at::kFloat));
  good &= compare("texts", model->embed({ids, last}, Draws{}), tensor_of(file, "text", at::kFloat));
  save_exported(folder / (name + ".weft.safetensors"), *model, Naming::original);
  return good;
}

int run(const Path& folder) {
  at::NoGradGuard no_grad;
  at::set_num_threads(2);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  check(!names.empty(), folder.string(), ": nothing to compare with");
  bool good = true;
  for (const std::string& name : names) good &= judge(folder, name);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::check(argc == 2, "wanted: released_shapes FOLDER");
    return weft::run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "released_shapes: %s\n", error.what());
    return 2;
  }
}
