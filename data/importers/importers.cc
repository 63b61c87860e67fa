// SPDX-License-Identifier: Apache-2.0
#include "data/importers.h"

#include <algorithm>
#include <array>
#include <sstream>

#include "base/error.h"
#include "data/image.h"
#include "data/tokenizer.h"

namespace weft {
namespace {

template <class Kind>
std::unique_ptr<Importer> make() {
  return std::make_unique<Kind>();
}

constexpr std::array kImporters = {
    KindOf<Importer>{"emoji", "emoji of a colour font with CLDR's names and keywords; SOURCE is -",
                     make<EmojiImporter>},
    KindOf<Importer>{"folder", "one sub-folder of images per class", make<FolderImporter>},
    KindOf<Importer>{"tsv", "lines of image<TAB>caption, optionally <TAB>group", make<TsvImporter>},
};

constexpr size_t kMostPlaces = 20;

}  // namespace

std::span<const KindOf<Importer>> importers() {
  return kImporters;
}

std::unique_ptr<Importer> make_importer(const std::string& name) {
  std::vector<std::string> known;
  for (const KindOf<Importer>& kind : kImporters) {
    if (name == kind.name) return kind.settings();
    known.push_back(kind.name);
  }
  std::string list;
  for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
  const std::string near = nearest(name, known);
  fail("there is no importer \"", name, "\"; ", near.empty() ? "" : "did you mean \"" + near + "\"? ", "known: ", list);
}

void Importer::fields(Fields& visit) {
  visit("licence", licence, not_empty, "under which the images and texts may be used; kept in the dataset");
  visit("held_back", held_back, unit, "share of the groups drawn into the split held_back");
  visit("dev", dev, unit, "share of the other groups drawn into the split dev");
  visit("split_seed", split_seed, non_negative, "draws other groups");
  visit("tokenizer_merges", tokenizer_merges, non_negative, "most merges of the tokenizer trained on the train split");
  visit("shard_megabytes", shard_megabytes, between(1, 65536), "size (MiB) at which a new image file is begun");
}

std::string ImportReport::text() const {
  std::ostringstream out;
  out << images << " images, " << statements << " statements";
  if (merged > 0) out << ", " << merged << " more of equal content merged into them";
  out << "\n";
  for (const auto& [name, size] : splits) out << "  split " << name << ": " << size << " images\n";
  for (const std::string& note : notes) out << "  note: " << note << "\n";
  for (const auto& [reason, places] : left_out) {
    out << "  left out, " << reason << ": " << places.size() << "\n";
    for (size_t i = 0; i < std::min(places.size(), kMostPlaces); ++i) out << "    " << places[i] << "\n";
    if (places.size() > kMostPlaces) out << "    and " << places.size() - kMostPlaces << " more\n";
  }
  if (already_there) out << "  the folder held this very dataset already; nothing was changed\n";
  return out.str();
}

StoreWriter begin_import(const ImportRequest& request, const Importer& importer) {
  return StoreWriter(request.dataset, {.name = request.name,
                                       .licence = importer.licence,
                                       .shard_bytes = static_cast<uint64_t>(importer.shard_megabytes) << 20});
}

std::map<std::string, std::vector<std::string>> draw_splits(StoreWriter& writer, const Importer& importer,
                                                            ImportReport& report) {
  std::map<std::string, std::vector<std::string>> drawn;
  std::vector<std::string> rest = writer.groups();
  const auto draw = [&](const std::string& name, double fraction, uint64_t seed) {
    if (fraction == 0) return;
    const std::vector<std::string>& groups = drawn[name] = draw_groups(rest, fraction, seed);
    writer.set_split(name, groups);
    std::erase_if(rest, [&](const auto& group) { return std::binary_search(groups.begin(), groups.end(), group); });
    report.splits.emplace_back(name, writer.split_size(name));
    if (groups.empty()) report.notes.push_back(name + " is empty: none of so few groups was drawn");
  };
  const auto seed = static_cast<uint64_t>(importer.split_seed);
  draw("held_back", importer.held_back, seed);
  draw("dev", importer.dev, seed + 1);
  report.splits.insert(report.splits.begin(), {"train", writer.split_size("train")});
  if (rest.empty()) report.notes.push_back("train is empty: every group was drawn into another split");
  return drawn;
}

void publish_import(StoreWriter& writer, const Importer& importer, const ImportRequest& request, ImportReport& report) {
  const Path staged = request.dataset / "tokenizer.txt.tmp";
  train_tokenizer(writer.train_texts(), static_cast<int>(importer.tokenizer_merges)).save(staged);
  writer.set_tokenizer(staged);
  writer.finish();
  report.images = writer.size();
  report.merged = writer.merged();
  report.statements = writer.statements();
  report.already_there = writer.already_there();
}

void finish_import(StoreWriter& writer, const Importer& importer, const ImportRequest& request, ImportReport& report) {
  check(writer.size() > 0, request.source.string(), ": no image was found to import\n", report.text());
  draw_splits(writer, importer, report);
  publish_import(writer, importer, request, report);
}

std::optional<Bytes> read_image(const Path& path, const std::string& place, const std::string& on_bad,
                                ImportReport& report) {
  try {
    Bytes content = read_bytes(path);
    in_context([&] { return read_image_header(content.data(), content.size()); }, "reading ", path.string());
    return content;
  } catch (const Error& error) {
    const std::string what = join(place, ": ", error.what());
    if (on_bad == "refuse") fail(what, "\n  hint: on_bad=skip leaves such images out and reports them");
    report.leave_out("not a readable image", what);
    return std::nullopt;
  }
}

}  // namespace weft
