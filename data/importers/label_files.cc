// SPDX-License-Identifier: Apache-2.0
#include "data/importers/label_files.h"

#include <algorithm>
#include <cctype>

#include "base/error.h"
#include "data/formats/label_text.h"
#include "data/utf8.h"

namespace weft {
std::string below(const Path& folder, const Path& file) {
  return file.lexically_relative(folder).generic_string();
}

std::string without_extension(const std::string& relative) {
  return Path(relative).replace_extension().generic_string();
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return text;
}

std::optional<std::string> read_label_text(ImportRun& run, const Path& file, const std::string& place) {
  std::string text = read_text(file);
  if (is_utf8(text)) return text;
  check(!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF"), place, ": is UTF-16; wanted UTF-8");
  if (declares_latin1(text) || run.meet(Problem::text_not_utf8, place, "is not UTF-8", true))
    return utf8_of_latin1(text);
  return std::nullopt;
}

std::string split_called(const std::string& written) {
  const std::string name = lower_case(written);
  if (name == "train" || name == "training") return "train";
  if (name == "val" || name == "valid" || name == "validation") return "val";
  if (name == "test" || name == "testing") return "test";
  return written;
}

std::string split_in(const std::string& relative) {
  for (const Path& part : Path(relative).parent_path()) {
    const std::string name = split_called(part.generic_string());
    if (name == "train" || name == "val" || name == "test") return name;
  }
  return "";
}

Pictures::Pictures(const Path& folder, const std::set<std::string>& skip) {
  for (const Path& file : files_below(folder)) {
    const std::string relative = below(folder, file);
    const Path inside = Path(relative).parent_path();
    const bool skipped = std::any_of(inside.begin(), inside.end(), [&](const Path& part) {
      return skip.contains(lower_case(part.generic_string()));
    });
    if (skipped || !looks_like_image(file)) continue;
    at_.try_emplace(relative, all_.size());
    at_.try_emplace(without_extension(relative), all_.size());
    stem_[file.stem().generic_string()].push_back(all_.size());
    all_.push_back(relative);
  }
}

const std::string* Pictures::at(const std::string& relative) const {
  const auto found = at_.find(relative);
  return found == at_.end() ? nullptr : &all_[found->second];
}

const std::string* Pictures::by_stem(const std::string& stem) const {
  const auto found = stem_.find(stem);
  return found == stem_.end() || found->second.size() != 1 ? nullptr : &all_[found->second[0]];
}

void Classes::declare(const std::string& name, const std::string& place, const std::vector<std::string>& parents) {
  listed_ = true;
  names_.insert(name);
  run_.add_class(layer_, name, place, true, {}, parents);
}

std::optional<std::string> Classes::used(std::string_view name, const std::string& place, bool is_part) {
  std::string text = trimmed(name);
  if (text.empty()) {
    if (run_.meet(Problem::malformed_label, place, "a region without a class (mended: whatever it is)", true))
      return "*";
    return std::nullopt;
  }
  if (is_part || names_.contains(text)) return text;
  if (listed_ &&
      !run_.meet(Problem::unknown_class, place, join("the class \"", text, "\" is not in the source's list"), true))
    return std::nullopt;
  names_.insert(text);
  Vocabulary& vocabulary = run_.layer(layer_).vocabulary();
  vocabulary.about(vocabulary.row_of(text)).closed = true;
  return text;
}

void NotRead::add(const std::string& what, const std::string& place, size_t count) {
  if (count > 0) seen_.try_emplace(what, 0, place).first->second.first += count;
}

void NotRead::report(ImportRun& run) const {
  for (const auto& [what, seen] : seen_)
    run.report().leave_out("said by the source, not kept here",
                           join(seen.second, ": ", what, ", ", seen.first, seen.first == 1 ? " time" : " times"));
}

std::optional<LabelPicture> read_label_picture(ImportRun& run, const Path& file, const std::string& place) {
  try {
    return read_label_png(read_bytes(file));
  } catch (const Error& error) {
    run.meet(Problem::bad_mask, place, error.what());
    return std::nullopt;
  }
}

std::vector<double> mapped(const Affine& map, std::vector<double> xy) {
  for (size_t i = 0; i + 1 < xy.size(); i += 2) {
    const double x = xy[i], y = xy[i + 1];
    xy[i] = map.a * x + map.b * y + map.c;
    xy[i + 1] = map.d * x + map.e * y + map.f;
  }
  return xy;
}

bool add_oriented_box(ImportRun& run, const std::string& layer, const Added& of, const std::vector<double>& corners_xy,
                      Region region, const std::string& place) {
  Box box = {corners_xy[0], corners_xy[1], corners_xy[0], corners_xy[1]};
  for (size_t i = 2; i + 1 < corners_xy.size(); i += 2) {
    box.x0 = std::min(box.x0, corners_xy[i]), box.x1 = std::max(box.x1, corners_xy[i]);
    box.y0 = std::min(box.y0, corners_xy[i + 1]), box.y1 = std::max(box.y1, corners_xy[i + 1]);
  }
  if (!run.add_box(layer, of, box, region, place)) return false;
  region.kind = Kind::exists;
  return run.add_polygon(layer, of, {corners_xy}, region, place);
}

size_t labels_left_out(ImportRun& run) {
  size_t count = 0;
  for (const Problem problem : {Problem::malformed_label, Problem::box_outside, Problem::box_empty, Problem::bad_mask,
                                Problem::size_mismatch, Problem::unknown_class, Problem::text_not_utf8}) {
    const auto found = run.report().left_out.find(name_of(problem));
    if (found != run.report().left_out.end()) count += found->second.size();
  }
  return count;
}

void say_complete(ImportRun& run, const std::string& layer, const Added& of, bool is_complete) {
  if (is_complete)
    run.say(layer, of, "*", Kind::exhaustive);
  else
    run.note("pictures of which a label was left out are not said to be labelled completely");
}

}  // namespace weft
