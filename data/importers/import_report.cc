// SPDX-License-Identifier: Apache-2.0
// The report of an import, for a person and for a program.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "data/importers/importers.h"

namespace weft {
namespace {

constexpr size_t kMostPlaces = 20;

void put_places(std::ostream& out, const char* what, const std::map<std::string, std::vector<std::string>>& problems) {
  for (const auto& [reason, places] : problems) {
    out << "  " << what << ", " << reason << ": " << places.size() << "\n";
    for (size_t i = 0; i < std::min(places.size(), kMostPlaces); ++i) out << "    " << places[i] << "\n";
    if (places.size() > kMostPlaces) out << "    and " << places.size() - kMostPlaces << " more\n";
  }
}

}  // namespace

std::string ImportReport::text() const {
  std::ostringstream out;
  out << images << " images, " << statements << " statements";
  if (merged > 0) out << ", " << merged << " more of equal content merged into them";
  out << "\n";
  for (const auto& [name, size] : splits) out << "  split " << name << ": " << size << " images\n";
  for (const std::string& note : notes) out << "  note: " << note << "\n";
  put_places(out, "repaired", repaired);
  put_places(out, "left out", left_out);
  if (continued > 0) out << "  continued: " << continued << " images were there from an interrupted import\n";
  if (already_there) out << "  the folder held this very dataset already; nothing was changed\n";
  return out.str();
}

std::string ImportReport::json() const {
  using Json = nlohmann::ordered_json;
  Json sizes = Json::object();
  for (const auto& [name, size] : splits) sizes[name] = size;
  const Json all = {{"format", "weft.import_report"}, {"version", 1},         {"images", images},
                    {"statements", statements},       {"merged", merged},     {"splits", sizes},
                    {"repaired", repaired},           {"left_out", left_out}, {"notes", notes}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";  // file names may be any bytes
}

}  // namespace weft
