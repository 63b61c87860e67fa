// SPDX-License-Identifier: Apache-2.0
// weft's side of segmenter.1: sam_parity FOLDER, where sam_parity.py left names, pixels, features and answers of models
// filled by counters, or tools/compare_sam.py those of released weights.  Compares names both ways and every number,
// and writes each model's weights by both namings.  Status 0 only where all is within 1e-4.
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "base/error.h"
#include "base/files.h"
#include "base/random.h"
#include "base/safetensors.h"
#include "data/store.h"
#include "data/view.h"
#include "models/exported.h"
#include "models/pretrained.h"
#include "models/sam_prompt_encoder.h"
#include "models/segmenter.h"
#include "tests/models/sam_prompts.h"

namespace weft {
namespace {

using golden_sam::Json;

constexpr double kTolerance = 1e-4;

Tensor tensor_of(const SafetensorsReader& reader, const std::string& name, at::ScalarType type = at::kFloat) {
  const SafetensorsEntry* entry = reader.find(name);
  check(entry != nullptr, "no tensor ", name);
  return at::from_blob(const_cast<uint8_t*>(reader.data(*entry)), entry->shape, type);
}

// The largest difference of each kind.
class Differences {
 public:
  void add(const std::string& what, const Tensor& ours, const Tensor& theirs) {
    double& most = most_[what];
    if (ours.numel() > 0) most = std::max(most, (ours - theirs).abs().max().item<double>());
  }
  double print() const {
    double most = 0;
    for (const auto& [what, difference] : most_) {
      std::printf("  %s: largest difference %.2e (allowed %.0e)\n", what.c_str(), difference, kTolerance);
      most = std::max(most, difference);
    }
    return most;
  }

 private:
  std::map<std::string, double> most_;
};

bool same_names(const Model& model, const Json& facts) {
  std::map<std::string, std::vector<int64_t>> ours;
  for (const auto& [name, value] : exported(model.parameters(), Naming::original)) ours[name] = value.sizes().vec();
  bool same = ours == facts["shapes"].get<decltype(ours)>();
  std::printf("  %zu names and shapes: %s\n", ours.size(), same ? "the same on both sides" : "NOT the same");
  for (const auto& [start, wanted] : facts["counts"].items()) {
    int64_t count = 0;
    for (const Parameter& parameter : model.parameters().all())
      if (parameter.name.starts_with(start) && !parameter.is_fixed) count += parameter.value.numel();
    std::printf("  %s: %lld parameters\n", start.c_str(), static_cast<long long>(count));
    same = same && count == wanted.get<int64_t>();
  }
  return same;
}

void compare_prompts(const Model& model, const std::vector<Json>& cases, const SafetensorsReader& file,
                     Differences& differences) {
  const int64_t size = model.preprocess().image_size, grid = size / 16;
  ParameterSet set(0);
  const SamPromptEncoder encoder(set, {.image_size = size, .grid = grid, .channels = 256});
  for (Parameter& parameter : set.all()) parameter.value.copy_(model.parameters().find(parameter.name)->value);
  for (size_t i = 0; i < cases.size(); ++i) {
    const PromptSet prompts = golden_sam::prompts({cases[i]}, 4 * grid);
    differences.add("prompt encoder", encoder.tokens(prompts)[0], tensor_of(file, join("sparse.", i)));
    differences.add("prompt encoder", encoder.map(prompts)[0].expand({grid * grid, 256}),
                    tensor_of(file, join("dense.", i)));
  }
}

// All cases in one call, and each alone.
void compare_masks(const Model& model, const std::vector<Json>& cases, const SafetensorsReader& file,
                   Differences& differences) {
  const Tensor features = tensor_of(file, "features");
  const int64_t side = model.preprocess().image_size / 4;
  for (const bool multimask : {false, true}) {
    const std::string kind = multimask ? "three." : "one.";
    const MaskOutputs together = model.decode(features, golden_sam::prompts(cases, side), multimask, Draws{});
    for (size_t i = 0; i < cases.size(); ++i) {
      const MaskOutputs alone = model.decode(features, golden_sam::prompts({cases[i]}, side), multimask, Draws{});
      const Tensor masks = tensor_of(file, join(kind, "masks.", i)), iou = tensor_of(file, join(kind, "iou.", i));
      const auto row = static_cast<int64_t>(i);
      differences.add("low_res_masks, one prompt a call", alone.logits_PMHW[0], masks);
      differences.add("low_res_masks, all prompts in one call", together.logits_PMHW[row], masks);
      differences.add("predicted IoU", alone.iou_PM[0], iou);
      differences.add("predicted IoU", together.iou_PM[row], iou);
    }
  }
}

double judge(const Path& folder, const std::string& name, bool& good) {
  const Json facts = Json::parse(read_text(folder / (name + ".json")));
  const SafetensorsReader file(folder / (name + ".safetensors"));
  std::printf("%s\n", name.c_str());
  SegmenterSettings settings;
  settings.size = name;
  const auto model = settings.build(0, 0);
  InitSettings init;
  init.from = (folder / (name + ".weights")).string();
  if (std::filesystem::exists(init.from))  // tools/compare_sam.py leaves them
    std::printf("  %s\n", load_pretrained(init, model->parameters()).text().c_str());
  else
    fill_by_counter(model->parameters());
  good = same_names(*model, facts) && good;
  const auto cases = facts["answers"].get<std::vector<Json>>();
  Differences differences;
  const Tensor pixels = tensor_of(file, "pixels"), features = tensor_of(file, "features");
  for (int64_t i = 0; i < pixels.size(0); ++i)
    differences.add("image encoder", model->encode(pixels.narrow(0, i, 1), Draws{})[0], features[i]);
  compare_prompts(*model, cases, file, differences);
  compare_masks(*model, cases, file, differences);
  save_exported(folder / (name + ".weft.safetensors"), *model, Naming::original);
  save_exported(folder / (name + ".hugging_face.safetensors"), *model, Naming::hugging_face);
  return differences.print();
}

// weft's evaluation views of pictures of odd sizes: grey levels by which they differ at most.
int judge_views(const Path& folder) {
  const SafetensorsReader file(folder / "odd.views");
  int most = 0;
  for (const SafetensorsEntry& entry : file.entries()) {
    const Bytes content = read_bytes(folder / entry.name);
    const Tensor theirs = tensor_of(file, entry.name, at::kByte), ours = at::empty_like(theirs);
    Stream unused(0, Purpose::background, 0, 0);
    evaluation_view(sample_info(content), content, {static_cast<int>(theirs.size(1)), Resize::corner, Alpha::dropped},
                    unused, ours.data_ptr<uint8_t>());
    most = std::max(most, (ours.to(at::kInt) - theirs.to(at::kInt)).abs().max().item<int>());
  }
  std::printf("views of %zu pictures of odd sizes: at most %d grey levels apart\n", file.entries().size(), most);
  return most;
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
  if (std::filesystem::exists(folder / "odd.views")) good = judge_views(folder) <= 1;
  double most = 0;
  for (const std::string& name : names) most = std::max(most, judge(folder, name, good));
  std::printf("largest difference of all: %.2e\n", most);
  return good && most <= kTolerance ? 0 : 1;
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  try {
    weft::check(argc == 2, "wanted: sam_parity FOLDER");
    return weft::run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sam_parity: %s\n", error.what());
    return 2;
  }
}
