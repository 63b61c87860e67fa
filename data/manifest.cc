// SPDX-License-Identifier: Apache-2.0
#include "data/manifest.h"

#include <cctype>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDatasetFormat = "weft.dataset";
constexpr const char* kLayerFormat = "weft.evidence";
constexpr uint64_t kVersion = 2;  // of both

// A JSON file and where in it we are, so that every Error can say so.
class Node {
 public:
  Node(const Json& json, std::string where) : json_(json), where_(std::move(where)) {}

  Node at(const char* key) const {
    check(json_.is_object() && json_.contains(key), where_, ": \"", key, "\" is missing");
    return Node(json_.at(key), where_ + ": " + key);
  }
  std::vector<Node> items() const {
    check(json_.is_array(), where_, ": wanted a list");
    std::vector<Node> all;
    for (size_t i = 0; i < json_.size(); ++i) all.emplace_back(json_[i], join(where_, "[", i, "]"));
    return all;
  }
  std::vector<std::string> keys() const {
    check(json_.is_object(), where_, ": wanted an object");
    std::vector<std::string> all;
    for (const auto& item : json_.items()) all.push_back(item.key());
    return all;
  }
  std::string text() const {
    check(json_.is_string(), where_, ": wanted a text, found ", json_.dump());
    return json_.get<std::string>();
  }
  std::string plain_name() const {
    std::string name = text();
    check_plain_name(name, where_);
    return name;
  }
  uint64_t count() const {
    check(json_.is_number_unsigned(), where_, ": wanted a whole number, found ", json_.dump());
    return json_.get<uint64_t>();
  }
  bool is_null() const { return json_.is_null(); }

 private:
  const Json& json_;
  std::string where_;
};

Json parse(const Path& path) {
  try {
    return Json::parse(read_text(path));
  } catch (const Json::exception& error) {
    fail(path.string(), ": is not JSON: ", error.what());
  }
}

uint64_t check_format(const Node& root, const char* format, const Path& path) {
  const std::string found = root.at("format").text();
  const uint64_t version = root.at("version").count();
  check(found == format && version >= 1 && version <= kVersion, path.string(), ": is \"", found, "\" version ", version,
        ", wanted \"", format, "\" version 1 to ", kVersion);
  return version;
}

void check_total(uint64_t sum, uint64_t claimed, const Path& path, const char* what) {
  check(sum == claimed, path.string(), ": says ", claimed, " ", what, ", but its parts add up to ", sum);
}

std::string written(const Json& json) {
  return json.dump(2) + "\n";
}

}  // namespace

uint64_t Folds::of(const std::string& group) const {
  WEFT_ASSERT(count > 0);
  return hash64("fold of " + group, seed) % count;  // another hash than that of draw_groups, which took some away
}

std::vector<std::string> Folds::names() const {
  std::vector<std::string> all;
  for (const char* prefix : {"", "train-"})
    for (uint64_t fold = 0; fold < count; ++fold) all.push_back(join(prefix, "fold", fold));
  return all;
}

bool has_manifest(const Path& folder) {
  return std::filesystem::exists(folder / kManifestFile);
}

Manifest read_manifest(const Path& folder) {
  check(has_manifest(folder), folder.string(), ": no dataset here (", kManifestFile,
        " is missing); was an import interrupted?");
  const Path path = folder / kManifestFile;
  const Json json = parse(path);
  const Node root(json, path.string());
  Manifest manifest{.version = check_format(root, kDatasetFormat, path),
                    .name = root.at("name").text(),
                    .licence = root.at("licence").text(),
                    .samples = root.at("samples").count()};
  uint64_t samples = 0;
  for (const Node& shard : root.at("shards").items()) {
    manifest.shards.push_back({shard.at("file").plain_name(), shard.at("samples").count(), shard.at("bytes").count(),
                               shard.at("xxh3").text()});
    samples += manifest.shards.back().samples;
  }
  check_total(samples, manifest.samples, path, "samples");
  for (const Node& layer : root.at("layers").items())
    manifest.layers.push_back({layer.at("name").plain_name(), layer.at("records").count()});
  const Node splits = root.at("splits");
  for (const std::string& name : splits.keys()) {
    check_plain_name(name, path.string() + ": splits");
    for (const Node& group : splits.at(name.c_str()).items()) manifest.splits[name].push_back(group.text());
    manifest.splits[name];  // a split may be empty
  }
  const Node subsets = root.at("subsets");
  for (const std::string& name : subsets.keys()) {
    check_plain_name(name, path.string() + ": subsets");
    for (const Node& uid : subsets.at(name.c_str()).items()) manifest.subsets[name].push_back(uid.text());
    manifest.subsets[name];
  }
  if (manifest.version >= 2) {
    const Node folds = root.at("folds");
    manifest.folds = {folds.at("count").count(), folds.at("seed").count()};
    check(manifest.folds.count <= Folds::kMost, path.string(), ": folds: count is ", manifest.folds.count,
          ", wanted at most ", Folds::kMost);
  }
  if (const Node tokenizer = root.at("tokenizer"); !tokenizer.is_null()) manifest.tokenizer = tokenizer.plain_name();
  return manifest;
}

std::string manifest_text(const Manifest& manifest) {
  Json shards = Json::array(), layers = Json::array(), splits = Json::object();
  for (const ShardEntry& shard : manifest.shards)
    shards.push_back({{"file", shard.file}, {"samples", shard.samples}, {"bytes", shard.bytes}, {"xxh3", shard.xxh3}});
  for (const LayerEntry& layer : manifest.layers) layers.push_back({{"name", layer.name}, {"records", layer.records}});
  for (const auto& [name, groups] : manifest.splits) splits[name] = groups;
  return written({{"format", kDatasetFormat},
                  {"version", kVersion},
                  {"name", manifest.name},
                  {"licence", manifest.licence},
                  {"samples", manifest.samples},
                  {"shards", shards},
                  {"layers", layers},
                  {"splits", splits},
                  {"subsets", manifest.subsets},
                  {"folds", {{"count", manifest.folds.count}, {"seed", manifest.folds.seed}}},
                  {"tokenizer", manifest.tokenizer.empty() ? Json() : Json(manifest.tokenizer)}});
}

LayerManifest read_layer_manifest(const Path& layer_folder) {
  const Path path = layer_folder / kLayerFile;
  check(std::filesystem::exists(path), layer_folder.string(), ": no evidence layer here (", kLayerFile,
        " is missing); was its writing interrupted?");
  const Json json = parse(path);
  const Node root(json, path.string());
  check_format(root, kLayerFormat, path);
  LayerManifest manifest{.name = root.at("name").plain_name(), .records = root.at("records").count()};
  uint64_t records = 0;
  for (const Node& part : root.at("parts").items()) {
    manifest.parts.push_back(
        {part.at("file").plain_name(), part.at("records").count(), part.at("bytes").count(), part.at("xxh3").text()});
    records += manifest.parts.back().records;
  }
  check_total(records, manifest.records, path, "records");
  return manifest;
}

std::string layer_manifest_text(const LayerManifest& manifest) {
  Json parts = Json::array();
  for (const PartEntry& part : manifest.parts)
    parts.push_back({{"file", part.file}, {"records", part.records}, {"bytes", part.bytes}, {"xxh3", part.xxh3}});
  return written({{"format", kLayerFormat},
                  {"version", kVersion},
                  {"name", manifest.name},
                  {"records", manifest.records},
                  {"parts", parts}});
}

void check_plain_name(const std::string& name, const std::string& what) {
  bool is_plain = !name.empty() && name[0] != '.';
  for (const char c : name) is_plain &= std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  check(is_plain, what, ": \"", name, "\" is no name; wanted letters, digits and . _ - only");
}

void check_size(const Path& file, uint64_t wanted, const std::string& written_in) {
  std::error_code error;
  const uint64_t found = std::filesystem::file_size(file, error);
  check(!error, file.string(), ": cannot find it: ", error.message());
  check(found == wanted, file.string(), ": has ", found, " bytes, but ", written_in, " says ", wanted,
        found < wanted ? "; it was cut short" : "; it was changed", " after the import");
}

}  // namespace weft
