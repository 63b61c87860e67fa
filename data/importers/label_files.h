// SPDX-License-Identifier: Apache-2.0
// What importers of annotation files share: finding the picture that a label means, the names of splits and classes,
// and telling once what a format says and we do not keep.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "data/formats/label_png.h"
#include "data/importers/import_run.h"

namespace weft {

// "sub/a.jpg" of "folder/sub/a.jpg": how places and keys name a file.
std::string below(const Path& folder, const Path& file);
std::string without_extension(const std::string& relative);
std::string lower_case(std::string text);

// A label file as UTF-8; what is not is read as Latin-1 where the file declares it, or by Problem::text_not_utf8.
std::optional<std::string> read_label_text(ImportRun& run, const Path& file, const std::string& place);

// "train", "val" and "test" whatever they are written like; other names as they are.
std::string split_called(const std::string& written);
// The split that a folder of the relative path is called like; "" where none is.
std::string split_in(const std::string& relative);

// The pictures below a folder, found by name with or without their extension.
class Pictures {
 public:
  // Files below `folder` that look like pictures; `skip` names folders (in lower case) whose files are no samples.
  explicit Pictures(const Path& folder, const std::set<std::string>& skip = {});
  const std::vector<std::string>& all() const { return all_; }  // relative to the folder, sorted
  // A picture by its relative path or by one without extension, in `where` (a folder below, "" for the top) ...
  const std::string* at(const std::string& relative) const;
  // ... or, where only one has that stem, anywhere; never one of several.
  const std::string* by_stem(const std::string& stem) const;

 private:
  std::vector<std::string> all_;
  std::map<std::string, size_t> at_;  // with and without extension
  std::map<std::string, std::vector<size_t>> stem_;
};

// The class list of one layer, as it grows.
class Classes {
 public:
  Classes(ImportRun& run, std::string layer) : run_(run), layer_(std::move(layer)) {}
  // One of a list that the source gives; from then on other names are Problem::unknown_class.
  void declare(const std::string& name, const std::string& place, const std::vector<std::string>& parents = {});
  // A name that a label uses, trimmed; nothing where it is not of the list or empty, by policy ("*": empty, repaired).
  std::optional<std::string> used(std::string_view name, const std::string& place,
                                  bool is_part = false);  // parts: no list
  const std::string& layer() const { return layer_; }
  const std::set<std::string>& names() const { return names_; }

 private:
  ImportRun& run_;
  std::string layer_;
  std::set<std::string> names_;  // closed ones
  bool listed_ = false;
};

// What a format says and this program does not keep: each kind is reported once, with how often and the first place.
class NotRead {
 public:
  void add(const std::string& what, const std::string& place, size_t count = 1);
  void report(ImportRun& run) const;

 private:
  std::map<std::string, std::pair<size_t, std::string>> seen_;
};

// Pixels that are labels.  Nothing where the file is damaged, no PNG or not there, by Problem::bad_mask.
std::optional<LabelPicture> read_label_picture(ImportRun& run, const Path& file, const std::string& place);

std::vector<double> mapped(const Affine& map, std::vector<double> xy);
// A box that is not upright, by its corners: an object lies somewhere in it (EXISTS, as a mask), and inside the upright
// box around it.
bool add_oriented_box(ImportRun& run, const std::string& layer, const Added& of, const std::vector<double>& corners_xy,
                      Region region, const std::string& place);

// How many labels were left out so far.  Where one of a picture's was, not everything that is there has a record.
size_t labels_left_out(ImportRun& run);
void say_complete(ImportRun& run, const std::string& layer, const Added& of, bool is_complete);

}  // namespace weft
