// SPDX-License-Identifier: Apache-2.0
// SOURCE is a .tar, a .tar.gz, a folder of them, or a brace pattern.  Members in turn that agree up to the first dot of
// their file name are one sample: a picture (jpg, png), .txt a caption, .cls a class (its number or name), .json an
// object with captions, labels, tags and the group.  A sample's key is <shard>/<name>.<extension of the picture>.
#include "data/importers/import_webdataset.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <set>

#include "base/error.h"
#include "data/formats/tar.h"
#include "data/importers/import_run.h"
#include "data/importers/table_files.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostShards = 1000000;

struct Member {
  std::string name;       // folder and file name up to the first dot: the sample's
  std::string extension;  // lower case, behind that dot
  std::string place;      // archive: member (offset)
  uint64_t offset = 0;
  Bytes content;
};

// Members that belong together.
using Sample = std::vector<Member>;

const Member* find(const Sample& sample, const std::string& extension) {
  const auto found =
      std::find_if(sample.begin(), sample.end(), [&](const Member& member) { return member.extension == extension; });
  return found == sample.end() ? nullptr : &*found;
}

std::string text_of(const Member& member) {
  return {member.content.begin(), member.content.end()};
}

bool is_shard(const Path& file) {
  const std::string name = file.filename().string();
  return name.ends_with(".tar") || name.ends_with(".tar.gz") || name.ends_with(".tgz");
}

std::vector<Path> shards_of(const Path& source) {
  std::vector<Path> shards;
  if (fs::is_directory(source)) {
    for (const auto& entry : fs::directory_iterator(source))
      if (is_shard(entry.path())) shards.push_back(entry.path());
    std::sort(shards.begin(), shards.end());
    check(!shards.empty(), source.string(), ": holds no .tar, .tar.gz or .tgz");
    return shards;
  }
  if (fs::exists(source)) return {source};  // braces and all
  for (const std::string& shard : expand_braces(source.string())) {
    check(fs::exists(shard), shard, ": there is no such archive (SOURCE is ", source.string(), ")");
    shards.emplace_back(shard);
  }
  return shards;
}

class WebdatasetRun {
 public:
  WebdatasetRun(const WebdatasetImporter& settings, const ImportRequest& request)
      : settings_(settings), request_(request), run_(request, settings) {}

  ImportReport go() {
    if (!settings_.class_list.empty()) classes_ = read_class_list(settings_.class_list);
    for (const ListedClass& listed : classes_)
      run_.add_class("classes", listed.name, listed.place, /*closed=*/true, listed.synonyms);
    const std::vector<Path> shards = shards_of(request_.source);
    std::map<std::string, int> names;
    for (const Path& shard : shards) ++names[shard.filename().string()];
    const bool is_told_by_name = names.size() == shards.size();
    for (const Path& shard : shards) {
      prefix_ = is_told_by_name ? shard.filename().string() : shard.generic_string();
      read(shard);
    }
    if (has_plain_numbers_)
      run_.note("classes are called by their numbers; class_list= names a file with the name of each");
    for (const auto& [extension, count] : left_out_)
      run_.note(join("left out: ", count, " members with the extension \"", extension, "\""));
    return run_.finish();
  }

 private:
  void read(const Path& shard) {
    shard_ = shard;
    split_ = split_of(shard);
    TarReader tar(shard);
    check(!settings_.link || !tar.is_compressed(), shard.string(),
          ": link=true needs plain archives, for pictures cannot be read from the middle of a compressed one\n  hint: "
          "unpack it to a .tar, or import without link=true");
    is_damaged_ = false;
    Sample sample;
    while (auto member = next_member(tar)) {
      if (!sample.empty() && sample[0].name != member->name) {
        take_sample(sample);
        sample.clear();
      }
      sample.push_back(std::move(*member));
    }
    // Of a sample that the damage cut off nobody knows what it would have said.
    if (!is_damaged_) take_sample(sample);
  }

  std::string split_of(const Path& shard) const {
    if (settings_.split_from.empty()) return "";
    std::smatch match;
    const std::string name = shard.filename().string();
    check(std::regex_search(name, match, std::regex(settings_.split_from)) && match.size() > 1, shard.string(),
          ": split_from=", settings_.split_from, " catches nothing in its name");
    return match[1];
  }

  // The next member of those that say something.  Nothing behind the last one, or where the archive is damaged and the
  // rest of it is left out.
  std::optional<Member> next_member(TarReader& tar) {
    TarMember header;
    while (true) {
      std::string damage;
      Member member;
      try {
        if (!tar.next(header)) return std::nullopt;
        member = named(header);
        if (is_wanted(member.extension) && header.is_file()) member.content = tar.content();
      } catch (const Error& error) {
        damage = error.what();
      }
      if (!damage.empty()) {
        is_damaged_ = true;
        run_.meet(Problem::malformed_label, shard_.string(), "the rest of the archive: " + damage);
        return std::nullopt;
      }
      if (says_something(header, member)) return member;
    }
  }

  Member named(const TarMember& header) const {
    const size_t slash = header.name.rfind('/');
    const size_t dot = header.name.find('.', slash == std::string::npos ? 0 : slash + 1);
    Member member{header.name.substr(0, dot), "", "", header.offset, {}};
    if (dot != std::string::npos) member.extension = lower_case(std::string_view(header.name).substr(dot + 1));
    member.place = join(shard_.string(), ": ", header.name, " (offset ", header.offset, ")");
    return member;
  }

  bool is_wanted(const std::string& extension) const {
    return extension == "txt" || extension == "cls" || extension == "json" || is_image(extension);
  }
  bool is_image(const std::string& extension) const {
    return std::find(settings_.image.begin(), settings_.image.end(), extension) != settings_.image.end();
  }

  bool says_something(const TarMember& header, const Member& member) {
    const std::string base = Path(header.name).filename().string();
    if (header.type == '5' || base.starts_with("__")) return false;  // "__x__": notes of the program that wrote it
    if (!header.is_file() || member.extension.empty() || base.starts_with('.')) {
      run_.meet(
          Problem::malformed_label, member.place,
          header.is_file() ? "the member's name is not <sample>.<extension>" : "the member is a link or a device");
      return false;
    }
    if (is_wanted(member.extension)) return true;
    ++left_out_[member.extension];
    return false;
  }

  void take_sample(const Sample& sample) {
    if (sample.empty()) return;
    const Member* image = nullptr;
    for (const std::string& extension : settings_.image)
      if (!image) image = find(sample, extension);
    if (!image) {
      run_.meet(Problem::missing_image, sample[0].place, "the sample has no picture");
      return;
    }
    for (const Member& member : sample)
      if (&member != image && is_image(member.extension)) ++left_out_[member.extension];
    const std::string key = prefix_ + "/" + image->name + "." + image->extension;
    if (run_.find(key)) {
      run_.meet(Problem::conflict, image->place, "a sample of this name was in the archive before");
      return;
    }
    const auto json = json_of(sample);
    const auto of = run_.add_bytes(image->content, key, image->place, group_of(json), shard_, image->offset);
    if (!of) return;
    if (!split_.empty()) run_.put_in_split(*of, split_, image->place);
    if (const Member* text = find(sample, "txt")) run_.say_text("captions", *of, text_of(*text), text->place);
    if (const Member* cls = find(sample, "cls")) say_class(*of, trimmed(text_of(*cls)), cls->place);
    if (json) take_json(*of, *json, find(sample, "json")->place);
  }

  std::optional<nlohmann::json> json_of(const Sample& sample) {
    const Member* member = find(sample, "json");
    if (!member) return std::nullopt;
    auto json = nlohmann::json::parse(member->content, nullptr, /*allow_exceptions=*/false);
    if (json.is_object()) return json;
    run_.meet(Problem::malformed_label, member->place, "is no JSON object");
    return std::nullopt;
  }

  std::string group_of(const std::optional<nlohmann::json>& json) const {
    if (!json || settings_.json_group.empty() || !json->contains(settings_.json_group)) return "";
    const auto& group = (*json)[settings_.json_group];
    return group.is_string() ? group.get<std::string>() : group.dump();
  }

  void take_json(const Added& of, const nlohmann::json& json, const std::string& place) {
    for (const std::string& caption : texts_in(json, settings_.json_caption, place))
      run_.say_text("captions", of, caption, place);
    for (const std::string& tag : texts_in(json, settings_.json_tags, place)) run_.say_text("tags", of, tag, place);
    for (const std::string& label : texts_in(json, settings_.json_label, place)) say_class(of, trimmed(label), place);
  }

  // A text, a whole number, or a list of them; nothing where there is no such key, or null.
  std::vector<std::string> texts_in(const nlohmann::json& json, const std::string& key, const std::string& place) {
    std::vector<std::string> texts;
    const auto found = json.find(key);
    if (found == json.end() || found->is_null()) return texts;
    for (const auto& value : found->is_array() ? *found : nlohmann::json::array({*found})) {
      if (value.is_string()) {
        texts.push_back(value.get<std::string>());
      } else if (value.is_number_integer()) {
        texts.push_back(value.dump());
      } else {
        run_.meet(Problem::malformed_label, place, "\"" + key + "\" is no text, no whole number and no list of them");
      }
    }
    return texts;
  }

  void say_class(const Added& of, const std::string& text, const std::string& place) {
    const bool is_number = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    if (classes_.empty()) {
      has_plain_numbers_ |= is_number;
      return run_.say_text("classes", of, text, place);
    }
    if (is_number && text.size() < 10 && std::stoul(text) < classes_.size())
      return run_.say_text("classes", of, classes_[std::stoul(text)].name, place);
    const bool is_name =
        std::any_of(classes_.begin(), classes_.end(), [&](const ListedClass& listed) { return listed.name == text; });
    if (!is_name && !added_.contains(text)) {
      if (!run_.meet(Problem::unknown_class, place, "the class \"" + text + "\" is not in the list of classes", true))
        return;
      run_.add_class("classes", text, place);
      added_.insert(text);
    }
    run_.say_text("classes", of, text, place);
  }

  const WebdatasetImporter& settings_;
  const ImportRequest& request_;
  ImportRun run_;
  std::vector<ListedClass> classes_;
  std::set<std::string> added_;
  Path shard_;
  std::string prefix_, split_;
  std::map<std::string, size_t> left_out_;  // members by extension
  bool is_damaged_ = false, has_plain_numbers_ = false;
};

}  // namespace

std::vector<std::string> expand_braces(const std::string& pattern) {
  const size_t open = pattern.find('{');
  if (open == std::string::npos) return {pattern};
  const size_t close = pattern.find('}', open);
  check(close != std::string::npos, pattern, ": the brace is never closed");
  const std::string inside = pattern.substr(open + 1, close - open - 1);
  const size_t dots = inside.find("..");
  std::vector<std::string> choices;
  if (dots == std::string::npos) {
    choices = split_trimmed(inside, ",");
  } else {
    const std::string first = inside.substr(0, dots), last = inside.substr(dots + 2);
    const auto is_number = [](const std::string& text) {
      return !text.empty() && text.size() <= 9 && text.find_first_not_of("0123456789") == std::string::npos;
    };
    check(is_number(first) && is_number(last) && std::stoul(first) <= std::stoul(last), pattern,
          ": wanted a range like {000..012}, found {", inside, "}");
    check(std::stoul(last) - std::stoul(first) < kMostShards, pattern, ": names more than ", kMostShards, " archives");
    for (size_t number = std::stoul(first); number <= std::stoul(last); ++number) {
      const std::string digits = std::to_string(number);
      choices.push_back(std::string(first.size() - std::min(first.size(), digits.size()), '0') + digits);
    }
  }
  check(!choices.empty(), pattern, ": there is nothing between the braces");
  std::vector<std::string> all;
  const std::vector<std::string> rests = expand_braces(pattern.substr(close + 1));
  check(choices.size() * rests.size() <= kMostShards, pattern, ": names more than ", kMostShards, " archives");
  for (const std::string& choice : choices)
    for (const std::string& rest : rests) all.push_back(pattern.substr(0, open) + choice + rest);
  return all;
}

void WebdatasetImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("image", image, not_empty, "extensions of pictures; of several in a sample the first of this list counts");
  visit("class_list", class_list, any, "file with the name of class 0 on line 1, and so on");
  visit("json_caption", json_caption, any, "key of .json with a caption or a list of them");
  visit("json_label", json_label, any, "key of .json with a class, its number, or a list of them");
  visit("json_tags", json_tags, any, "key of .json with a list of tags");
  visit("json_group", json_group, any, "key of .json with what must not straddle a split");
  visit("split_from", split_from, any,
        "regular expression on an archive's name; what its first parentheses catch is the split of its samples");
}

ImportReport WebdatasetImporter::run(const ImportRequest& request) const {
  return WebdatasetRun(*this, request).go();
}

}  // namespace weft
