// SPDX-License-Identifier: Apache-2.0
// Emoji as image-text pairs from two Debian packages: pictures of a colour font, names and keywords of CLDR.  Pictures
// are stored as PNG with alpha; the background is drawn by the loader from a stream (data/view.h), so that it is an
// augmentation and not part of the data.  Layers: "names" (one POS a sample) and "keywords" (each POS).  A group is a
// base emoji (data/emoji_groups.h); groups of which two pictures are equal are one group, so that no picture straddles
// a split. The subsets "<split>_gallery" hold one sample a group, the one of fewest code points, then of the smallest:
// what evaluation ranks, so that an answer counts once and not once a skin tone.
#include <map>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "data/emoji_font.h"
#include "data/emoji_groups.h"
#include "data/emoji_names.h"
#include "data/image.h"
#include "data/importers/import_emoji.h"
#include "data/importers/import_run.h"

namespace weft {
namespace {

struct Picture {
  EmojiTexts texts;
  std::string group;
  Bytes png;
  Uid uid;
};

std::vector<Picture> draw_all(std::vector<EmojiTexts> emoji, const EmojiFont& font, ImportReport& report) {
  std::vector<Picture> pictures;
  for (EmojiTexts& texts : emoji) {
    const std::string key = emoji_key(texts.sequence);
    const std::optional<Image> image = font.draw(texts.sequence);
    if (!image) {
      report.leave_out("the font has no colour picture of it", key + " (" + texts.name + ")");
      continue;
    }
    Bytes png = encode_png(*image);
    const Uid uid = content_uid(png.data(), png.size());
    const std::string group = emoji_key(emoji_base(texts.sequence));
    pictures.push_back({std::move(texts), group, std::move(png), uid});
  }
  return pictures;
}

// Groups that share a picture become the one whose name is shorter, or else first (union-find).
void join_equal_pictures(std::vector<Picture>& pictures, ImportReport& report) {
  std::map<std::string, std::string> parent;
  std::unordered_map<Uid, std::string> group_of;
  const auto root = [&](std::string group) {
    while (parent.contains(group)) group = parent.at(group);
    return group;
  };
  for (const Picture& picture : pictures) {
    std::string a = root(picture.group), b = root(group_of.try_emplace(picture.uid, picture.group).first->second);
    if (a == b) continue;
    if (std::pair(a.size(), a) < std::pair(b.size(), b)) std::swap(a, b);
    parent[a] = b;
    report.notes.push_back(join("group ", a, " shares a picture with ", b, " and is joined to it"));
  }
  for (Picture& picture : pictures) picture.group = root(picture.group);
}

}  // namespace

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
  std::vector<Picture> pictures = draw_all(read_emoji_texts(cldr, language), EmojiFont(font), run.report());
  join_equal_pictures(pictures, run.report());

  std::map<std::string, Uid> gallery;  // by group; pictures come fewest code points first
  for (const Picture& picture : pictures) {
    const bool is_first = gallery.try_emplace(picture.group, picture.uid).second;
    if (!is_first && !variants) continue;
    const std::string key = emoji_key(picture.texts.sequence);
    const std::optional<Added> added = run.add_bytes(picture.png, key, key, picture.group);
    if (!added) continue;
    if (!picture.texts.name.empty()) run.say("names", *added, picture.texts.name);
    for (const std::string& keyword : picture.texts.keywords) run.say("keywords", *added, keyword);
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
