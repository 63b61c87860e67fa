// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "data/image.h"
#include "data/linked_files.h"
#include "data/manifest.h"
#include "data/shard_series.h"
#include "data/store.h"
#include "data/utf8.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTokenizerFile = "tokenizer.txt";

// Only what an import writes is taken away; a folder that holds anything else was not meant for one.  Whole shards
// stay: ShardSeries keeps those whose samples come again.
void clear_leftovers(const Path& folder) {
  std::vector<Path> leftovers;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool is_ours = is_shard_name(name) || name == "evidence" || name.starts_with(kTokenizerFile) ||
                         name.starts_with(kReportFile) || name == std::string(kManifestFile) + ".tmp";
    check(is_ours, folder.string(), ": holds \"", name,
          "\", which is no part of a dataset; wanted an empty folder or one that an import left unfinished");
    if (!is_shard_name(name) || name.ends_with(".tmp")) leftovers.push_back(entry.path());
  }
  for (const Path& path : leftovers) fs::remove_all(path);
}

}  // namespace

struct StoreWriter::Impl {
  Path folder;
  Options options;
  std::optional<Manifest> finished;  // what the folder held before: written again, it must come out the same
  std::string finished_text;
  Manifest manifest;
  std::optional<ShardSeries> shards;
  std::vector<SampleInfo> infos;
  std::unordered_map<Uid, size_t> by_uid;
  std::map<std::string, EvidenceWriter> layers;
  std::map<std::string, std::string> split_of_group;
  std::unique_ptr<LinkedFiles> links;
  Path tokenizer;
  size_t merged = 0;

  [[noreturn]] void differs(const std::string& what) const { fail_because_finished(folder, *finished, what); }
  std::string split_of(const SampleInfo& info) const;
  std::string checked_link(const Link& link, const Bytes& content);
  void check_layer(const std::string& name, const EvidenceWriter& layer) const;
  void publish_layers();
  void publish_tokenizer();
};

std::string StoreWriter::Impl::split_of(const SampleInfo& info) const {
  const auto place = split_of_group.find(info.group);
  return place == split_of_group.end() ? "train" : place->second;
}

// What is linked to must be where the link says: read back, it is the content.
std::string StoreWriter::Impl::checked_link(const Link& link, const Bytes& content) {
  if (!links) links = std::make_unique<LinkedFiles>(folder);
  const std::string text = link_text(folder, link.file);
  check(is_utf8(text), "the linked file \"", text, "\" has a name that is not UTF-8");
  Bytes found(content.size());
  links->read(text, link.offset, found);
  check(found == content, link.file.string(), ": byte ", link.offset, " does not begin the ", content.size(),
        " bytes that are linked to");
  return text;
}

void StoreWriter::Impl::check_layer(const std::string& name, const EvidenceWriter& layer) const {
  std::set<Uid> bags;
  for (const Bag& bag : layer.bags()) {
    bags.insert(bag.uid());
    for (const Uid& member : bag.members)
      check(by_uid.contains(member), "evidence layer \"", name, "\": the bag \"", bag.name, "\" holds the sample ",
            member.text(), ", which was never added");
  }
  for (const Record& record : layer.records())
    check(record.scope == Scope::bag ? bags.contains(record.item) : by_uid.contains(record.item), "evidence layer \"",
          name, "\" speaks of ", record.scope == Scope::bag ? "the bag " : "sample ", record.item.text(),
          ", which was never added");
}

void StoreWriter::Impl::publish_layers() {
  if (finished) {
    const auto equal = [](const auto& layer, const LayerEntry& entry) { return layer.first == entry.name; };
    const std::vector<LayerEntry>& before = finished->layers;
    if (!std::equal(layers.begin(), layers.end(), before.begin(), before.end(), equal))
      differs("the list of its evidence layers");
  }
  for (auto& [name, layer] : layers) {
    check_layer(name, layer);
    manifest.layers.push_back({name, layer.publish(folder)});
  }
}

void StoreWriter::Impl::publish_tokenizer() {
  if (tokenizer.empty()) return;
  manifest.tokenizer = kTokenizerFile;
  if (!finished) return publish(tokenizer, folder / kTokenizerFile);
  const bool is_same =
      finished->tokenizer == kTokenizerFile && read_text(tokenizer) == read_text(folder / kTokenizerFile);
  fs::remove(tokenizer);
  if (!is_same) differs("its tokenizer");
}

StoreWriter::StoreWriter(const Path& folder, Options options) : impl_(std::make_unique<Impl>()) {
  impl_->folder = folder;
  impl_->options = std::move(options);
  make_folder(folder);
  if (has_manifest(folder)) {
    impl_->finished = read_manifest(folder);
    impl_->finished_text = read_text(folder / kManifestFile);
    if (impl_->finished->name != impl_->options.name) impl_->differs("its name");
    if (impl_->finished->version != impl_->manifest.version) impl_->differs("the version of its format");
  } else {
    clear_leftovers(folder);
  }
  for (const std::string& text : {impl_->options.name, impl_->options.licence})
    check(is_utf8(text), "the name or licence of a dataset is not UTF-8: \"", text, "\"");
  impl_->manifest.name = impl_->options.name;
  impl_->manifest.licence = impl_->options.licence;
  impl_->shards.emplace(folder, impl_->options.shard_bytes, impl_->finished ? &*impl_->finished : nullptr);
}

StoreWriter::~StoreWriter() = default;

SampleInfo sample_info(const Bytes& content) {
  const ImageHeader header = read_image_header(content.data(), content.size());
  return {.codec = header.codec,
          .bytes = static_cast<uint32_t>(content.size()),
          .width = header.width,
          .height = header.height,
          .channels = header.channels,
          .orientation = header.orientation,
          .bits = header.bits,
          .views = header.views,
          .spacing = header.spacing,
          .crc = crc32c(content.data(), content.size())};
}

Uid StoreWriter::add(const Bytes& content, const std::string& key, const std::string& group, const Link* link) {
  check(is_utf8(key) && !key.empty(), "the key of a sample is \"", key, "\", wanted UTF-8 text");
  check(is_utf8(group) && !group.empty(), "the group of sample ", key, " is \"", group, "\", wanted UTF-8 text");
  check(content.size() <= UINT32_MAX, "sample ", key, " has ", content.size(), " bytes, more than 4 GiB");
  const Uid uid = content_uid(content.data(), content.size());
  if (impl_->by_uid.contains(uid)) {
    ++impl_->merged;
    return uid;
  }
  return in_context(
      [&] {
        SampleInfo info = sample_info(content);
        info.uid = uid, info.key = key, info.group = group;
        if (link) info.link = impl_->checked_link(*link, content), info.link_offset = link->offset;
        impl_->shards->add(content, info);
        impl_->by_uid[uid] = impl_->infos.size();
        impl_->infos.push_back(std::move(info));
        return uid;
      },
      "adding sample ", key);
}

const SampleInfo& StoreWriter::info(const Uid& uid) const {
  const auto place = impl_->by_uid.find(uid);
  check(place != impl_->by_uid.end(), "the sample ", uid.text(), " was never added");
  return impl_->infos[place->second];
}

size_t StoreWriter::continued() const {
  return impl_->finished ? 0 : impl_->shards->kept();
}

EvidenceWriter& StoreWriter::layer(const std::string& name) {
  return impl_->layers.try_emplace(name, name).first->second;
}

void StoreWriter::set_split(const std::string& name, const std::vector<std::string>& groups) {
  check_plain_name(name, "split");
  check(name != "all" && name != "train", "the split \"", name, "\" is not set: it follows from the others");
  const std::vector<std::string> known = this->groups();
  for (const std::string& group : groups) {
    check(std::binary_search(known.begin(), known.end(), group), "split \"", name, "\" names the group \"", group,
          "\", which no sample has");
    const auto [place, is_new] = impl_->split_of_group.try_emplace(group, name);
    check(is_new || place->second == name, "the group \"", group, "\" is in the split \"", place->second,
          "\" and cannot be in \"", name, "\" too");
  }
  std::set<std::string> members(groups.begin(), groups.end());
  impl_->manifest.splits[name].assign(members.begin(), members.end());
}

void StoreWriter::set_subset(const std::string& name, const std::vector<Uid>& uids) {
  check_plain_name(name, "subset");
  check(name != "all" && name != "train" && !impl_->manifest.splits.contains(name), "the subset \"", name,
        "\" has the name of a split");
  std::set<std::string> members;
  for (const Uid& uid : uids) {
    check(impl_->by_uid.contains(uid), "subset \"", name, "\" names the sample ", uid.text(),
          ", which was never added");
    members.insert(uid.text());
  }
  impl_->manifest.subsets[name].assign(members.begin(), members.end());
}

void StoreWriter::set_folds(uint64_t count, uint64_t seed) {
  check(count != 1 && count <= Folds::kMost, "the train split cannot be cut into ", count, " folds; wanted 2 to ",
        Folds::kMost, ", or 0 for none");
  impl_->manifest.folds = {count, count > 0 ? seed : 0};
  for (const std::string& name : impl_->manifest.folds.names())
    check(!impl_->manifest.splits.contains(name) && !impl_->manifest.subsets.contains(name), "the fold ", name,
          " has the name of a split; wanted a source without such names, or no folds");
}

void StoreWriter::set_tokenizer(const Path& file) {
  impl_->tokenizer = file;
}

size_t StoreWriter::size() const {
  return impl_->infos.size();
}
size_t StoreWriter::merged() const {
  return impl_->merged;
}
bool StoreWriter::already_there() const {
  return impl_->finished.has_value();
}

size_t StoreWriter::statements() const {
  size_t records = 0;
  for (const LayerEntry& layer : impl_->manifest.layers) records += layer.records;
  return records;
}

std::vector<std::string> StoreWriter::groups() const {
  std::set<std::string> groups;
  for (const SampleInfo& info : impl_->infos) groups.insert(info.group);
  return {groups.begin(), groups.end()};
}

size_t StoreWriter::split_size(const std::string& name) const {
  return std::count_if(impl_->infos.begin(), impl_->infos.end(),
                       [&](const SampleInfo& info) { return impl_->split_of(info) == name; });
}

std::vector<std::string> StoreWriter::train_texts() const {
  std::vector<std::string> texts;
  for (const auto& [name, layer] : impl_->layers)
    for (const Record& record : layer.records()) {
      if (record.kind != Kind::pos || record.concept_row == kAnyConcept) continue;
      const auto place = impl_->by_uid.find(record.item);
      if (place != impl_->by_uid.end() && impl_->split_of(impl_->infos[place->second]) == "train")
        texts.push_back(layer.vocabulary().text(record.concept_row));
    }
  return texts;
}

void StoreWriter::finish() {
  check(size() > 0, impl_->folder.string(), ": a dataset without a single sample is not written");
  impl_->manifest.shards = impl_->shards->finish();
  impl_->publish_layers();
  impl_->publish_tokenizer();
  impl_->manifest.samples = size();
  const std::string text = manifest_text(impl_->manifest);
  if (!impl_->finished)
    write_atomically(impl_->folder / kManifestFile, text);
  else if (text != impl_->finished_text)
    impl_->differs(kManifestFile);
}

std::vector<std::string> draw_groups(const std::vector<std::string>& groups, double fraction, uint64_t seed) {
  check(fraction >= 0 && fraction <= 1, "the fraction of groups to draw is ", fraction, ", wanted one in [0, 1]");
  // 53 bits of the hash are a double exactly, and 1 is never reached.
  const auto is_drawn = [&](const std::string& group) {
    return std::ldexp(static_cast<double>(hash64(group, seed) >> 11), -53) < fraction;
  };
  std::set<std::string> drawn;
  std::copy_if(groups.begin(), groups.end(), std::inserter(drawn, drawn.end()), is_drawn);
  return {drawn.begin(), drawn.end()};
}

}  // namespace weft
