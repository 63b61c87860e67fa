// SPDX-License-Identifier: Apache-2.0
#include "data/importers/emoji_pictures.h"

#include <map>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "data/emoji_font.h"
#include "data/emoji_groups.h"

namespace weft {
namespace {

// Groups that share a picture become the one whose name is shorter, or else first (union-find).
void join_equal_pictures(std::vector<EmojiPicture>& pictures, ImportReport& report) {
  std::map<std::string, std::string> parent;
  std::unordered_map<Uid, std::string> group_of;
  const auto root = [&](std::string group) {
    while (parent.contains(group)) group = parent.at(group);
    return group;
  };
  for (const EmojiPicture& picture : pictures) {
    std::string a = root(picture.group), b = root(group_of.try_emplace(picture.uid, picture.group).first->second);
    if (a == b) continue;
    if (std::pair(a.size(), a) < std::pair(b.size(), b)) std::swap(a, b);
    parent[a] = b;
    report.notes.push_back(join("group ", a, " shares a picture with ", b, " and is joined to it"));
  }
  for (EmojiPicture& picture : pictures) picture.group = root(picture.group);
}

}  // namespace

std::vector<EmojiPicture> draw_emoji(const Path& font, const Path& cldr, const std::string& language,
                                     ImportReport& report) {
  const EmojiFont drawn_with(font);
  std::vector<EmojiPicture> pictures;
  for (EmojiTexts& texts : read_emoji_texts(cldr, language)) {
    const std::string key = emoji_key(texts.sequence);
    const std::optional<Image> image = drawn_with.draw(texts.sequence);
    if (!image) {
      report.leave_out("the font has no colour picture of it", key + " (" + texts.name + ")");
      continue;
    }
    Bytes png = encode_png(*image);
    const Uid uid = content_uid(png.data(), png.size());
    const std::string group = emoji_key(emoji_base(texts.sequence));
    pictures.push_back({std::move(texts), key, group, std::move(png), uid});
  }
  join_equal_pictures(pictures, report);
  return pictures;
}

}  // namespace weft
