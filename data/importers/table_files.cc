// SPDX-License-Identifier: Apache-2.0
#include "data/importers/table_files.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "data/utf8.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

// n and eight digits.
bool is_wordnet_id(std::string_view word) {
  return word.size() == 9 && word[0] == 'n' && word.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

ListedClass class_of(const std::string& line, const std::string& place) {
  ListedClass listed{line, {}, place};
  const size_t space = line.find_first_of(" \t");
  if (space == std::string::npos || !is_wordnet_id(std::string_view(line).substr(0, space))) return listed;
  const std::vector<std::string> names = split_trimmed(std::string_view(line).substr(space), ",");
  if (names.empty()) return listed;
  listed.name = names[0];
  listed.synonyms.assign(names.begin() + 1, names.end());
  listed.synonyms.push_back(line.substr(0, space));
  return listed;
}

std::vector<ListedClass> classes_of_json(const std::string& text, const Path& file) {
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  const auto labels = json.is_object() ? json.find("labels") : json.end();
  check(json.is_object() && labels != json.end() && labels->is_array(), file.string(),
        ": wanted JSON with a list \"labels\"");
  std::vector<ListedClass> classes;
  for (const auto& label : *labels) {
    const std::string place = join(file.string(), ": labels[", classes.size(), "]");
    check(label.is_string(), place, ": wanted the name of a class");
    classes.push_back({label.get<std::string>(), {}, place});
  }
  return classes;
}

}  // namespace

std::vector<Path> files_in(const Path& folder, const std::string& extension) {
  std::vector<Path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  check(!files.empty(), folder.string(), ": holds no *", extension);
  return files;
}

std::optional<Path> find_picture(const Path& folder, const std::string& name) {
  constexpr std::array kExtensions = {"", ".jpg", ".jpeg", ".png", ".JPG", ".JPEG", ".PNG"};
  std::string with_slashes = name;
  std::replace(with_slashes.begin(), with_slashes.end(), '\\', '/');
  for (const std::string& way : {name, with_slashes})
    for (const char* extension : kExtensions) {
      Path file = folder / (way + extension);
      std::error_code none;
      if (fs::is_regular_file(file, none)) return file;
    }
  return std::nullopt;
}

std::unordered_map<std::string, Path> pictures_by_stem(const Path& folder) {
  std::unordered_map<std::string, Path> found;
  for (const Path& file : files_below(folder)) {
    const std::string extension = lower_case(file.extension().string());
    if (extension == ".jpg" || extension == ".jpeg" || extension == ".png")
      found.try_emplace(file.stem().string(), file);
  }
  return found;
}

std::vector<ListedClass> read_class_list(const Path& file) {
  std::string text = read_text(file);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  check(is_utf8(text), file.string(), ": is not UTF-8");
  if (file.extension() == ".json") return classes_of_json(text, file);
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  std::vector<ListedClass> classes;
  std::istringstream lines(text);
  std::string line;
  for (size_t number = 1; std::getline(lines, line); ++number) {
    line = trimmed(line);
    // Left out, it would shift the numbers of all that follow.
    check(!line.empty(), file.string(), ":", number, ": is empty, wanted the name of a class");
    classes.push_back(class_of(line, join(file.string(), ":", number)));
  }
  return classes;
}

std::vector<std::string> split_trimmed(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    std::string part = trimmed(text.substr(0, end));
    if (!part.empty()) parts.push_back(std::move(part));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + separator.size());
  }
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace weft
