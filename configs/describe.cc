// SPDX-License-Identifier: Apache-2.0
// The visitor that lists what a recipe may say: `weft config list` and `weft config explain`.
#include <algorithm>

#include "base/error.h"
#include "configs/recipe.h"

namespace weft {
namespace {

struct Row {
  std::string path;
  bool is_section = false;
  std::string value, wanted, help;
};

class Lister final : public Fields {
 public:
  void operator()(std::string_view key, bool& value, const Check& check, std::string_view help) override {
    add(key, value, check, help);
  }
  void operator()(std::string_view key, int64_t& value, const Check& check, std::string_view help) override {
    add(key, value, check, help);
  }
  void operator()(std::string_view key, double& value, const Check& check, std::string_view help) override {
    add(key, value, check, help);
  }
  void operator()(std::string_view key, std::string& value, const Check& check, std::string_view help) override {
    add(key, value, check, help);
  }
  void operator()(std::string_view key, std::vector<std::string>& value, const Check& check,
                  std::string_view help) override {
    add(key, value, check, help);
  }
  void section(std::string_view name, Settings& settings, std::string_view help) override {
    const std::string outer = prefix_, path = prefix_ + std::string(name);
    const auto of_kind = help_of_kinds_.find(path);
    rows_.push_back({path, true, "", "", of_kind == help_of_kinds_.end() ? std::string(help) : of_kind->second});
    prefix_ = path + ".";
    settings.fields(*this);
    prefix_ = outer;
  }
  const std::vector<Row>& rows() const { return rows_; }

 protected:
  std::vector<std::string> choices(std::string_view name, const std::vector<KindName>& kinds, bool exactly_one,
                                   std::string_view help) override {
    const std::string path = prefix_ + std::string(name);
    std::vector<std::string> all;
    for (const KindName& kind : kinds) {
      all.push_back(kind.name);
      help_of_kinds_[path + "." + kind.name] = kind.describe;
    }
    rows_.push_back({path, true, "", exactly_one ? "one of its kinds" : "one or more of its kinds", std::string(help)});
    return all;
  }
  std::vector<std::string> names_below(std::string_view name, std::string_view help) override {
    rows_.push_back({prefix_ + std::string(name), true, "", "sections of any names", std::string(help)});
    return {"NAME"};
  }

 private:
  template <class Value>
  void add(std::string_view key, const Value& value, const Check& check, std::string_view help) {
    const char* each = std::is_same_v<Value, std::vector<std::string>> ? ", each " : ", ";
    const std::string wanted = type_words(value) + (check.wanted.empty() ? "" : each + check.wanted);
    rows_.push_back({prefix_ + std::string(key), false, check.allows(value) ? toml_text(value) : "(required)", wanted,
                     std::string(help)});
  }

  std::string prefix_;
  std::map<std::string, std::string> help_of_kinds_;
  std::vector<Row> rows_;
};

std::vector<Row> rows_of(Settings& root) {
  Lister lister;
  root.fields(lister);
  return lister.rows();
}

std::string table_of(const std::vector<Row>& rows) {
  const auto name_of = [](const Row& row) { return row.is_section ? "[" + row.path + "]" : row.path; };
  size_t name_width = 0, value_width = 0, wanted_width = 0;
  for (const Row& row : rows) {
    name_width = std::max(name_width, name_of(row).size());
    value_width = std::max(value_width, row.value.size());
    wanted_width = std::max(wanted_width, row.wanted.size());
  }
  const auto padded = [](std::string text, size_t width) {
    text.resize(std::max(width, text.size()) + 2, ' ');
    return text;
  };
  std::string table;
  for (const Row& row : rows) {
    table += padded(name_of(row), name_width) + padded(row.value, value_width) + padded(row.wanted, wanted_width) +
             row.help + "\n";
  }
  return table;
}

}  // namespace

std::string list_keys(Settings& root) {
  return table_of(rows_of(root));
}

std::string explain_key(Settings& root, const std::string& key) {
  const std::vector<Row> rows = rows_of(root);
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return row.path == key; });
  if (found == rows.end()) {
    std::vector<std::string> known;
    for (const Row& row : rows) known.push_back(row.path);
    const std::string best = nearest(key, known);
    fail("there is no key \"", key, "\"", best.empty() ? "" : "; did you mean \"" + best + "\"?");
  }
  if (!found->is_section) {
    return join(found->path, ": ", found->help, "\n  default: ", found->value, "\n  wanted:  ", found->wanted, "\n");
  }
  std::vector<Row> inside;
  for (const Row& row : rows)
    if (row.path == key || row.path.starts_with(key + ".")) inside.push_back(row);
  return table_of(inside);
}

}  // namespace weft
