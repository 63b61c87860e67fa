// SPDX-License-Identifier: Apache-2.0
#include "models/open_clip_config.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.h"

namespace weft {
namespace {

using Json = nlohmann::json;

// An object of which every key must be asked for.
class Section {
 public:
  Section(const Path& file, const Json& json, const std::string& name) : file_(file), json_(json), name_(name) {
    check(json.is_object(), file.string(), ": wanted an object", name.empty() ? "" : " at " + name);
  }
  bool has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }
  const Json& at(const char* key) {
    asked_.insert(key);
    check(has(key), file_.string(), ": has no ", name_, key);
    return json_[key];
  }
  int64_t size(const char* key) {
    const Json& value = at(key);
    check(value.is_number_integer() && value.get<int64_t>() > 0, file_.string(), ": ", name_, key, " is ", value.dump(),
          ", wanted a whole number above 0");
    return value.get<int64_t>();
  }
  int64_t size(const char* key, int64_t otherwise) { return has(key) ? size(key) : (asked_.insert(key), otherwise); }
  // What is there must be this.
  void is(const char* key, const Json& wanted) {
    asked_.insert(key);
    check(!has(key) || json_[key] == wanted, file_.string(), ": ", name_, key, " is ",
          has(key) ? json_[key].dump() : "", "; only ", wanted.dump(), " is supported");
  }
  void ignore(const char* key) { asked_.insert(key); }
  void finish() const {
    for (const auto& [key, value] : json_.items())
      check(asked_.count(key) > 0, file_.string(), ": ", name_, key, " is not supported");
  }

 private:
  const Path& file_;
  const Json& json_;
  std::string name_;
  std::set<std::string> asked_;
};

// timm's names of SigLIP's base towers: vit_base_patch16_siglip_224.
void read_timm(Section& vision, const Path& file, TowerSizes& s) {
  const std::string name = vision.at("timm_model_name").get<std::string>();
  int patch = 0, size = 0, length = 0;
  const int found = std::sscanf(name.c_str(), "vit_base_patch%d_siglip_%d%n", &patch, &size, &length);
  check(found == 2 && static_cast<size_t>(length) == name.size(), file.string(), ": timm_model_name is \"", name,
        "\"; only vit_base_patch<p>_siglip_<size> is supported");
  s.family = TextFamily::siglip;
  s.patch = patch;
  s.image_width = 768;
  s.image_layers = 12;
  vision.is("timm_pool", "map");
  vision.is("timm_proj", "none");
  vision.ignore("timm_model_pretrained");
}

void read_vision(Section vision, const Path& file, TowerSizes& s) {
  s.image_size = vision.size("image_size", 224);
  s.head_width = vision.size("head_width", 64);
  vision.is("mlp_ratio", 4.0);
  if (vision.has("timm_model_name")) {
    read_timm(vision, file, s);
  } else {
    s.patch = vision.size("patch_size");
    s.image_width = vision.size("width");
    s.image_layers = vision.size("layers");
  }
  vision.finish();
}

void read_text(Section text, TowerSizes& s) {
  s.text_context = text.size("context_length", 77);
  s.vocabulary = text.size("vocab_size", 49408);
  s.text_width = text.size("width");
  s.text_heads = text.size("heads");
  s.text_layers = text.size("layers");
  text.ignore("hf_tokenizer_name");  // data.tokenizer
  text.ignore("tokenizer_kwargs");
  if (s.family == TextFamily::siglip) {
    text.is("no_causal_mask", true);
    text.is("proj_bias", true);
    text.is("pool_type", "last");
    text.is("norm_kwargs", {{"eps", 1e-6}});
  }
  text.finish();
}

}  // namespace

TowerSizes read_open_clip_config(const Path& file) {
  Json json;
  try {
    json = Json::parse(read_text(file));
  } catch (const Json::exception& problem) {
    fail(file.string(), ": is no JSON: ", problem.what());
  }
  const bool released = json.is_object() && json.contains("model_cfg");  // preprocess_cfg stands beside it
  const Json& model_json = released ? json["model_cfg"] : json;
  Section model(file, model_json, "");
  TowerSizes s;
  s.embed = model.size("embed_dim");
  read_vision(Section(file, model.at("vision_cfg"), "vision_cfg."), file, s);
  read_text(Section(file, model.at("text_cfg"), "text_cfg."), s);
  s.quick_gelu = model.has("quick_gelu") && model.at("quick_gelu") == true;
  model.ignore("quick_gelu");
  if (s.family == TextFamily::siglip) {
    model.is("custom_text", true);
    model.is("init_logit_bias", -10);
  }
  model.finish();
  return s;
}

}  // namespace weft
