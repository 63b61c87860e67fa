// SPDX-License-Identifier: Apache-2.0
#include "trainer/checkpoint_format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"

namespace weft {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 2;  // version 1 hashed whole files only

// What `use` makes of the file's JSON; an Error names the file.
template <class Use>
auto from_json(const Path& file, const Use& use) {
  try {
    return use(Json::parse(read_text(file)));
  } catch (const Json::exception& error) {
    fail(file.string(), ": is not what it must be: ", error.what());
  }
}

Manifest::File read_file(const Json& json) {
  Manifest::File file{json.at("name"), json.at("bytes")};
  if (json.contains("xxh3")) {
    file.xxh3 = json.at("xxh3");
    return file;
  }
  file.header_bytes = json.at("header_bytes");
  file.header_xxh3 = json.at("header_xxh3");
  file.units_xxh3 = json.at("units_xxh3").get<std::vector<std::string>>();
  return file;
}

}  // namespace

Packing::Packing(const std::vector<int64_t>& counts) : offsets_{0}, places_{0} {
  for (const int64_t count : counts) {
    offsets_.push_back(offsets_.back() + (count + FlatLayout::kPad - 1) / FlatLayout::kPad * FlatLayout::kPad);
    places_.push_back(places_.back() + count);
  }
}

int64_t Packing::place(int64_t offset) const {
  const auto behind = std::upper_bound(offsets_.begin(), offsets_.end(), offset);
  if (behind == offsets_.end()) return count();
  const auto tensor = static_cast<size_t>(behind - offsets_.begin()) - 1;
  return std::min(places_[tensor] + offset - offsets_[tensor], places_[tensor + 1]);
}

Manifest Manifest::read(const Path& checkpoint) {
  return from_json(checkpoint / kManifestFile, [&](const Json& json) {
    const std::string format = json.at("format");
    const int version = json.at("version");
    check(format == "weft.checkpoint", checkpoint.string(), ": manifest.json has format \"", format,
          "\", wanted \"weft.checkpoint\"");
    check(version >= 1 && version <= kVersion, checkpoint.string(), ": manifest.json has version ", version,
          "; this weft reads versions 1 to ", kVersion);
    Manifest manifest;
    if (version > 1) {
      manifest.unit = json.at("unit");
      manifest.virtual_ranks = json.at("virtual_ranks");
      check(manifest.virtual_ranks > 0 && manifest.unit > 0 && manifest.unit % manifest.virtual_ranks == 0,
            checkpoint.string(), ": manifest.json has units of ", manifest.unit, " numbers for ",
            manifest.virtual_ranks, " virtual ranks; wanted a multiple");
    }
    for (const Json& file : json.at("files")) manifest.files.push_back(read_file(file));
    return manifest;
  });
}

std::string Manifest::text() const {
  Json json = {{"format", "weft.checkpoint"},
               {"version", kVersion},
               {"unit", unit},
               {"virtual_ranks", virtual_ranks},
               {"files", Json::array()}};
  for (const File& file : files) {
    Json entry = {{"name", file.name}, {"bytes", file.bytes}};
    if (!file.xxh3.empty()) {
      entry["xxh3"] = file.xxh3;
    } else {
      entry["header_bytes"] = file.header_bytes;
      entry["header_xxh3"] = file.header_xxh3;
      entry["units_xxh3"] = file.units_xxh3;
    }
    json["files"].push_back(entry);
  }
  return json.dump(1) + "\n";
}

const Manifest::File* Manifest::find(const std::string& name) const {
  const auto found = std::find_if(files.begin(), files.end(), [&](const File& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

std::string unit_hash(const std::vector<uint64_t>& pieces) {
  return hash_text(hash64({reinterpret_cast<const char*>(pieces.data()), pieces.size() * sizeof(uint64_t)}));
}

std::string state_text(const TrainProgress& progress, double score) {
  Json json = {
      {"step", progress.step},       {"updates", progress.updates}, {"skipped_in_a_row", progress.skipped_in_a_row},
      {"damaged", progress.damaged}, {"seconds", progress.seconds}, {"score", nullptr},
      {"pinned", progress.pinned}};
  if (std::isfinite(score)) json["score"] = score;
  return json.dump(1) + "\n";
}

TrainProgress read_progress(const Path& checkpoint) {
  return from_json(checkpoint / kStateFile, [](const Json& json) {
    return TrainProgress{json.at("step"),    json.at("updates"), json.at("skipped_in_a_row"),
                         json.at("damaged"), json.at("seconds"), json.value("pinned", TrainProgress().pinned)};
  });
}

double read_score(const Path& checkpoint) {
  return from_json(checkpoint / kStateFile, [](const Json& json) {
    const bool has_one = json.contains("score") && !json.at("score").is_null();
    return has_one ? json.at("score").get<double>() : std::numeric_limits<double>::infinity();
  });
}

std::string checkpoint_name(int64_t step) {
  char name[32];
  std::snprintf(name, sizeof name, "step-%08lld", static_cast<long long>(step));
  return name;
}

std::vector<CheckpointFolder> checkpoint_folders(const Path& root) {
  std::vector<CheckpointFolder> list;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(root, none)) {
    long long step = 0;
    if (std::sscanf(entry.path().filename().c_str(), "step-%lld", &step) == 1 &&
        entry.path().filename() == checkpoint_name(step))
      list.push_back({entry.path(), step});
  }
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.step > b.step; });
  return list;
}

}  // namespace weft
