// SPDX-License-Identifier: Apache-2.0
#include "data/importers/openimages_classes.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/formats/csv.h"
#include "data/importers/import_run.h"
#include "data/utf8.h"

namespace weft {
namespace {

using nlohmann::json;

constexpr int kDeepest = 64;

class TreeReader {
 public:
  TreeReader(OpenimagesClasses& into, const Path& file) : into_(into), file_(file) {}

  void read() {
    const json tree = json::parse(read_text(file_), nullptr, /*allow_exceptions=*/false);
    check(tree.is_object(), file_.string(), ": is no JSON object");
    visit(tree, "", /*is_part=*/false, 0);
    for (const std::string& id : as_part_)
      if (!as_kind_.contains(id)) into_.parts.insert(id);
  }

 private:
  void visit(const json& node, const std::string& parent, bool is_part, int depth) {
    check(depth < kDeepest, file_.string(), ": the tree is deeper than ", kDeepest);
    check(node.is_object() && node.contains("LabelName") && node["LabelName"].is_string(), file_.string(),
          ": a node below \"", parent, "\" has no LabelName");
    const std::string id = node["LabelName"].get<std::string>();
    const bool is_root = depth == 0;
    if (!is_root || into_.names.contains(id)) into_.in_tree.insert(id);
    (is_part ? as_part_ : as_kind_).insert(id);
    if (!is_part && !parent.empty() && parent != id && into_.names.contains(parent)) into_.parents[id].insert(parent);
    for (const char* key : {"Subcategory", "Part"}) {
      const auto below = node.find(key);
      if (below == node.end()) continue;
      check(below->is_array(), file_.string(), ": ", key, " of \"", id, "\" is no list");
      for (const json& child : *below) visit(child, id, key == std::string_view("Part"), depth + 1);
    }
  }

  OpenimagesClasses& into_;
  const Path& file_;
  std::set<std::string> as_kind_, as_part_;
};

}  // namespace

void OpenimagesClasses::read_names(const Path& file) {
  CsvTable table(file, ',', {"LabelName", "DisplayName"});
  while (table.next()) {
    check(table.problem().empty(), table.place(), ": the row ", table.problem());
    const std::string id = trimmed(table.at(0)), name = trimmed(table.at(1));
    if (id == "LabelName") continue;  // the header of version 6
    check(is_utf8(id) && is_utf8(name), table.place(), ": is not UTF-8");
    check(!id.empty() && !name.empty(), table.place(), ": wanted id,name");
    if (names.try_emplace(id, name).second) places[id] = table.place();
  }
}

void OpenimagesClasses::read_tree(const Path& file) {
  TreeReader(*this, file).read();
}

std::vector<std::string> OpenimagesClasses::parents_first() const {
  std::vector<std::string> order;
  std::set<std::string> seen;
  const std::function<void(const std::string&)> visit = [&](const std::string& id) {
    if (!seen.insert(id).second) return;
    if (const auto above = parents.find(id); above != parents.end())
      for (const std::string& parent : above->second) visit(parent);
    if (names.contains(id)) order.push_back(id);
  };
  for (const auto& [id, name] : names) visit(id);
  return order;
}

}  // namespace weft
