// SPDX-License-Identifier: Apache-2.0
#include "data/importers/mask_names.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "data/formats/label_text.h"
#include "data/utf8.h"

namespace weft {
namespace {

using Json = nlohmann::json;

std::optional<uint32_t> colour_of(const std::vector<std::string_view>& channels) {
  uint32_t colour = 0;
  for (const std::string_view channel : channels) {
    const int64_t value = whole_number_in(channel).value_or(-1);
    if (channels.size() != 3 || value < 0 || value > 255) return std::nullopt;
    colour = colour << 8 | static_cast<uint32_t>(value);
  }
  return colour;
}

MaskNames read_lines(std::string_view text, const std::string& file, const std::string& extension) {
  const bool is_csv = extension == ".csv", is_map = extension == ".txt";
  MaskNames names;
  const std::vector<std::string_view> lines = lines_of(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = without_blanks(lines[i]);
    if (line.empty() || line.starts_with('#') || (is_csv && i == 0 && line.starts_with("name,"))) continue;
    MaskName one;
    one.place = join(file, ":", i + 1);
    one.value = static_cast<uint32_t>(names.all.size());
    std::vector<std::string_view> fields = split_at(line, is_csv ? ',' : ':');
    if (!is_csv && !(is_map && fields.size() > 1)) fields = {line};
    one.name = without_blanks(fields[0]);
    if (is_csv && fields.size() > 1)
      one.colour = colour_of({fields.begin() + 1, fields.end()});
    else if (fields.size() > 1 && !without_blanks(fields[1]).empty())
      one.colour = colour_of(split_at(fields[1], ','));
    const bool wants_colour = is_csv ? fields.size() > 1 : fields.size() > 1 && !without_blanks(fields[1]).empty();
    check(!one.name.empty() && (one.colour || !wants_colour), one.place, ": \"", line,
          "\" is no name and colour r,g,b");
    names.all.push_back(std::move(one));
  }
  return names;
}

MaskNames read_meta(std::string_view text, const std::string& file) {
  MaskNames names;
  try {
    const Json json = Json::parse(text);
    for (const auto& [key, name] : json.at("label_map").items()) {
      const std::optional<int64_t> value = whole_number_in(key);
      check(value && *value >= 0 && *value <= UINT32_MAX, file, ": label_map: \"", key, "\" is no value of a pixel");
      names.all.push_back({static_cast<uint32_t>(*value), name.get<std::string>(), file + ": label_map", {}});
    }
    std::sort(names.all.begin(), names.all.end(), [](const auto& a, const auto& b) { return a.value < b.value; });
    const Json colours = json.value("segmentation_colors", Json::array());
    check(colours.empty() || colours.size() == names.all.size(), file, ": ", colours.size(),
          " segmentation_colors for ", names.all.size(), " names of label_map");
    for (size_t i = 0; i < colours.size(); ++i) {
      const auto channels = colours[i].get<std::vector<uint8_t>>();
      check(channels.size() == 3, file, ": segmentation_colors[", i, "] is no colour");
      names.all[i].colour = uint32_t{channels[0]} << 16 | uint32_t{channels[1]} << 8 | channels[2];
    }
    const Json background = json.value("background_label", Json());
    for (const MaskName& one : names.all)
      if (background.is_string() && background.get<std::string>() == std::to_string(one.value))
        names.background = one.name;
  } catch (const Json::exception& error) {
    fail(file, ": not the JSON of a label map: ", error.what());
  }
  return names;
}

}  // namespace

MaskNames read_mask_names(const Path& path) {
  const std::string text = read_text(path), file = path.filename().string();
  check(is_utf8(text), file, ": is not UTF-8");
  const std::string extension = path.extension().string();
  MaskNames names = extension == ".json" ? read_meta(text, file) : read_lines(text, file, extension);
  if (!names.background.empty() || names.all.empty() || names.all[0].value != 0) return names;
  for (const char* usual : {"background", "Background", "_background_", "void", "Void"})
    if (names.all[0].name == usual) names.background = usual;
  return names;
}

}  // namespace weft
