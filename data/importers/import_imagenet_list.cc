// SPDX-License-Identifier: Apache-2.0
// SOURCE is a list, or a folder whose *.txt beside the class list are its splits (train.txt).  A line is the picture's
// file, in quotes where its name ends like a number, and no, one or several numbers of classes.  Layer "classes",
// closed.
#include "data/importers/import_imagenet_list.h"

#include <algorithm>
#include <fstream>
#include <set>

#include "base/error.h"
#include "data/importers/import_run.h"
#include "data/importers/table_files.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

struct Line {
  std::string image;
  std::vector<std::string> numbers;  // as written, in their order
};

Line parsed(std::string text) {
  Line line;
  while (!text.ends_with('"')) {
    const size_t space = text.find_last_of(" \t");
    if (space == std::string::npos || !is_number(std::string_view(text).substr(space + 1))) break;
    line.numbers.insert(line.numbers.begin(), text.substr(space + 1));
    text = trimmed(std::string_view(text).substr(0, space));
  }
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  line.image = text;
  return line;
}

class ImagenetListRun {
 public:
  ImagenetListRun(const ImagenetListImporter& settings, const ImportRequest& request)
      : settings_(settings), request_(request), run_(request, settings) {}

  ImportReport go() {
    const bool is_folder = fs::is_directory(request_.source);
    const Path folder = is_folder ? request_.source : request_.source.parent_path();
    images_ = folder / settings_.images;
    const Path synsets = folder / settings_.synsets;
    if (!settings_.synsets.empty()) {
      check(fs::exists(synsets), synsets.string(),
            ": there is no list of classes\n  hint: synsets=NAME names another, "
            "synsets= calls classes by their numbers");
      for (const ListedClass& listed : classes_ = read_class_list(synsets))
        run_.add_class("classes", listed.name, listed.place, /*closed=*/true, listed.synonyms);
    }
    if (!is_folder) {
      read(request_.source, "");
      return run_.finish();
    }
    std::vector<Path> lists;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".txt" && entry.path() != synsets) lists.push_back(entry.path());
    std::sort(lists.begin(), lists.end());
    check(!lists.empty(), folder.string(), ": holds no list of pictures (train.txt, ...)");
    for (const Path& list : lists) read(list, list.stem().string());
    return run_.finish();
  }

 private:
  void read(const Path& list, const std::string& split) {
    std::ifstream lines(list);
    check(lines.is_open(), list.string(), ": cannot open the list");
    std::string text;
    for (size_t number = 1; std::getline(lines, text); ++number) {
      if (number == 1 && text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
      text = trimmed(text);
      if (!text.empty()) take(parsed(text), split, join(list.string(), ":", number));
    }
  }

  void take(const Line& line, const std::string& split, const std::string& place) {
    if (line.image.empty()) {
      run_.meet(Problem::malformed_label, place, "the line names no picture");
      return;
    }
    const Path file = find_picture(images_, line.image).value_or(images_ / line.image);
    const auto of = run_.add_file(file, file.lexically_proximate(images_).generic_string(), place);
    if (!of) return;
    if (!split.empty()) run_.put_in_split(*of, split, place);
    for (const std::string& number : line.numbers) {
      const std::string name = class_called(number, place);
      if (!name.empty()) run_.say_text("classes", *of, name, place);
    }
  }

  // "" where it is left out.
  std::string class_called(const std::string& number, const std::string& place) {
    const uint64_t value = number.size() < 10 ? std::stoul(number) : UINT64_MAX;
    const uint64_t first = static_cast<uint64_t>(settings_.first_number);
    if (value >= first && value - first < classes_.size()) return classes_[value - first].name;
    if (classes_.empty() && settings_.synsets.empty()) return number;
    if (added_.contains(number)) return number;
    if (!run_.meet(Problem::unknown_class, place,
                   join("class ", number, " is not among the ", classes_.size(), " of ", settings_.synsets), true))
      return "";
    run_.add_class("classes", number, place);
    added_.insert(number);
    return number;
  }

  const ImagenetListImporter& settings_;
  const ImportRequest& request_;
  ImportRun run_;
  Path images_;
  std::vector<ListedClass> classes_;
  std::set<std::string> added_;
};

}  // namespace

void ImagenetListImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("images", images, any, "folder of the pictures, seen from the list's folder");
  visit("synsets", synsets, any, "list of the classes beside the lists of pictures; blank: numbers are their names");
  visit("first_number", first_number, non_negative, "number of the first class of that list");
}

ImportReport ImagenetListImporter::run(const ImportRequest& request) const {
  return ImagenetListRun(*this, request).go();
}

}  // namespace weft
