// SPDX-License-Identifier: Apache-2.0
#include "data/importers/coco_files.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.h"
#include "data/formats/json_elements.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr std::array kSplits = {"train", "val",     "valid",    "validation", "dev",
                                "test",  "minival", "trainval", "unlabeled"};
constexpr const char* kRoboflow = "_annotations.coco.json";

std::string without_digits(std::string word) {
  while (!word.empty() && std::isdigit(static_cast<unsigned char>(word.back()))) word.pop_back();
  return word;
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char letter : text) {
    if (letter == '_' || letter == '-' || letter == '.' || letter == ' ') {
      words.emplace_back();
    } else {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
  }
  return words;
}

std::vector<Path> json_files(const Path& folder) {
  std::vector<Path> found;
  const auto add = [&](const Path& path) {
    if (path.extension() == ".json" && fs::is_regular_file(path)) found.push_back(path);
  };
  for (const Path& path : entries_of(folder)) {
    add(path);
    if (!fs::is_directory(path)) continue;
    for (const Path& below : entries_of(path)) add(below);
  }
  return found;
}

// Nothing where the file is none of COCO's; `other` says what it is.
std::optional<CocoFile> read_file(ImportRun& run, const Path& path, const std::string& name, std::string& other) {
  other.clear();
  CocoFile file{path, name, "", coco_split(fs::absolute(path)), {}};
  std::vector<std::pair<std::string, std::string>> malformed;
  try {
    std::ifstream in = open_json(path);
    file.head = read_coco_head(in, name, [&](const std::string& place, const std::string& what, const std::string&) {
      malformed.emplace_back(place, what);
    });
  } catch (const Error& error) {
    run.meet(Problem::malformed_label, name, error.what());
    return std::nullopt;
  }
  other = file.head.other;
  if (!other.empty()) return std::nullopt;
  for (const auto& [place, what] : malformed) run.meet(Problem::malformed_label, place, what);
  file.kind = coco_kind(file.head, path.filename().string());
  return file;
}

}  // namespace

std::vector<Path> entries_of(const Path& folder) {
  std::vector<Path> found;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) found.push_back(entry.path());
  } catch (const fs::filesystem_error& error) {
    fail(folder.string(), ": cannot list the folder: ", error.code().message());
  }
  std::sort(found.begin(), found.end());
  return found;
}

const std::vector<std::string> kCocoKinds = {"captions", "images",   "instances", "keypoints",
                                             "labels",   "panoptic", "stuff"};

std::string coco_kind(const CocoHead& head, const std::string& file_name) {
  const auto has = [&](const char* key) { return head.keys.contains(key); };
  const auto names_points = [](const CocoCategory& category) { return !category.keypoints.empty(); };
  if (head.annotations == 0) return "images";
  if (has("segments_info")) return "panoptic";
  if (has("caption")) return "captions";
  if (has("keypoints") || std::any_of(head.categories.begin(), head.categories.end(), names_points)) return "keypoints";
  if (has("bbox") || has("segmentation")) return words_of(file_name)[0] == "stuff" ? "stuff" : "instances";
  return "labels";
}

std::string coco_split(const Path& path) {
  const bool is_roboflow = path.filename() == kRoboflow;
  const std::string text = is_roboflow ? path.parent_path().filename().string() : path.stem().string();
  for (const std::string& word : words_of(text)) {
    const std::string split = without_digits(word);
    if (std::find(kSplits.begin(), kSplits.end(), split) != kSplits.end()) return split;
  }
  return "";
}

std::vector<CocoFile> find_coco_files(ImportRun& run, const Path& source, const std::vector<std::string>& kinds) {
  std::vector<CocoFile> files;
  std::string other;
  if (!fs::is_directory(source)) {
    auto file = read_file(run, source, source.filename().string(), other);
    check(file.has_value(), source.string(), ": is ", other.empty() ? "no JSON that can be read" : other,
          ", wanted an annotation file with images, categories and annotations");
    if (kinds.size() == 1) file->kind = kinds[0];
    files.push_back(std::move(*file));
    return files;
  }
  for (const Path& path : json_files(source)) {
    const std::string name = path.lexically_relative(source).generic_string();
    auto file = read_file(run, path, name, other);
    if (file && (kinds.empty() || std::find(kinds.begin(), kinds.end(), file->kind) != kinds.end())) {
      files.push_back(std::move(*file));
    } else if (file) {
      run.report().leave_out("not of the kinds asked for", join(name, ": ", file->kind));
    } else if (!other.empty()) {
      run.report().leave_out("no COCO annotation file", join(name, ": ", other));
    }
  }
  check(!files.empty(), source.string(), ": found no COCO annotation file in it or in its folders\n",
        run.report().text());
  return files;
}

Path CocoFolders::root_of(const Path& source) {
  if (fs::is_directory(source)) return source;
  const Path folder = fs::absolute(source).parent_path();
  return folder.filename() == "annotations" ? folder.parent_path() : folder;
}

CocoFolders::CocoFolders(const Path& source, const CocoFile& file, const std::vector<std::string>& images)
    : root_(root_of(source)) {
  for (const std::string& folder : images) {
    folders_.push_back(root_ / folder);
    check(fs::is_directory(folders_.back()), folders_.back().string(), ": is no folder, though `images` names it");
  }
  if (!images.empty()) return;
  const auto add = [&](const Path& folder) {
    const bool is_new = std::find(folders_.begin(), folders_.end(), folder) == folders_.end();
    if (is_new && fs::is_directory(folder)) folders_.push_back(folder);
  };
  for (const Path& base : {root_ / "images", root_})
    for (const std::string& name : {file.split, words_of(file.path.stem().string()).back()})
      if (!name.empty()) add(base / name);
  const Path beside = file.path.parent_path();
  for (const Path& folder : {beside, beside / "images", root_ / "images", root_}) add(folder);
}

Path CocoFolders::find(const CocoImage& image) const {
  std::string plain = image.file_name;
  std::replace(plain.begin(), plain.end(), '\\', '/');
  std::vector<std::string> names = {image.file_name, plain};
  const bool is_elsewhere = plain.starts_with('/') || plain.find(":/") != std::string::npos;
  if (is_elsewhere) names.push_back(plain.substr(plain.find_last_of('/') + 1));
  if (!image.url_path.empty()) {
    names.push_back(image.url_path);
    names.push_back(image.url_path.substr(image.url_path.find_last_of('/') + 1));
  }
  std::error_code ignored;  // a name that no file can have is not there
  for (const std::string& name : names)
    for (const Path& folder : folders_)
      if (!name.empty() && fs::is_regular_file(folder / name, ignored)) return folder / name;
  return {};
}

std::string CocoFolders::key_of(const Path& picture) const {
  const auto whole = [](const Path& path) { return fs::absolute(path).lexically_normal(); };
  std::string key = whole(picture).lexically_relative(whole(root_)).generic_string();
  if (!key.starts_with("../")) return key;
  return (picture.parent_path().filename() / picture.filename()).generic_string();
}

std::string CocoFolders::text() const {
  std::string list;
  for (const Path& folder : folders_) list += (list.empty() ? "" : ", ") + folder.string();
  return list;
}

}  // namespace weft
