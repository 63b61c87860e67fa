// SPDX-License-Identifier: Apache-2.0
// Scenes of which everything is known: emoji on backgrounds and textures, each with the exact mask of what is visible.
// The layer objects-<split> has a mask for every object, part (with its parent) and piece of stuff, said of it its name
// and CLDR's keywords; ids ascend from the back to the front.  The names are a closed list, for which every scene is
// exhaustive; a keyword that is the name of another emoji is not said, for that would contradict it.  NEG are keywords
// that are true of nothing in the scene.
// A split owns its emoji: the base emoji are drawn as the importer "emoji" draws them, so that those held back there
// occur in no scene of "train" here.  Within a split they are parted into sets, and a scene is made of one set, which
// is its group: no emoji is in two groups.  Some emoji of a set occur in fixed pairs only, two glyphs that always move
// together: the parts of an object "A with B".
#include "data/importers/import_scenes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "base/error.h"
#include "base/random.h"
#include "data/importers/emoji_pictures.h"
#include "data/importers/import_run.h"
#include "data/importers/scene.h"
#include "data/view.h"

namespace weft {
namespace {

constexpr size_t kEmojiPerSet = 64, kPairsPerSet = 6;
constexpr int kTries = 40;  // of a place for one object

struct Glyph {
  std::string base;
  std::vector<std::string> names, keywords;  // of every emoji with this picture
  Image picture;                             // without margins
};

// One picture a base emoji, with the texts of all emoji that look the same.
std::vector<Glyph> glyphs_of(const ScenesImporter& settings, ImportReport& report) {
  std::vector<Glyph> glyphs;
  std::map<std::string, std::pair<size_t, Uid>> place_of;  // by base
  const auto add_new = [](std::vector<std::string>& list, const std::string& text) {
    if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  };
  for (const EmojiPicture& emoji : draw_emoji(settings.font, settings.cldr, settings.language, report)) {
    const auto [place, is_new] = place_of.try_emplace(emoji.group, glyphs.size(), emoji.uid);
    if (is_new) {
      const Image picture = decode_image(emoji.png.data(), emoji.png.size());
      glyphs.push_back({emoji.group, {}, {}, picture.channels == 4 ? trimmed_to_alpha(picture) : Image()});
    }
    if (place->second.second != emoji.uid) continue;  // a skin tone, a gender
    Glyph& glyph = glyphs[place->second.first];
    add_new(glyph.names, emoji.texts.name);
    for (const std::string& keyword : emoji.texts.keywords) add_new(glyph.keywords, keyword);
  }
  std::erase_if(glyphs, [](const Glyph& glyph) { return glyph.names.empty() || glyph.picture.width == 0; });
  std::set<std::string> names{"*"};  // a keyword of two emoji, but as a concept it is any
  for (const Glyph& glyph : glyphs) names.insert(glyph.names.begin(), glyph.names.end());
  for (Glyph& glyph : glyphs)
    std::erase_if(glyph.keywords, [&](const std::string& keyword) { return names.contains(keyword); });
  return glyphs;
}

struct EmojiSet {
  std::string split, group;
  std::vector<const Glyph*> singles;
  std::vector<std::pair<const Glyph*, const Glyph*>> pairs;
};

// The emoji of a split, in an order of their own, parted into sets of about kEmojiPerSet.
std::vector<EmojiSet> sets_of(const std::string& split, std::vector<const Glyph*> glyphs) {
  std::sort(glyphs.begin(), glyphs.end(), [](const Glyph* a, const Glyph* b) {
    return std::pair(hash64(a->base), a->base) < std::pair(hash64(b->base), b->base);
  });
  const size_t count = std::max<size_t>(1, glyphs.size() / kEmojiPerSet);
  std::vector<EmojiSet> sets;
  for (size_t i = 0; i < count; ++i) {
    char number[24];
    std::snprintf(number, sizeof number, "%02zu", i);
    EmojiSet set{split, split + "-" + number, {}, {}};
    const size_t begin = i * glyphs.size() / count, end = (i + 1) * glyphs.size() / count;
    const size_t pairs = std::min(kPairsPerSet, (end - begin) / 4);
    for (size_t k = 0; k < pairs; ++k) set.pairs.emplace_back(glyphs[begin + 2 * k], glyphs[begin + 2 * k + 1]);
    set.singles.assign(glyphs.begin() + static_cast<long>(begin + 2 * pairs), glyphs.begin() + static_cast<long>(end));
    sets.push_back(std::move(set));
  }
  return sets;
}

// What lies in a scene, in the order in which it was laid.
struct Thing {
  RegionIs is;
  std::vector<std::string> names, keywords;
  std::vector<size_t> pieces;  // of the Scene
  uint32_t id = 0, parent = 0;
};

struct MadeScene {
  Scene scene;
  std::vector<Thing> things;
  std::vector<std::string> absent;  // keywords of the set that nothing in the scene has
};

class Maker {
 public:
  Maker(const ScenesImporter& settings, const EmojiSet& set, uint64_t number)
      : settings_(settings),
        set_(set),
        stream_(static_cast<uint64_t>(settings.seed), Purpose::scenes, 0, number),
        made_{Scene(ground()), {}, {}} {}

  MadeScene make() {
    for (int i = 0; i < 2; ++i)
      if (stream_.chance(settings_.stuff)) add_stuff();
    const auto wanted = settings_.least_objects +
                        static_cast<int64_t>(stream_.below(settings_.most_objects - settings_.least_objects + 1));
    for (int64_t i = 0; i < wanted; ++i)
      stream_.chance(settings_.composed) && !set_.pairs.empty() ? add_composed() : add_single();
    draw_absent();
    return std::move(made_);
  }

 private:
  Image ground() {
    const auto width = static_cast<int>(settings_.width), height = static_cast<int>(settings_.height);
    Image square(std::max(width, height), std::max(width, height), 3);
    draw_background(square.width, stream_, square.pixels.data());
    Image out(width, height, 3);
    for (int y = 0; y < height; ++y) std::copy_n(square.row(y), 3 * static_cast<size_t>(width), out.row(y));
    return out;
  }

  void add_stuff() {
    const size_t texture = stream_.below(textures().size());
    const std::string name = "texture: " + textures()[texture];
    for (int tried = 0; tried < kTries; ++tried) {
      Image stuff = draw_stuff(texture, made_.scene.picture().width, made_.scene.picture().height, stream_);
      if (made_.scene.lay({{std::move(stuff), 0, 0}}, settings_.least_visible)) {
        add_thing(RegionIs::stuff, {name}, {}, {made_.scene.pieces() - 1});
        return;
      }
    }
  }

  uint32_t add_thing(RegionIs is, const std::vector<std::string>& names, const std::vector<std::string>& keywords,
                     const std::vector<size_t>& pieces, uint32_t parent = 0) {
    const auto id = static_cast<uint32_t>(made_.things.size() + 1);
    made_.things.push_back({is, names, keywords, pieces, id, parent});
    return id;
  }

  double draw_side() {
    return stream_.uniform(settings_.smallest, settings_.largest) *
           static_cast<double>(std::min(settings_.width, settings_.height));
  }

  static Image at_side(const Image& picture, double side) {
    const double scale = side / std::max(picture.width, picture.height);
    return resized_rgba(picture, std::max(1, static_cast<int>(std::lround(picture.width * scale))),
                        std::max(1, static_cast<int>(std::lround(picture.height * scale))));
  }

  // Up to a tenth of an object may lie outside.
  int draw_place(int room, int size) {
    return static_cast<int>(std::lround(stream_.uniform(-0.1 * size, std::max(1.0, room - 0.9 * size))));
  }

  void add_single() {
    const Glyph& glyph = *set_.singles[stream_.below(set_.singles.size())];
    for (int tried = 0; tried < kTries; ++tried) {
      Image picture = at_side(glyph.picture, draw_side());
      const int x = draw_place(made_.scene.picture().width, picture.width);
      const int y = draw_place(made_.scene.picture().height, picture.height);
      if (!made_.scene.lay({{std::move(picture), x, y}}, settings_.least_visible)) continue;
      add_thing(RegionIs::object, glyph.names, glyph.keywords, {made_.scene.pieces() - 1});
      return;
    }
  }

  // The second part sits on the first one's upper right, at half its size.
  void add_composed() {
    const auto& [first, second] = set_.pairs[stream_.below(set_.pairs.size())];
    for (int tried = 0; tried < kTries; ++tried) {
      const double side = draw_side();
      Image below = at_side(first->picture, side), above = at_side(second->picture, 0.55 * side);
      const int x = draw_place(made_.scene.picture().width, below.width);
      const int y = draw_place(made_.scene.picture().height, below.height);
      const int above_x = x + below.width - above.width * 2 / 3, above_y = y - above.height / 3;
      if (!made_.scene.lay({{std::move(below), x, y}, {std::move(above), above_x, above_y}}, settings_.least_visible))
        continue;
      const size_t last = made_.scene.pieces() - 1;
      const std::string name = first->names[0] + " with " + second->names[0];
      const uint32_t whole = add_thing(RegionIs::object, {name}, {}, {last - 1, last});
      add_thing(RegionIs::part, first->names, first->keywords, {last - 1}, whole);
      add_thing(RegionIs::part, second->names, second->keywords, {last}, whole);
      return;
    }
  }

  void draw_absent() {
    std::set<std::string> present, others;
    for (const Thing& thing : made_.things) {
      present.insert(thing.names.begin(), thing.names.end());
      present.insert(thing.keywords.begin(), thing.keywords.end());
    }
    const auto collect = [&](const Glyph& glyph) {
      for (const std::string& keyword : glyph.keywords)
        if (!present.contains(keyword)) others.insert(keyword);
    };
    for (const Glyph* glyph : set_.singles) collect(*glyph);
    for (const auto& [first, second] : set_.pairs) collect(*first), collect(*second);
    std::vector<std::string> list(others.begin(), others.end());
    for (int64_t i = 0; i < settings_.negatives && !list.empty(); ++i) {
      const auto chosen = list.begin() + static_cast<long>(stream_.below(list.size()));
      made_.absent.push_back(*chosen);
      list.erase(chosen);
    }
  }

  const ScenesImporter& settings_;
  const EmojiSet& set_;
  Stream stream_;
  MadeScene made_;
};

void say_things(ImportRun& run, const Added& scene, const std::string& split, const MadeScene& made) {
  const std::string layer = "objects-" + split;
  for (const Thing& thing : made.things) {
    std::vector<Rle> masks;
    bool is_cut = false, is_whole = true;
    for (const size_t piece : thing.pieces) {
      masks.push_back(made.scene.visible(piece));
      is_cut = is_cut || made.scene.is_cut(piece);
      is_whole = is_whole && made.scene.visible_share(piece) == 1;
    }
    const Rle mask = masks.size() == 1 ? masks[0] : merge(masks, false);
    Region region{.is = thing.is, .id = thing.id, .parent = thing.parent};
    if (is_cut) region.flags |= kTruncated;
    if (!is_whole && thing.is != RegionIs::stuff) region.flags |= kOccluded;
    const std::string place = join(scene.key, ":region ", thing.id);
    for (const auto* texts : {&thing.names, &thing.keywords})
      for (const std::string& text : *texts) {
        region.concept_text = text;
        run.add_mask(layer, scene, mask, region, place);
      }
  }
  run.say(layer, scene, "*", Kind::exhaustive);
  for (const std::string& keyword : made.absent) run.say(layer, scene, keyword, Kind::neg);
}

void add_classes(ImportRun& run, const std::string& split, const std::vector<EmojiSet>& sets) {
  std::set<std::string> names;
  const auto collect = [&](const Glyph& glyph) { names.insert(glyph.names.begin(), glyph.names.end()); };
  for (const EmojiSet& set : sets) {
    for (const Glyph* glyph : set.singles) collect(*glyph);
    for (const auto& [first, second] : set.pairs) {
      collect(*first), collect(*second);
      names.insert(first->names[0] + " with " + second->names[0]);
    }
  }
  for (const std::string& texture : textures()) names.insert("texture: " + texture);
  for (const std::string& name : names) run.add_class("objects-" + split, name, "CLDR");
}

}  // namespace

ScenesImporter::ScenesImporter() {
  licence = "pictures: SIL Open Font License 1.1 (Noto Color Emoji); texts: Unicode-DFS-2016 (CLDR)";
  held_back = 0.2;
  dev = 0.1;
}

void ScenesImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("scenes", scenes, at_least(1), "how many pictures");
  visit("seed", seed, non_negative, "makes other scenes");
  visit("width", width, between(32, 4096), "of a scene, pixels");
  visit("height", height, between(32, 4096), "of a scene, pixels");
  visit("least_objects", least_objects, at_least(1), "fewest objects of a scene, where they find a place");
  visit("most_objects", most_objects, at_least(1), "most objects of a scene");
  visit("smallest", smallest, between(0.02, 1),
        "least longer side of an object, as a share of the picture's shorter one");
  visit("largest", largest, between(0.02, 1), "greatest longer side of an object");
  visit("least_visible", least_visible, unit, "share of each object that no other one covers and no edge cuts off");
  visit("composed", composed, unit, "share of objects that are made of two parts");
  visit("stuff", stuff, unit, "probability of each of two textured regions");
  visit("negatives", negatives, non_negative, "keywords per scene that are true of nothing in it, said as such");
  visit("font", font, not_empty, "file of a colour emoji font with bitmaps (CBDT)");
  visit("cldr", cldr, not_empty, "folder that holds CLDR's annotations/ and annotationsDerived/");
  visit("language", language, not_empty, "of names and keywords, as CLDR names its files: en, de, pt_PT, ...");
}

ImportReport ScenesImporter::run(const ImportRequest& request) const {
  const std::string source = request.source.string();
  check(source.empty() || source == "-", "importer scenes reads the keys font and cldr; its SOURCE is \"", source,
        "\", wanted \"-\"");
  check(least_objects <= most_objects && smallest <= largest, "importer scenes: least_objects ", least_objects,
        " and smallest ", smallest, " must not be above most_objects ", most_objects, " and largest ", largest);
  ImportRun run(request, *this);
  const std::vector<Glyph> glyphs = glyphs_of(*this, run.report());

  std::map<std::string, std::vector<const Glyph*>> by_split;
  {
    std::vector<std::string> bases;
    for (const Glyph& glyph : glyphs) bases.push_back(glyph.base);
    std::sort(bases.begin(), bases.end());
    std::map<std::string, std::string> split_of;
    for (const std::string& base : draw_groups(bases, held_back, static_cast<uint64_t>(split_seed)))
      split_of[base] = "held_back";
    std::erase_if(bases, [&](const std::string& base) { return split_of.contains(base); });
    for (const std::string& base : draw_groups(bases, dev, static_cast<uint64_t>(split_seed) + 1))
      split_of[base] = "dev";
    for (const Glyph& glyph : glyphs)
      by_split[split_of.contains(glyph.base) ? split_of.at(glyph.base) : "train"].push_back(&glyph);
  }
  const auto held = static_cast<int64_t>(std::llround(held_back * static_cast<double>(scenes)));
  const auto developed = static_cast<int64_t>(std::llround(dev * static_cast<double>(scenes - held)));
  const std::vector<std::pair<std::string, int64_t>> counts = {
      {"train", scenes - held - developed}, {"dev", developed}, {"held_back", held}};
  uint64_t number = 0;
  for (const auto& [split, count] : counts) {
    if (count == 0) continue;
    check(by_split[split].size() >= 8, "importer scenes: the split ", split, " has ", by_split[split].size(),
          " emoji; wanted at least 8");
    const std::vector<EmojiSet> sets = sets_of(split, by_split[split]);
    add_classes(run, split, sets);
    for (int64_t i = 0; i < count; ++i, ++number) {
      const EmojiSet& set = sets[static_cast<size_t>(i) % sets.size()];
      const MadeScene made = Maker(*this, set, number).make();
      char key[32];
      std::snprintf(key, sizeof key, "scene-%06llu", static_cast<unsigned long long>(number));
      const auto added = run.add_bytes(encode_png(made.scene.picture()), key, key, set.group);
      if (!added) continue;
      run.put_in_split(*added, split, key);
      say_things(run, *added, split, made);
    }
  }
  return run.finish();
}

}  // namespace weft
