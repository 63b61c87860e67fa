// SPDX-License-Identifier: Apache-2.0
// Typed settings.  A struct owns its defaults as member initialisers and names each key once, in fields(); from that
// one list come reading, checking, `weft config list|explain`, and the resolved recipe.  Components receive their own
// struct.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

// What a value must satisfy beyond its type; `wanted` completes "wanted ...".  A default that its check does not allow
// makes the key required.
struct Check {
  std::string wanted;
  std::function<bool(double)> number;            // for bool, integers and reals
  std::function<bool(const std::string&)> text;  // for strings and each string of a list

  bool allows(double value) const { return !number || number(value); }
  bool allows(const std::string& value) const { return !text || text(value); }
  bool allows(const std::vector<std::string>& values) const;
};
extern const Check any;
extern const Check positive;      // > 0
extern const Check non_negative;  // >= 0
extern const Check unit;          // in [0, 1]
extern const Check not_empty;     // a string with something in it
Check at_least(double least);
Check between(double low, double high);
Check one_of(std::vector<std::string> names);

class Fields;

struct Settings {
  virtual ~Settings() = default;
  virtual void fields(Fields& visit) = 0;
};

// A kind that a recipe chooses by section name, e.g. [loss.infonce].  Tables of kinds are sorted constant arrays.
template <class KindSettings>
struct KindOf {
  const char* name;
  const char* describe;
  std::unique_ptr<KindSettings> (*settings)();
};

// What a Settings' fields() talks to.
class Fields {
 public:
  virtual ~Fields() = default;
  virtual void operator()(std::string_view key, bool& value, const Check& check, std::string_view help) = 0;
  virtual void operator()(std::string_view key, int64_t& value, const Check& check, std::string_view help) = 0;
  virtual void operator()(std::string_view key, double& value, const Check& check, std::string_view help) = 0;
  virtual void operator()(std::string_view key, std::string& value, const Check& check, std::string_view help) = 0;
  virtual void operator()(std::string_view key, std::vector<std::string>& value, const Check& check,
                          std::string_view help) = 0;
  virtual void section(std::string_view name, Settings& settings, std::string_view help) = 0;

  // Exactly one of the kinds: [name.<kind>].
  template <class KindSettings, class Table>
  void choose(std::string_view name, const Table& kinds, std::unique_ptr<KindSettings>& chosen, std::string_view help) {
    std::vector<KindName> names;
    for (const auto& kind : kinds) names.push_back({kind.name, kind.describe});
    for (const std::string& pick : choices(name, names, /*exactly_one=*/true, help)) {
      for (const auto& kind : kinds)
        if (pick == kind.name) chosen = kind.settings();
      section(std::string(name) + "." + pick, *chosen, help);
    }
  }

  // Any number of sections, each with a name of the recipe's choice: [name.<anything>].
  template <class SectionSettings>
  void sections(std::string_view name, std::map<std::string, SectionSettings>& by_name, std::string_view help) {
    by_name.clear();
    for (const std::string& given : names_below(name, help))
      section(std::string(name) + "." + given, by_name[given], help);
  }

  // One or more of the kinds.
  template <class KindSettings, class Table>
  void choose_some(std::string_view name, const Table& kinds, std::vector<std::unique_ptr<KindSettings>>& chosen,
                   std::string_view help) {
    std::vector<KindName> names;
    for (const auto& kind : kinds) names.push_back({kind.name, kind.describe});
    chosen.clear();
    for (const std::string& pick : choices(name, names, /*exactly_one=*/false, help)) {
      for (const auto& kind : kinds)
        if (pick == kind.name) chosen.push_back(kind.settings());
      section(std::string(name) + "." + pick, *chosen.back(), help);
    }
  }

 protected:
  struct KindName {
    std::string name, describe;
  };
  // The kinds to visit: those the recipe names, or all of them where keys are only listed.
  virtual std::vector<std::string> choices(std::string_view name, const std::vector<KindName>& kinds, bool exactly_one,
                                           std::string_view help) = 0;
  // The sections that the recipe has below `name`, or a placeholder where keys are only listed.
  virtual std::vector<std::string> names_below(std::string_view name, std::string_view help) = 0;
};

}  // namespace weft
