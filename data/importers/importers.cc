// SPDX-License-Identifier: Apache-2.0
#include "data/importers/importers.h"

#include <array>

#include "base/error.h"
#include "data/importers/import_coco.h"
#include "data/importers/import_emoji.h"
#include "data/importers/import_folder.h"
#include "data/importers/import_lvis.h"
#include "data/importers/import_sa1b.h"
#include "data/importers/import_scenes.h"
#include "data/importers/import_tsv.h"
#include "data/manifest.h"

namespace weft {
namespace {

template <class Kind>
std::unique_ptr<Importer> make() {
  return std::make_unique<Kind>();
}

constexpr std::array kImporters = {
    KindOf<Importer>{"coco", "COCO's JSON: instances, keypoints, stuff, panoptic, captions, labels; also Roboflow's",
                     make<CocoImporter>},
    KindOf<Importer>{"emoji", "emoji of a colour font with CLDR's names and keywords; SOURCE is -",
                     make<EmojiImporter>},
    KindOf<Importer>{"folder", "one sub-folder of images per class", make<FolderImporter>},
    KindOf<Importer>{"lvis", "LVIS: instances of many classes, with what each picture was searched for",
                     make<LvisImporter>},
    KindOf<Importer>{"sa1b", "SA-1B: pictures with a JSON of class-agnostic masks beside each", make<Sa1bImporter>},
    KindOf<Importer>{"scenes", "emoji on backgrounds and textures, with masks of everything; SOURCE is -",
                     make<ScenesImporter>},
    KindOf<Importer>{"tsv", "lines of image<TAB>caption, optionally <TAB>group", make<TsvImporter>},
};

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
  visit("held_back", held_back, unit, "share of the groups drawn into the split held_back, where the source has none");
  visit("dev", dev, unit, "share of the other groups drawn into the split dev, where the source has no splits");
  visit("split_seed", split_seed, non_negative, "draws other groups");
  const Check folds_or_none{join("0 (none) or 2 to ", Folds::kMost),
                            [](double count) { return count == 0 || (count >= 2 && count <= Folds::kMost); }, nullptr};
  visit("folds", folds, folds_or_none, "parts that the train split is cut into: fold0 and train-fold0, ...");
  visit("group_from", group_from, any,
        "regular expression; what its first parentheses catch of an image's name is its group, e.g. the patient");
  visit("tokenizer_merges", tokenizer_merges, non_negative, "most merges of the tokenizer trained on the train split");
  visit("shard_megabytes", shard_megabytes, between(1, 65536), "size (MiB) at which a new image file is begun");
  visit("link", link, any, "leave the images where they are, and keep file, offset, length and checksum");
  visit("report", report, any, "file of the report as JSON; empty: import_report.json in the dataset");
  visit.section("on", on, "what is done about a problem: refuse (stop and say where), skip or repair (and report it)");
}

}  // namespace weft
