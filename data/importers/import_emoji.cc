// SPDX-License-Identifier: Apache-2.0
// Emoji as image-text pairs from two Debian packages: pictures of a colour font, names and keywords of CLDR.  Pictures
// are stored as PNG with alpha; the background is drawn by the loader from a stream (data/view.h), so that it is an
// augmentation and not part of the data.  Layers: "names" (one POS a sample) and "keywords" (each POS).  A group is a
// base emoji (data/emoji_groups.h); groups of which two pictures are equal are one group, so that no picture straddles
// a split. The subsets "<split>_gallery" hold one sample a group, the one of fewest code points, then of the smallest:
// what evaluation ranks, so that an answer counts once and not once a skin tone.
#include "data/importers/import_emoji.h"

#include <map>

#include "base/error.h"
#include "data/importers/emoji_pictures.h"
#include "data/importers/import_run.h"

namespace weft {

EmojiImporter::EmojiImporter() {
  licence = "pictures: SIL Open Font License 1.1 (Noto Color Emoji); texts: Unicode-DFS-2016 (CLDR)";
  held_back = 0.2;
  dev = 0.1;
}

void EmojiImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("font", font, not_empty, "file of a colour emoji font with bitmaps (CBDT)");
  visit("cldr", cldr, not_empty, "folder that holds CLDR's annotations/ and annotationsDerived/");
  visit("language", language, not_empty, "of names and keywords, as CLDR names its files: en, de, pt_PT, ...");
  visit("variants", variants, any, "skin tones and genders too; false: one picture a group");
}

ImportReport EmojiImporter::run(const ImportRequest& request) const {
  const std::string source = request.source.string();
  check(source.empty() || source == "-", "importer emoji reads the keys font and cldr; its SOURCE is \"", source,
        "\", wanted \"-\"");
  ImportRun run(request, *this);
  const std::vector<EmojiPicture> pictures = draw_emoji(font, cldr, language, run.report());

  std::map<std::string, Uid> gallery;  // by group; pictures come fewest code points first
  for (const EmojiPicture& picture : pictures) {
    const bool is_first = gallery.try_emplace(picture.group, picture.uid).second;
    if (!is_first && !variants) continue;
    const std::optional<Added> added = run.add_bytes(picture.png, picture.key, picture.key, picture.group);
    if (!added) continue;
    if (!picture.texts.name.empty()) run.layer("names").add(added->uid, picture.texts.name);
    // Not by say(), for which "*" is every concept: it is a keyword of two emoji.
    for (const std::string& keyword : picture.texts.keywords) run.layer("keywords").add(added->uid, keyword);
  }
  for (const auto& [split, groups] : run.settle_splits()) {
    std::vector<Uid> uids;
    for (const std::string& group : groups) uids.push_back(gallery.at(group));
    run.writer().set_subset(split + "_gallery", uids);
    run.report().splits.emplace_back(split + "_gallery", uids.size());
  }
  return run.finish();
}

}  // namespace weft
