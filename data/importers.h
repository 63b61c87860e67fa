// SPDX-License-Identifier: Apache-2.0
// Where datasets come from.  An importer is its settings and one function; `weft data import <name>` finds it in the
// table.  To add a source: data/import_mine.cc and one line in data/importers.cc.  Nothing is dropped silently: what an
// importer leaves out is in its report, with the reason and the place.
#pragma once

#include <map>
#include <memory>
#include <optional>
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
  std::vector<std::pair<std::string, size_t>> splits;        // name, images
  std::map<std::string, std::vector<std::string>> left_out;  // reason -> places
  std::vector<std::string> notes;                            // what the importer decided by itself

  void leave_out(const std::string& reason, const std::string& place) { left_out[reason].push_back(place); }
  std::string text() const;
};

struct Importer : Settings {
  std::string licence = "unknown";
  double held_back = 0.1;
  double dev = 0.0;
  int64_t split_seed = 0;
  int64_t tokenizer_merges = 4096;
  int64_t shard_megabytes = 256;
  void fields(Fields& visit) override;
  virtual ImportReport run(const ImportRequest& request) const = 0;
};

// Lines of image<TAB>caption or image<TAB>caption<TAB>group; images are found from the file's own folder.
struct TsvImporter final : Importer {
  std::string header = "auto";
  std::string on_empty = "skip_text";
  std::string on_bad = "refuse";
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

// One sub-folder per class.
struct FolderImporter final : Importer {
  std::string on_bad = "refuse";
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

// Emoji of a colour font with CLDR's names and keywords (data/import_emoji.cc); SOURCE is "-".
struct EmojiImporter final : Importer {
  std::string font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";
  std::string cldr = "/usr/share/unicode/cldr/common";
  std::string language = "en";
  bool variants = true;
  EmojiImporter();
  void fields(Fields& visit) override;
  ImportReport run(const ImportRequest& request) const override;
};

// The table, sorted by name.
std::span<const KindOf<Importer>> importers();
std::unique_ptr<Importer> make_importer(const std::string& name);  // Error with the known names

// What every importer begins and ends with.  draw_splits draws whole groups into "held_back" with split_seed, and of
// the others into "dev" with split_seed + 1; publish_import trains the tokenizer on what is said of the rest, publishes
// the dataset and fills in the report's counts; finish_import does both.
StoreWriter begin_import(const ImportRequest& request, const Importer& importer);
std::map<std::string, std::vector<std::string>> draw_splits(StoreWriter& writer, const Importer& importer,
                                                            ImportReport& report);  // groups by split
void publish_import(StoreWriter& writer, const Importer& importer, const ImportRequest& request, ImportReport& report);
void finish_import(StoreWriter& writer, const Importer& importer, const ImportRequest& request, ImportReport& report);

// The bytes of an image whose header can be read.  Otherwise an Error that begins with `place`, or, where on_bad is
// "skip", nothing, and the report says why.
std::optional<Bytes> read_image(const Path& path, const std::string& place, const std::string& on_bad,
                                ImportReport& report);

}  // namespace weft
