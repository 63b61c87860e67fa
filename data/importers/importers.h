// SPDX-License-Identifier: Apache-2.0
// Where datasets come from.  An importer is its settings and one function; `weft data import <name>` finds it in the
// table.  To add a source: data/importers/import_mine.cc and one line in data/importers/importers.cc.  Nothing is
// dropped silently: what an importer repairs or leaves out is in its report, with the reason and the place.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "configs/fields.h"
#include "data/store.h"

namespace weft {

struct ImportRequest {
  Path source;       // a file or a folder, as the importer wants it
  Path dataset;      // the folder to write
  std::string name;  // of the dataset
};

struct ImportReport {
  size_t images = 0;
  size_t statements = 0;
  size_t merged = 0;  // images whose content was there already under another name
  bool already_there = false;
  size_t continued = 0;                                                // images that an interrupted import had written
  std::vector<std::pair<std::string, size_t>> splits;                  // name, images
  std::map<std::string, std::vector<std::string>> repaired, left_out;  // problem or reason -> "place: what"
  std::vector<std::string> notes;                                      // what the importer decided by itself

  void leave_out(const std::string& reason, const std::string& place) { left_out[reason].push_back(place); }
  std::string text() const;  // the first places of each problem
  std::string json() const;  // all of them, and nothing that differs when the same import is run again
};

// What imports meet, and what is done about it.  One key each: on.<problem> = "refuse" (an Error naming the place),
// "skip" (left out and reported) or, where that makes sense, "repair" (mended as the help says, and reported).
enum class Problem : uint8_t {
  unreadable_image,  // not decodable, or no format that we know
  missing_image,     // a label names a file that is not there
  unlabelled_image,  // a file that no label names; repair: kept without a statement
  malformed_label,   // a row, an element or an annotation that cannot be understood
  box_outside,       // a region beyond the picture; repair: clamped to it
  box_empty,         // x1 <= x0 or y1 <= y0, after clamping
  bad_mask,          // runs that do not fill it, fewer than three corners, an empty mask
  size_mismatch,     // the label's width and height are not the picture's; "scale": coordinates are of the label's
  unknown_class,     // a class that the source's list does not have; repair: it is added
  repeated_label,    // the same statement twice, or a second class of one name; repair: once
  text_not_utf8,     // repair: read as Latin-1
  empty_text,        // repair: the picture is kept without it
  conflict,          // two places give one picture different groups or splits; repair: the first counts
};
const char* name_of(Problem problem);

// An importer whose source is known to have a problem may choose another default for it in its constructor.
struct Policies final : Settings {
  std::map<Problem, std::string> chosen;
  Policies();
  void fields(Fields& visit) override;
};
// "on.<problem>=skip ..." for each choice that would have gone on.
std::string hint_for(Problem problem);
// What a repair of it does, to complete "place: what; ...".
std::string repair_of(Problem problem);

struct Importer : Settings {
  std::string licence = "unknown";
  double held_back = 0.1;  // of the groups, drawn where the source names no split but "train"
  double dev = 0.0;
  int64_t split_seed = 0;
  std::vector<std::string> split_lists;  // "name=file": the file names the split's groups, one a line
  int64_t folds = 0;                     // of "train"
  std::string group_from;                // regular expression on the key; what its first parentheses catch is the group
  int64_t tokenizer_merges = 4096;
  int64_t shard_megabytes = 256;
  bool link = false;   // keep (file, offset, length, checksum) instead of the bytes
  std::string report;  // JSON of the report; empty: import_report.json beside the dataset's manifest
  Policies on;
  void fields(Fields& visit) override;
  virtual ImportReport run(const ImportRequest& request) const = 0;
};

// The table, sorted by name.
std::span<const KindOf<Importer>> importers();
std::unique_ptr<Importer> make_importer(const std::string& name);  // Error with the known names

}  // namespace weft
