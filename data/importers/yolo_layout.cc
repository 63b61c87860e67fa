// SPDX-License-Identifier: Apache-2.0
#include "data/importers/yolo_layout.h"

#include <algorithm>

#include "base/error.h"
#include "data/formats/label_text.h"
#include "data/formats/yolo_text.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

class LayoutReader {
 public:
  LayoutReader(ImportRun& run, const Path& folder, const Pictures& pictures)
      : run_(run), folder_(folder), pictures_(pictures) {}

  YoloLayout read(const std::string& names) {
    const std::string yaml = first_with({".yaml", ".yml"}), data = first_with({".data"});
    if (!yaml.empty()) read_yaml(yaml);
    if (yaml.empty() && !data.empty()) read_darknet(data);
    if (!names.empty()) {
      check(fs::exists(folder_ / names), (folder_ / names).string(), ": there is no such file of names");
      layout_.classes.clear();
      read_names(names);
    } else if (layout_.classes.empty()) {
      for (const char* usual : {"obj.names", "classes.txt", "data.names", "classes.names", "_darknet.labels"})
        if (layout_.classes.empty() && fs::exists(folder_ / usual)) read_names(usual);
    }
    return std::move(layout_);
  }

 private:
  std::string first_with(const std::vector<std::string>& extensions) const {
    std::vector<std::string> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_))
      for (const std::string& extension : extensions)
        if (entry.is_regular_file() && entry.path().extension() == extension)
          found.push_back(entry.path().filename().string());
    std::sort(found.begin(), found.end());
    const auto usual = std::find_if(found.begin(), found.end(), [](const std::string& name) {
      return name == "data.yaml" || name == "dataset.yaml" || name == "obj.data";
    });
    check(usual != found.end() || found.size() <= 1, folder_.string(), ": ", found.size(), " files could describe it (",
          found.size() > 1 ? found[0] + ", " + found[1] : "", "); wanted one, or data.yaml");
    return found.empty() ? "" : usual != found.end() ? *usual : found[0];
  }

  void read_yaml(const std::string& file) {
    const std::optional<std::string> text = read_label_text(run_, folder_ / file, file);
    if (!text) return;
    const std::map<std::string, YamlValue> yaml = parse_small_yaml(*text, file);
    if (const auto names = yaml.find("names"); names != yaml.end()) {
      const std::string place = join(file, ":", names->second.line);
      for (size_t i = 0; i < names->second.list.size(); ++i)
        layout_.classes[static_cast<int64_t>(i)] = {names->second.list[i], place};
      for (const auto& [number, name] : names->second.map) {
        const std::optional<int64_t> value = whole_number_in(number);
        check(value && *value >= 0, place, ": the class \"", name, "\" has the number \"", number, "\"");
        layout_.classes[*value] = {name, place};
      }
      if (!names->second.text.empty()) read_names_of(names->second.text, place);
    }
    if (const auto shape = yaml.find("kpt_shape"); shape != yaml.end()) read_keypoints(shape->second, file);
    const auto root = yaml.find("path");
    for (const char* split : {"train", "val", "valid", "test"}) {
      const auto entry = yaml.find(split);
      if (entry == yaml.end()) continue;
      std::vector<std::string> sources = entry->second.list;
      if (!entry->second.text.empty()) sources.push_back(entry->second.text);
      for (const std::string& source : sources)
        take_pictures(split_called(split), root == yaml.end() ? "" : root->second.text, source,
                      join(file, ":", entry->second.line));
    }
  }

  void read_keypoints(const YamlValue& shape, const std::string& file) {
    const bool is_pair = shape.list.size() == 2;
    layout_.keypoints = is_pair ? whole_number_in(shape.list[0]).value_or(0) : 0;
    layout_.keypoint_values = is_pair ? whole_number_in(shape.list[1]).value_or(0) : 0;
    const bool is_known = layout_.keypoint_values == 2 || layout_.keypoint_values == 3;
    check(layout_.keypoints > 0 && layout_.keypoints < 10000 && is_known, file, ":", shape.line,
          ": kpt_shape is not [how many, 2 or 3]");
  }

  void read_darknet(const std::string& file) {
    const std::map<std::string, std::string> data = parse_darknet_data(read_text(folder_ / file), file);
    if (const auto names = data.find("names"); names != data.end()) read_names_of(names->second, file);
    for (const char* split : {"train", "valid", "test"})
      if (const auto list = data.find(split); list != data.end())
        take_pictures(split_called(split), "", list->second, file);
  }

  // A file that was written from another folder or computer: by the longest end of its path that is there.
  std::optional<std::string> existing(const std::string& written) const {
    const std::vector<std::string> parts = path_parts(written);
    if (parts.empty()) return "";
    for (size_t first = 0; first < parts.size(); ++first) {
      std::string path = joined(parts, first);
      if (fs::exists(folder_ / path)) return path;
    }
    return std::nullopt;
  }

  static std::string joined(const std::vector<std::string>& parts, size_t first) {
    Path path;
    for (size_t i = first; i < parts.size(); ++i) path /= parts[i];
    return path.generic_string();
  }

  void read_names_of(const std::string& written, const std::string& place) {
    const std::optional<std::string> file = existing(written);
    check(file && !file->empty(), place, ": names \"", written, "\", which is not below ", folder_.string());
    read_names(*file);
  }

  void read_names(const std::string& file) {
    const std::optional<std::string> text = read_label_text(run_, folder_ / file, file);
    if (!text) return;
    const std::vector<std::string_view> lines = lines_of(*text);
    for (size_t i = 0; i < lines.size(); ++i)
      if (!without_blanks(lines[i]).empty())
        layout_.classes[static_cast<int64_t>(i)] = {trimmed(lines[i]), join(file, ":", i + 1)};
  }

  // A folder of pictures, or a file that lists them.
  void take_pictures(const std::string& split, const std::string& root, const std::string& written,
                     const std::string& place) {
    const std::optional<std::string> path = existing((root.empty() ? "" : root + "/") + written);
    if (!path) {
      run_.meet(Problem::missing_image, place, join(split, " is \"", written, "\", which is not there"));
      return;
    }
    if (fs::is_directory(folder_ / *path)) {
      for (const std::string& picture : pictures_.all())
        if (path->empty() || picture.starts_with(*path + "/")) put(picture, split, place);
      return;
    }
    const std::string text = read_text(folder_ / *path);
    const std::vector<std::string_view> lines = lines_of(text);
    for (size_t i = 0; i < lines.size(); ++i) {
      const std::vector<std::string> parts = path_parts(lines[i]);
      if (parts.empty()) continue;
      const std::string line_place = join(*path, ":", i + 1);
      const std::string* found = nullptr;
      for (size_t first = 0; first < parts.size() && !found; ++first) found = pictures_.at(joined(parts, first));
      if (found)
        put(*found, split, line_place);
      else
        run_.meet(Problem::missing_image, line_place, join("there is no picture \"", lines[i], "\""));
    }
  }

  void put(const std::string& picture, const std::string& split, const std::string& place) {
    const auto [known, is_new] = layout_.split_of.try_emplace(picture, split, place);
    if (!is_new && known->second.first != split)
      run_.meet(Problem::conflict, place,
                join("puts ", picture, " into ", split, ", but ", known->second.second, " into ", known->second.first),
                true);
  }

  ImportRun& run_;
  Path folder_;
  const Pictures& pictures_;
  YoloLayout layout_;
};

}  // namespace

YoloLayout read_yolo_layout(ImportRun& run, const Path& folder, const Pictures& pictures, const std::string& names) {
  return LayoutReader(run, folder, pictures).read(names);
}

std::optional<std::string> yolo_labels_of(const Path& folder, const std::string& picture) {
  const std::vector<std::string> parts = path_parts(without_extension(picture) + ".txt");
  for (size_t i = parts.size() - 1; i-- > 0;) {
    if (lower_case(parts[i]) != "images") continue;
    for (const char* name : {"labels", "Labels", "annotations", "Annotations"}) {
      Path path;
      for (size_t k = 0; k < parts.size(); ++k) path /= k == i ? name : parts[k];
      if (fs::exists(folder / path)) return path.generic_string();
    }
  }
  std::string beside = Path(picture).replace_extension(".txt").generic_string();
  if (fs::exists(folder / beside)) return beside;
  return std::nullopt;
}

}  // namespace weft
