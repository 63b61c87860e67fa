// SPDX-License-Identifier: Apache-2.0
// The visitor that gives a Settings tree the values of a recipe.  It notes problems and goes on, so that a user sees
// them all at once; what no visit asked for is unknown, and is matched against the names that visits did ask for.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "base/error.h"
#include "configs/recipe.h"

namespace weft {
namespace {

template <class Value>
bool convert(const TomlValue& from, Value& to) {
  if (const Value* same = std::get_if<Value>(&from)) {
    to = *same;
    if constexpr (std::is_same_v<Value, double>) return !std::isnan(to);
    return true;
  }
  if constexpr (std::is_same_v<Value, double>) {
    if (const int64_t* integer = std::get_if<int64_t>(&from)) {
      to = static_cast<double>(*integer);
      return true;
    }
  }
  return false;
}

class Filler final : public Fields {
 public:
  Filler(const Document& document, const std::string& name)
      : document_(document), file_{0, name}, known_{{"", {}}}, visited_{""} {}

  void operator()(std::string_view key, bool& value, const Check& check, std::string_view) override {
    take(key, value, check);
  }
  void operator()(std::string_view key, int64_t& value, const Check& check, std::string_view) override {
    take(key, value, check);
  }
  void operator()(std::string_view key, double& value, const Check& check, std::string_view) override {
    take(key, value, check);
  }
  void operator()(std::string_view key, std::string& value, const Check& check, std::string_view) override {
    take(key, value, check);
  }
  void operator()(std::string_view key, std::vector<std::string>& value, const Check& check,
                  std::string_view) override {
    take(key, value, check);
  }
  void section(std::string_view name, Settings& settings, std::string_view) override;

  void note_unknown();
  void throw_problems();
  std::string resolved() const;

 protected:
  std::vector<std::string> choices(std::string_view name, const std::vector<KindName>& kinds, bool exactly_one,
                                   std::string_view help) override;
  std::vector<std::string> names_below(std::string_view name, std::string_view help) override;

 private:
  struct Known {
    std::vector<std::string> keys, sections;
    bool holds_kinds = false;
    std::string resolved;  // the lines of its keys
  };
  struct Problem {
    Place place;
    std::string text;
  };

  template <class Value>
  void take(std::string_view key, Value& value, const Check& check);
  void open(const std::string& path, const std::string& parent, const std::string& name);
  void note(const Place& place, const std::string& text) { problems_.push_back({place, text}); }
  const Place& place_of_section() const;
  std::string suggestion(const std::string& section, const std::string& name, bool is_section) const;

  const Document& document_;
  const Place file_;
  std::map<std::string, Known> known_;  // by path of section: what it may hold
  std::vector<std::string> visited_;    // the paths of sections in their order
  std::string section_;                 // the one being visited
  std::vector<Problem> problems_;
};

std::string name_of_section(const std::string& path) {
  return path.empty() ? "the top level" : "[" + path + "]";
}

const Place& Filler::place_of_section() const {
  const auto found = document_.sections.find(section_);
  return found == document_.sections.end() ? file_ : found->second.place;
}

template <class Value>
void Filler::take(std::string_view key, Value& value, const Check& check) {
  const std::string name(key), path = join_path(section_, name);
  Known& here = known_[section_];
  WEFT_ASSERT(std::find(here.keys.begin(), here.keys.end(), name) == here.keys.end());
  here.keys.push_back(name);
  const auto found = document_.keys.find(path);
  if (found == document_.keys.end()) {
    if (!check.allows(value))
      note(place_of_section(), join(name_of_section(section_), " lacks \"", name, "\"; wanted ", check.wanted));
  } else {
    const std::string is = path + " is " + toml_text(found->second.value);
    if (!convert(found->second.value, value))
      note(found->second.place, is + "; wanted " + type_words(value));
    else if (!check.allows(value))
      note(found->second.place, is + "; wanted " + check.wanted);
  }
  const std::string origin = found == document_.keys.end() ? "default" : found->second.place.origin();
  here.resolved += name + " = " + toml_text(value) + "  # " + origin + "\n";
}

void Filler::open(const std::string& path, const std::string& parent, const std::string& name) {
  std::vector<std::string>& beside = known_[parent].sections;
  if (std::find(beside.begin(), beside.end(), name) == beside.end()) beside.push_back(name);
  known_.try_emplace(path);
}

void Filler::section(std::string_view name, Settings& settings, std::string_view) {
  const std::string outer = section_;
  std::string rest(name);
  for (size_t dot = 0; dot != std::string::npos;) {  // choose() asks for "name.kind"
    dot = rest.find('.');
    const std::string part = rest.substr(0, dot), path = join_path(section_, part);
    open(path, section_, part);
    section_ = path;
    rest.erase(0, dot == std::string::npos ? rest.size() : dot + 1);
  }
  visited_.push_back(section_);
  settings.fields(*this);
  section_ = outer;
}

std::vector<std::string> Filler::choices(std::string_view name, const std::vector<KindName>& kinds, bool exactly_one,
                                         std::string_view) {
  const std::string path = join_path(section_, std::string(name));
  open(path, section_, std::string(name));
  known_[path].holds_kinds = true;
  std::vector<std::string> picks;
  std::string names;
  for (const KindName& kind : kinds) {
    known_[path].sections.push_back(kind.name);
    names += (names.empty() ? "[" : ", [") + join_path(path, kind.name) + "]";
    if (document_.sections.contains(join_path(path, kind.name))) picks.push_back(kind.name);
  }
  for (size_t i = 1; exactly_one && i < picks.size(); ++i) {
    const std::string first = join_path(path, picks[0]), other = join_path(path, picks[i]);
    note(document_.sections.at(other).place, join("[", other, "] stands beside [", first, "] of ",
                                                  document_.sections.at(first).place.where, "; wanted one of them"));
  }
  const bool names_a_kind = std::any_of(document_.sections.begin(), document_.sections.end(),
                                        [&](const auto& section) { return section.second.parent == path; });
  if (!names_a_kind && !document_.keys.contains(path))
    note(place_of_section(),
         join("there is no ", path, "; wanted ", exactly_one ? "one" : "one or more", " of ", names));
  return picks;
}

std::vector<std::string> Filler::names_below(std::string_view name, std::string_view) {
  const std::string path = join_path(section_, std::string(name));
  open(path, section_, std::string(name));
  std::vector<std::string> names;
  for (const auto& [inner, section] : document_.sections)
    if (section.parent == path) names.push_back(section.name);
  return names;
}

std::string Filler::suggestion(const std::string& section, const std::string& name, bool is_section) const {
  const auto shown = [&](const std::string& found, bool found_section) {
    return found_section ? "[" + join_path(section, found) + "]" : "\"" + found + "\"";
  };
  const Known& known = known_.at(section);
  if (const std::string best = nearest(name, is_section ? known.sections : known.keys); !best.empty())
    return "; did you mean " + shown(best, is_section) + "?";
  if (const std::string best = nearest(name, is_section ? known.keys : known.sections); !best.empty())
    return "; did you mean " + shown(best, !is_section) + "?";
  std::string all;
  for (const std::string& key : known.keys) all += (all.empty() ? "; it has " : ", ") + shown(key, false);
  for (const std::string& inner : known.sections) all += (all.empty() ? "; it has " : ", ") + shown(inner, true);
  return all;
}

void Filler::note_unknown() {
  for (const auto& [path, key] : document_.keys) {
    const auto holder = known_.find(key.section);
    if (holder == known_.end()) continue;  // its section is unknown, which is said once
    const auto& keys = holder->second.keys;
    if (std::find(keys.begin(), keys.end(), key.name) != keys.end()) continue;
    const std::string text = known_.contains(path) ? join(path, " is ", toml_text(key.value), "; wanted a section")
                                                   : join(name_of_section(key.section), " has no key \"", key.name,
                                                          "\"", suggestion(key.section, key.name, false));
    note(key.place, text);
  }
  for (const auto& [path, section] : document_.sections) {
    const auto holder = known_.find(section.parent);
    if (holder == known_.end() || known_.contains(path)) continue;
    note(section.place,
         join(name_of_section(section.parent), holder->second.holds_kinds ? " has no kind \"" : " has no section \"",
              section.name, "\"", suggestion(section.parent, section.name, true)));
  }
}

void Filler::throw_problems() {
  if (problems_.empty()) return;
  std::sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.place.is_override, a.place.line, a.place.where, a.text) <
           std::tie(b.place.is_override, b.place.line, b.place.where, b.text);
  });
  std::string all;
  for (const Problem& problem : problems_) all += (all.empty() ? "" : "\n") + problem.place.where + ": " + problem.text;
  throw Error(all);
}

std::string Filler::resolved() const {
  std::string text;
  for (const std::string& section : visited_) {
    if (!section.empty()) text += (text.empty() ? "[" : "\n[") + section + "]\n";
    text += known_.at(section).resolved;
  }
  return text;
}

}  // namespace

std::string Recipe::fill(Settings& root) const {
  Filler filler(document_, name_);
  root.fields(filler);
  filler.note_unknown();
  filler.throw_problems();
  return filler.resolved();
}

}  // namespace weft
