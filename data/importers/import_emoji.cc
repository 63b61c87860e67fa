// SPDX-License-Identifier: Apache-2.0
// Emoji as image-text pairs from two Debian packages: pictures of a colour font, names and keywords of CLDR.  Pictures
// are stored as PNG with alpha; the background is drawn by the loader from a stream (data/view.h), so that it is an
// augmentation and not part of the data.  Layers: "names" (one POS a sample) and "keywords" (each POS); of several
// languages each has its own, "names.de", and a text that two of them spell alike is one row.  The first language says
// which emoji there are, so that more of them add statements and nothing else.  A group is a
// base emoji (data/emoji_groups.h); groups of which two pictures are equal are one group, so that no picture straddles
// a split. The subsets "<split>_gallery" hold one sample a group, the one of fewest code points, then of the smallest:
// what evaluation ranks, so that an answer counts once and not once a skin tone.
#include "data/importers/import_emoji.h"

#include <algorithm>
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
  visit("languages", languages, not_empty,
        "of names and keywords, as CLDR names its files: en, de, pt_PT, ...; the first says which emoji there are");
  visit("variants", variants, any, "skin tones and genders too; false: one picture a group");
}

namespace {

using BySequence = std::map<std::u32string, EmojiTexts>;

// What each language after the first says; every language once.
std::vector<BySequence> further_texts(const Path& cldr, const std::vector<std::string>& languages) {
  std::vector<BySequence> all;
  for (size_t i = 1; i < languages.size(); ++i) {
    check(std::find(languages.begin(), languages.begin() + static_cast<int64_t>(i), languages[i]) ==
              languages.begin() + static_cast<int64_t>(i),
          "languages has ", languages[i], " twice");
    BySequence& texts = all.emplace_back();
    for (EmojiTexts& emoji : read_emoji_texts(cldr, languages[i])) texts[emoji.sequence] = std::move(emoji);
  }
  return all;
}

// Not by ImportRun::say(), for which "*" is every concept: it is a keyword of two emoji.
void add_texts(ImportRun& run, const Uid& uid, const EmojiTexts& texts, const std::string& suffix) {
  if (!texts.name.empty()) run.layer("names" + suffix).add(uid, texts.name);
  for (const std::string& keyword : texts.keywords) run.layer("keywords" + suffix).add(uid, keyword);
}

}  // namespace

ImportReport EmojiImporter::run(const ImportRequest& request) const {
  const std::string source = request.source.string();
  check(source.empty() || source == "-", "importer emoji reads the keys font and cldr; its SOURCE is \"", source,
        "\", wanted \"-\"");
  ImportRun run(request, *this);
  check(!languages.empty(), "languages is empty; wanted one or more, e.g. \"en\"");
  const std::vector<EmojiPicture> pictures = draw_emoji(font, cldr, languages[0], run.report());
  const std::vector<BySequence> further = further_texts(cldr, languages);
  const auto suffix = [&](size_t i) { return further.empty() ? std::string() : "." + languages[i]; };

  std::map<std::string, Uid> gallery;  // by group; pictures come fewest code points first
  for (const EmojiPicture& picture : pictures) {
    const bool is_first = gallery.try_emplace(picture.group, picture.uid).second;
    if (!is_first && !variants) continue;
    const std::optional<Added> added = run.add_bytes(picture.png, picture.key, picture.key, picture.group);
    if (!added) continue;
    add_texts(run, added->uid, picture.texts, suffix(0));
    for (size_t i = 0; i < further.size(); ++i)
      if (const auto found = further[i].find(picture.texts.sequence); found != further[i].end())
        add_texts(run, added->uid, found->second, suffix(i + 1));
      else
        run.report().notes.push_back(join(languages[i + 1], " has no texts of ", picture.key));
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
