// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_lvis.h"

#include <algorithm>
#include <list>

#include "base/error.h"
#include "data/importers/coco_labels.h"

namespace weft {
namespace {

void check_is_lvis(const CocoFile& file) {
  const auto has_lists = [](const CocoImage& image) {
    return !image.negative.empty() || !image.not_exhaustive.empty();
  };
  const std::vector<CocoImage>& images = file.head.images;
  check(std::any_of(images.begin(), images.end(), has_lists), file.path.string(),
        ": no image has neg_category_ids or not_exhaustive_category_ids, wanted LVIS\n"
        "  hint: `weft data import coco` takes COCO's own files");
}

void note_frequencies(ImportRun& run, const CocoFile& file) {
  std::map<std::string, int> counts;
  for (const CocoCategory& category : file.head.categories) ++counts[category.frequency];
  std::string text;
  for (const auto& [frequency, count] : counts)
    text += join(text.empty() ? "" : ", ", frequency.empty() ? "unsaid" : frequency, " ", count);
  run.note(join(file.name, ": categories by frequency (r rare, c common, f frequent): ", text));
}

}  // namespace

LvisImporter::LvisImporter() {
  on.chosen[Problem::bad_mask] = "repair";
}

void LvisImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("images", images, any,
        "folders of the pictures, seen from SOURCE; none: images/, those called like the split, and the JSON's own");
}

ImportReport LvisImporter::run(const ImportRequest& request) const {
  ImportRun run(request, *this);
  const std::vector<CocoFile> files = find_coco_files(run, request.source, {"instances"});
  CocoLayer layer;
  std::list<CocoLabels> labels;
  for (const CocoFile& file : files) {
    check_is_lvis(file);
    note_frequencies(run, file);
    const CocoRules rules{.layer = "lvis", .is_federated = true, .has_underscores = true};
    CocoLabels& one = labels.emplace_back(run, file, rules, layer);
    one.add_classes();
    one.add_pictures(CocoFolders(request.source, file, images));
    one.read();
  }
  for (CocoLabels& one : labels) one.finish();
  return run.finish();
}

}  // namespace weft
