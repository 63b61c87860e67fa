// SPDX-License-Identifier: Apache-2.0
// What an ImportRun keeps; shared by its two sources.
#pragma once

#include <map>
#include <optional>
#include <regex>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "data/importers/import_run.h"

namespace weft {

struct ImportRun::Impl {
  Impl(const ImportRequest& request, const Importer& settings);

  // What the source or group_from names; nothing where an image is a group of its own.
  std::optional<std::string> group_of(const std::string& key, const std::string& named, const std::string& place);
  void draw_splits();
  void read_split_lists();
  void cut_folds();

  const ImportRequest request;
  const Importer& settings;
  const std::optional<std::regex> group_from;
  bool group_from_is_used = false;
  StoreWriter writer;
  ImportReport report;
  std::unordered_map<std::string, Added> by_key;
  struct Put {
    std::string split, place;
  };
  std::map<std::string, Put> split_of;  // of groups, as the source names them
  std::map<std::string, std::vector<std::string>> splits;
  bool splits_are_settled = false;
  std::set<std::pair<std::string, std::string>> classes;  // layer and name
  std::unordered_set<uint64_t> said;                      // hashes of regions and captions
  std::map<std::string, std::optional<std::string>> mended_texts;
};

}  // namespace weft
