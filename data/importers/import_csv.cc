// SPDX-License-Identifier: Apache-2.0
// SOURCE is a table, or a folder whose *.csv are its splits, named by them (train.csv, train-export.csv).  A column is
// found by its setting, or else by the usual names of its role; the report says which was taken for what.
//   captions   caption column                       tags      tag column, split at the separator
//   classes    label column (POS); or class columns: 1 POS, 0 NEG (or nothing), blank nothing, between them SOFT
//   boxes      four columns, or one with four numbers; the region's concept is the label, "*" without one.  A label
//              without a box is said of the whole picture
//   masks      a column of runs; -1 or blank: there is none, which is NEG of the label
#include "data/importers/import_csv.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/error.h"
#include "data/formats/csv.h"
#include "data/formats/pair_rle.h"
#include "data/importers/csv_columns.h"
#include "data/importers/import_run.h"
#include "data/importers/table_files.h"
#include "data/utf8.h"

namespace weft {
namespace {

char separator_of(const std::string& name) {
  if (name == "comma") return ',';
  if (name == "semicolon") return ';';
  if (name == "tab") return '\t';
  return name == "space" ? ' ' : '\0';
}

class CsvRun {
 public:
  CsvRun(const CsvImporter& settings, const ImportRequest& request)
      : settings_(settings), request_(request), run_(request, settings) {}

  ImportReport go() {
    const bool is_folder = std::filesystem::is_directory(request_.source);
    folder_ = (is_folder ? request_.source : request_.source.parent_path()) / settings_.images;
    declare_classes(is_folder ? request_.source : request_.source.parent_path());
    if (is_folder) {
      for (const Path& file : files_in(request_.source, ".csv")) read(file, split_named_by(file));
    } else {
      read(request_.source, "");
    }
    if (settings_.unlisted) add_unlisted();
    return run_.finish();
  }

 private:
  static std::string split_named_by(const Path& file) {
    std::string stem = file.stem().string();
    if (stem.ends_with("-export")) stem.resize(stem.size() - 7);  // as VoTT calls its files
    return stem;
  }

  void declare_classes(const Path& folder) {
    Path file = folder / settings_.class_list;
    if (settings_.class_list.empty()) {
      file = folder / "dataset_meta.json";
      if (!std::filesystem::exists(file)) return;
      run_.note("the classes are those of " + file.filename().string());
    }
    for (const ListedClass& listed : read_class_list(file))
      if (known_.insert(listed.name).second) declared_.push_back(listed);
    is_closed_ = true;
  }
  void declare_in(const std::string& layer) {
    if (!is_closed_ || !has_classes_.insert(layer).second) return;
    for (const ListedClass& listed : declared_)
      run_.add_class(layer, listed.name, listed.place, /*closed=*/true, listed.synonyms);
  }

  void read(const Path& file, const std::string& split) {
    CsvTable table(file, separator_of(settings_.separator), settings_.columns);
    if (settings_.separator == "auto" && table.separator() != ',')
      run_.note(file.filename().string() + ": columns are taken to be separated by " +
                (table.separator() == ';' ? "semicolons" : "tabs"));
    std::vector<std::string> taken_as;
    const CsvRoles roles = csv_roles(settings_, table, taken_as);
    std::string columns;
    for (const std::string& one : taken_as) columns += (columns.empty() ? "" : "; ") + one;
    run_.note(file.filename().string() + ": columns: " + columns);
    declare_columns(table, roles);
    while (table.next()) take_row(table, roles, split);
  }

  // Classes in columns are the whole list of what could be said.
  void declare_columns(const CsvTable& table, const CsvRoles& roles) {
    for (const int column : roles.classes) check(is_utf8(table.columns()[column]), table.place(), ": is not UTF-8");
    for (const int column : roles.classes)
      if (column_classes_.insert(table.columns()[column]).second)
        run_.add_class("classes", table.columns()[column], table.place());
  }

  void take_row(const CsvTable& table, const CsvRoles& roles, const std::string& split) {
    const std::string place = table.place();
    if (!table.problem().empty()) {
      run_.meet(Problem::malformed_label, place, "the row " + table.problem());
      return;
    }
    const auto text = [&](int column) { return column == kNoColumn ? std::string() : trimmed(table.at(column)); };
    if (text(roles.image).empty()) {
      run_.meet(Problem::malformed_label, place, "the row names no picture");
      return;
    }
    const auto of = picture(text(roles.image), place, text(roles.group));
    if (!of) return;
    const std::string own_split = text(roles.split);
    if (!own_split.empty() || !split.empty()) run_.put_in_split(*of, own_split.empty() ? split : own_split, place);
    if (roles.caption != kNoColumn) run_.say_text("captions", *of, table.at(roles.caption), place);
    if (roles.tags != kNoColumn)
      for (const std::string& tag : split_trimmed(table.at(roles.tags), settings_.tag_separator))
        run_.say_text("tags", *of, tag, place);
    take_classes(table, roles, *of, place);
    const std::string label = text(roles.label);
    if (roles.rle != kNoColumn) return take_mask(text(roles.rle), *of, label, place);
    if (!roles.box.empty() && take_box(table, roles, *of, label, place)) return;
    if (roles.label == kNoColumn || (label.empty() && !roles.box.empty())) return;
    if (label.empty() || is_known_class("classes", label, place)) run_.say_text("classes", *of, label, place);
  }

  std::optional<Added> picture(const std::string& name, const std::string& place, const std::string& group) {
    const Path file = find_picture(folder_, name).value_or(folder_ / name);
    return run_.add_file(file, file.lexically_proximate(folder_).generic_string(), place, group);
  }

  bool is_known_class(const std::string& layer, const std::string& name, const std::string& place) {
    declare_in(layer);
    if (!is_closed_ || known_.contains(name)) return true;
    if (!run_.meet(Problem::unknown_class, place, "the class \"" + name + "\" is not in the list of classes", true))
      return false;
    run_.add_class(layer, name, place);
    declared_.push_back({name, {}, place});
    return known_.insert(name).second;
  }

  void take_classes(const CsvTable& table, const CsvRoles& roles, const Added& of, const std::string& place) {
    for (const int column : roles.classes) {
      const std::string& name = table.columns()[column];
      if (trimmed(table.at(column)).empty()) continue;
      const auto value = number_of(table.at(column));
      if (!value || *value < 0 || *value > 1) {
        run_.meet(Problem::malformed_label, place,
                  join("\"", table.at(column), "\" of class ", name, " is no number from 0 to 1"));
      } else if (*value == 1) {
        run_.say("classes", of, name);
      } else if (*value > 0) {
        run_.say("classes", of, name, Kind::soft, static_cast<float>(*value));
      } else if (settings_.zero == "neg") {
        run_.say("classes", of, name, Kind::neg);
      }
    }
  }

  void take_mask(const std::string& runs, const Added& of, const std::string& label, const std::string& place) {
    const bool is_none = runs.empty() || runs == "-1";
    if (!label.empty() && !is_known_class("masks", label, place)) return;
    if (is_none && !label.empty()) run_.say("masks", of, label, Kind::neg);
    if (is_none) return;
    Region region;
    if (!label.empty()) region.concept_text = label;
    if (const auto mask = mask_of_runs(runs, of, place)) run_.add_mask("masks", of, *mask, region, place);
  }
  std::optional<Rle> mask_of_runs(const std::string& runs, const Added& of, const std::string& place) {
    std::string damage;
    try {
      const RlePairs dialect = settings_.rle_format == "starts" ? RlePairs::starts : RlePairs::gaps;
      return rle_from_pairs(runs, dialect, static_cast<uint32_t>(of.height), static_cast<uint32_t>(of.width));
    } catch (const Error& error) {
      damage = error.what();
    }
    run_.meet(Problem::bad_mask, place, damage);
    return std::nullopt;
  }

  // False where the row has no box.
  bool take_box(const CsvTable& table, const CsvRoles& roles, const Added& of, const std::string& label,
                const std::string& place) {
    if (settings_.exhaustive && said_exhaustive_.insert(of.uid).second)
      run_.add_record("boxes", {.item = of.uid, .kind = Kind::exhaustive});
    const std::vector<std::string> texts = box_texts(table, roles);
    if (std::all_of(texts.begin(), texts.end(), [](const std::string& text) { return text.empty(); })) return false;
    const auto numbers = box_numbers(texts, place);
    if (!numbers || (!label.empty() && !is_known_class("boxes", label, place))) return true;
    const bool is_fraction = settings_.box_unit == "fraction";
    const double across = is_fraction ? of.width : 1, down = is_fraction ? of.height : 1;
    auto [x0, y0, x1, y1] = *numbers;
    if (roles.is_xywh) x1 += x0, y1 += y0;
    Region region;
    if (!label.empty()) region.concept_text = label;
    run_.add_box("boxes", of, {x0 * across, y0 * down, x1 * across, y1 * down}, region, place);
    return true;
  }

  static std::vector<std::string> box_texts(const CsvTable& table, const CsvRoles& roles) {
    std::vector<std::string> texts;
    for (const int column : roles.box) texts.push_back(trimmed(table.at(column)));
    if (texts.size() != 1) return texts;
    std::replace_if(
        texts[0].begin(), texts[0].end(),
        [](char c) { return std::string_view("[](),;").find(c) != std::string::npos; }, ' ');
    return split_trimmed(texts[0], " ");
  }

  std::optional<std::array<double, 4>> box_numbers(const std::vector<std::string>& texts, const std::string& place) {
    std::array<double, 4> numbers{};
    bool is_whole = texts.size() == 4;
    for (size_t i = 0; is_whole && i < 4; ++i) {
      const auto number = number_of(texts[i]);
      is_whole = number.has_value();
      numbers[i] = number.value_or(0);
    }
    if (is_whole) return numbers;
    run_.meet(Problem::malformed_label, place, "the box is not four numbers");
    return {};
  }

  void add_unlisted() {
    for (const Path& file : files_below(folder_)) {
      const std::string key = file.lexically_proximate(folder_).generic_string();
      if (run_.find(key) || !looks_like_image(file)) continue;
      if (run_.meet(Problem::unlabelled_image, file.string(), "no row names this picture", true))
        run_.add_file(file, key, file.string());
    }
  }

  const CsvImporter& settings_;
  const ImportRequest& request_;
  ImportRun run_;
  Path folder_;
  std::vector<ListedClass> declared_;
  std::set<std::string> known_, has_classes_, column_classes_;
  std::set<Uid> said_exhaustive_;
  bool is_closed_ = false;
};

}  // namespace

void CsvImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("separator", separator, one_of({"auto", "comma", "semicolon", "tab", "space"}),
        "of columns; auto: the one of comma, semicolon and tab that line 1 has most of");
  visit("columns", columns, any, "names of the columns of a file without a header");
  visit("images", images, any, "folder of the pictures, seen from SOURCE's folder");
  visit("image", image, any, "column with the picture's file; its extension may be left out");
  visit("caption", caption, any, "column with a caption");
  visit("tags", tags, any, "column with several tags");
  visit("tag_separator", tag_separator, not_empty, "between the tags");
  visit("label", label, any, "column with a class");
  visit("group", group, any, "column with what must not straddle a split");
  visit("split", split, any, "column with the name of the picture's split");
  visit("class_columns", class_columns, any,
        "columns that are classes (1, 0 or blank); without any, all that have no other role where the table has no "
        "captions, tags, labels or boxes");
  visit("zero", zero, one_of({"neg", "unsaid"}), "what 0 in a class column says: not this class, or nothing");
  visit("box", box, any, "one column with four numbers, or four columns");
  visit("box_format", box_format, one_of({"auto", "xyxy", "xywh"}),
        "two corners, or a corner and a size; auto: as the columns' names say");
  visit("box_unit", box_unit, one_of({"pixels", "fraction"}), "of a box's numbers; fraction: of the picture's sides");
  visit("rle", rle, any, "column with the runs of a mask, column by column of the picture");
  visit(
      "rle_format", rle_format, one_of({"", "starts", "gaps"}),
      "what a mask's pairs of numbers are: the place of a run's first pixel, from 1, or the gap before it; its length");
  visit("class_list", class_list, any, "file with a class per line, or JSON {\"labels\": [...]}: there are no others");
  visit("exhaustive", exhaustive, any, "every instance of every class has a box");
  visit("unlisted", unlisted, any, "take the pictures of the images folder that no row names, too");
}

ImportReport CsvImporter::run(const ImportRequest& request) const {
  return CsvRun(*this, request).go();
}

}  // namespace weft
