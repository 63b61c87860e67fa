// SPDX-License-Identifier: Apache-2.0
#include "data/importers/import_sa1b.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/formats/coco_mask.h"
#include "data/formats/json_elements.h"
#include "data/formats/sa1b_json.h"
#include "data/importers/import_run.h"

namespace weft {
namespace {

constexpr const char* kLayer = "masks";

class Sa1bRun {
 public:
  Sa1bRun(const Sa1bImporter& settings, const ImportRequest& request)
      : settings_(settings), request_(request), run_(request, settings) {}

  ImportReport go() {
    check(std::filesystem::is_directory(request_.source), request_.source.string(),
          ": wanted a folder of pictures, each with a JSON file beside it");
    const std::vector<Path> files = files_below(request_.source);
    for (const Path& path : files)
      if (path.extension() == ".json") take_file(path);
    for (const Path& path : files)
      if (path.extension() != ".json" && !named_.contains(path) && looks_like_image(path)) add_unlabelled(path);
    return run_.finish();
  }

 private:
  std::string key_of(const Path& path) const { return path.lexically_relative(request_.source).generic_string(); }

  void take_file(const Path& path) {
    const std::string name = key_of(path);
    Sa1bPicture picture;
    std::vector<std::pair<std::string, std::string>> malformed;
    try {
      std::ifstream in = open_json(path);
      picture = read_sa1b(in, name, [&](const std::string& place, const std::string& what, const std::string&) {
        malformed.emplace_back(place, what);
      });
    } catch (const Error& error) {
      run_.meet(Problem::malformed_label, name, error.what());
      return;
    }
    for (const auto& [place, what] : malformed) run_.meet(Problem::malformed_label, place, what);
    const auto added = add_picture(path, picture, name);
    if (!added) return;
    const auto upright = run_.frame_of(*added, picture.width, picture.height, name);
    if (!upright) return;
    uint32_t id = 0;
    for (const Sa1bMask& mask : picture.masks)
      take_mask(mask, *added, ++id, coco_place(name, "annotations", mask.place, mask.id));
  }

  // The picture that the file names, or the one that is called like it.
  std::optional<Added> add_picture(const Path& json, const Sa1bPicture& picture, const std::string& place) {
    const std::string file_name = picture.file_name.empty() ? json.stem().string() + ".jpg" : picture.file_name;
    const Path path = json.parent_path() / Path(file_name).filename();
    if (!std::filesystem::is_regular_file(path)) {
      run_.meet(Problem::missing_image, place, join(file_name, " is not beside it"));
      return std::nullopt;
    }
    if (!named_.insert(path).second) {
      run_.meet(Problem::repeated_label, place, join("a second file of masks for ", file_name, "; the first counts"),
                /*can_repair=*/true);
      return std::nullopt;
    }
    return run_.add_file(path, key_of(path), place);
  }

  void take_mask(const Sa1bMask& mask, const Added& of, uint32_t id, const std::string& place) {
    const double confidence = std::clamp(mask.predicted_iou, 0.0, 1.0) * std::clamp(mask.stability_score, 0.0, 1.0);
    if (confidence < settings_.least_confidence)
      return run_.report().leave_out("masks below least_confidence", join(place, ": ", confidence));
    const CocoMask found =
        coco_mask(mask.segmentation, static_cast<uint32_t>(of.height), static_cast<uint32_t>(of.width));
    if (!found.odd.empty() && !run_.meet(Problem::bad_mask, place, found.odd, found.mask.has_value())) return;
    run_.add_mask(kLayer, of, *found.mask, {.confidence = static_cast<float>(confidence), .id = id}, place);
  }

  void add_unlabelled(const Path& path) {
    const std::string key = key_of(path);
    if (run_.meet(Problem::unlabelled_image, key, "no JSON file names it", /*can_repair=*/true))
      run_.add_file(path, key, key);
  }

  const Sa1bImporter& settings_;
  const ImportRequest& request_;
  ImportRun run_;
  std::set<Path> named_;
};

}  // namespace

void Sa1bImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("least_confidence", least_confidence, unit, "masks whose confidence is less are left out");
}

ImportReport Sa1bImporter::run(const ImportRequest& request) const {
  return Sa1bRun(*this, request).go();
}

}  // namespace weft
