// SPDX-License-Identifier: Apache-2.0
#include "data/store.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/error.h"
#include "data/algebra.h"
#include "data/formats/volume.h"
#include "data/geometry.h"
#include "data/linked_files.h"
#include "data/manifest.h"
#include "data/shard.h"

namespace weft {
namespace {

std::string hexadecimal(uint32_t value) {
  char text[9];
  std::snprintf(text, sizeof text, "%08x", value);
  return text;
}

// What a record says of the whole sample by its text: what is true of a region, or of a slice, is true of some part of
// the sample.  Nothing where it leaves that open.
std::optional<Kind> said_of_sample(const Record& record) {
  if (record.concept_row == kAnyConcept || record.scope == Scope::bag || record.scope == Scope::pair) return {};
  const bool is_global = record.scope == Scope::image && record.view == kEveryView;
  switch (record.kind) {
    case Kind::pos:
    case Kind::exists:
      return Kind::pos;
    case Kind::count:
      if (record.operands[0] > 0) return Kind::pos;
      return is_global && record.operands[1] == 0 ? std::optional(Kind::neg) : std::nullopt;
    case Kind::neg:
    case Kind::unknown:
    case Kind::soft:
      return is_global ? std::optional(record.kind) : std::nullopt;
    case Kind::candidates:
    case Kind::exhaustive:
      break;
  }
  return {};
}

// Of each row, those that POS (more general) or NEG (more special) of it are also said of.
struct Implied {
  explicit Implied(const Concepts& concepts) : above(concepts.size()), below(concepts.size()) {
    for (uint32_t row = 0; row < concepts.size(); ++row) {
      above[row] = concepts.above(row);
      below[row] = concepts.below(row);
    }
  }
  std::vector<std::vector<uint32_t>> above, below;
};

}  // namespace

struct Store::Impl {
  explicit Impl(const Path& at) : folder(at), links(at) {}

  Path folder;
  Manifest manifest;
  std::vector<ShardReader> shards;
  mutable LinkedFiles links;
  std::vector<uint64_t> starts;  // the number of each shard's first sample
  std::vector<SampleInfo> infos;
  std::unordered_map<Uid, uint32_t> by_uid;
  Vocabulary vocabulary;
  std::vector<std::string> layers;
  std::vector<std::vector<uint32_t>> closed;  // by layer
  std::optional<Concepts> concepts;           // of all layers
  std::vector<std::vector<Record>> records;
  std::vector<std::vector<TextStatement>> texts;
  std::vector<std::vector<Bag>> bags;  // by layer
  std::vector<std::vector<Record>> bag_records;

  void open_shard(const ShardEntry& entry);
  void open_layer(const LayerEntry& entry);
  void sort_statements();
  void check_splits() const;
  template <class IsIn>
  std::vector<uint32_t> samples_where(const IsIn& is_in) const;
  // read(info, shard, number of the sample in it), with what an Error of it is about.
  template <class Read>
  void with_shard(size_t sample, const Read& read) const;
  void read_whole(const SampleInfo& info, const ShardReader& shard, uint64_t number, Bytes& into) const;
};

void Store::Impl::open_shard(const ShardEntry& entry) {
  check_size(folder / entry.file, entry.bytes, kManifestFile);
  starts.push_back(infos.size());
  ShardReader& shard = shards.emplace_back(folder / entry.file, entry.samples);
  for (SampleInfo& info : shard.infos()) {
    const auto [place, is_new] = by_uid.try_emplace(info.uid, static_cast<uint32_t>(infos.size()));
    if (!is_new)
      fail((folder / entry.file).string(), ": sample ", infos.size() - starts.back(), " (", info.key,
           ") has the uid of sample ", place->second, " (", infos[place->second].key,
           "); equal content is stored once");
    infos.push_back(std::move(info));
  }
  shard.infos().clear();
}

void Store::Impl::open_layer(const LayerEntry& entry) {
  const Path layer_folder = folder / "evidence" / entry.name;
  EvidenceLayer layer = read_evidence_layer(layer_folder);
  check(layer.name == entry.name && layer.records.size() == entry.records, layer_folder.string(),
        ": holds the layer \"", layer.name, "\" of ", layer.records.size(), " records, but ", kManifestFile, " says \"",
        entry.name, "\" of ", entry.records);
  const auto source = static_cast<uint16_t>(layers.size());
  layers.push_back(entry.name);
  const std::vector<uint32_t> row_of = vocabulary.absorb(layer.vocabulary);
  std::vector<uint32_t>& of_layer = closed.emplace_back();
  for (const uint32_t row : closed_rows(layer.vocabulary)) of_layer.push_back(row_of[row]);
  std::set<Uid> bag_uids;
  for (const Bag& bag : layer.bags) {
    bag_uids.insert(bag.uid());
    for (const Uid& member : bag.members)
      check(by_uid.contains(member), "evidence layer \"", entry.name, "\": the bag \"", bag.name,
            "\" holds the sample ", member.text(), ", which is not in ", folder.string());
  }
  bags.push_back(std::move(layer.bags));
  std::vector<Record>& of_bags = bag_records.emplace_back();
  for (Record& record : layer.records) {
    record.source = source;
    renumber(record, row_of);
    const bool is_of_bag = record.scope == Scope::bag;
    const auto place = is_of_bag ? by_uid.end() : by_uid.find(record.item);
    check(is_of_bag ? bag_uids.contains(record.item) : place != by_uid.end(), "evidence layer \"", entry.name,
          "\" speaks of ", is_of_bag ? "the bag " : "sample ", record.item.text(), ", which is not in ",
          folder.string());
    check(record.scope != Scope::pair || by_uid.contains(uid_of(record.geometry)), "evidence layer \"", entry.name,
          "\" pairs sample ", record.item.text(), " with one that is not in ", folder.string());
    (is_of_bag ? of_bags : records[place->second]).push_back(std::move(record));
  }
}

void Store::Impl::sort_statements() {
  const Implied implied(concepts.emplace(vocabulary));
  const auto place = [](const TextStatement& said) { return std::tuple(said.row, said.layer, said.kind); };
  for (size_t sample = 0; sample < records.size(); ++sample) {
    std::vector<TextStatement>& said = texts[sample];
    for (const Record& record : records[sample]) {
      const std::optional<Kind> kind = said_of_sample(record);
      if (!kind) continue;
      said.push_back({record.concept_row, *kind, record.confidence, record.source});
      if (*kind != Kind::pos && *kind != Kind::neg) continue;
      for (const uint32_t row : (*kind == Kind::pos ? implied.above : implied.below)[record.concept_row])
        said.push_back({row, *kind, record.confidence, record.source});
    }
    // A layer says a thing once, as sure as the surest of its records.
    std::stable_sort(said.begin(), said.end(), [&](const TextStatement& a, const TextStatement& b) {
      return place(a) != place(b) ? place(a) < place(b) : a.confidence > b.confidence;
    });
    said.erase(std::unique(said.begin(), said.end(),
                           [&](const TextStatement& a, const TextStatement& b) { return place(a) == place(b); }),
               said.end());
  }
}

void Store::Impl::check_splits() const {
  std::set<std::string> groups;
  for (const SampleInfo& info : infos) groups.insert(info.group);
  for (const auto& [name, wanted] : manifest.splits)
    for (const std::string& group : wanted)
      check(groups.contains(group), (folder / kManifestFile).string(), ": split \"", name, "\" names the group \"",
            group, "\", which no sample has");
  if (manifest.subsets.empty()) return;
  std::set<std::string> uids;
  for (const SampleInfo& info : infos) uids.insert(info.uid.text());
  for (const auto& [name, members] : manifest.subsets)
    for (const std::string& uid : members)
      check(uids.contains(uid), (folder / kManifestFile).string(), ": subset \"", name, "\" names the sample ", uid,
            ", which is not here");
}

Store::Store(const Path& folder) : impl_(std::make_unique<Impl>(folder)) {
  impl_->manifest = read_manifest(folder);
  check(impl_->manifest.layers.size() <= UINT16_MAX && impl_->manifest.samples < UINT32_MAX, folder.string(),
        ": has more layers or samples than can be numbered");
  for (const ShardEntry& entry : impl_->manifest.shards) impl_->open_shard(entry);
  impl_->records.resize(impl_->infos.size());
  impl_->texts.resize(impl_->infos.size());
  for (const LayerEntry& layer : impl_->manifest.layers) impl_->open_layer(layer);
  impl_->sort_statements();
  impl_->check_splits();
}

Store::~Store() = default;
Store::Store(Store&&) noexcept = default;

const Path& Store::folder() const {
  return impl_->folder;
}
const std::string& Store::name() const {
  return impl_->manifest.name;
}
const std::string& Store::licence() const {
  return impl_->manifest.licence;
}
size_t Store::size() const {
  return impl_->infos.size();
}
const SampleInfo& Store::info(size_t sample) const {
  return impl_->infos.at(sample);
}
const Vocabulary& Store::vocabulary() const {
  return impl_->vocabulary;
}
const std::vector<std::string>& Store::layers() const {
  return impl_->layers;
}
const std::vector<TextStatement>& Store::texts(size_t sample) const {
  return impl_->texts.at(sample);
}

std::vector<TextStatement> Store::denied(size_t sample) const {
  std::vector<TextStatement> denied;
  for (const Denied& one : denied_by_exhaustiveness(impl_->records.at(sample), impl_->closed, *impl_->concepts))
    denied.push_back({one.row, Kind::neg, one.confidence, one.source});
  return denied;
}

const std::vector<uint32_t>& Store::closed(size_t layer) const {
  return impl_->closed.at(layer);
}
const std::vector<Record>& Store::records(size_t sample) const {
  return impl_->records.at(sample);
}

const std::vector<Bag>& Store::bags(size_t layer) const {
  return impl_->bags.at(layer);
}
const std::vector<Record>& Store::bag_records(size_t layer) const {
  return impl_->bag_records.at(layer);
}

template <class Read>
void Store::Impl::with_shard(size_t sample, const Read& read) const {
  const SampleInfo& info = infos.at(sample);
  const size_t number = std::upper_bound(starts.begin(), starts.end(), sample) - starts.begin() - 1;
  const ShardReader& shard = shards[number];
  in_context([&] { read(info, shard, sample - starts[number]); }, "reading sample ", sample, " (", info.key, ") of ",
             shard.name(), " in ", folder.native());
}

void Store::Impl::read_whole(const SampleInfo& info, const ShardReader& shard, uint64_t number, Bytes& into) const {
  const bool is_linked = !info.link.empty();
  into.resize(info.bytes);
  if (is_linked)
    links.read(info.link, info.link_offset, into);
  else
    shard.read(number, into);
  const uint32_t found = crc32c(into.data(), into.size());
  if (found == info.crc) return;  // no message is made for it
  fail(is_linked ? info.link + ": the linked file was changed after the import" : "the sample is damaged",
       ": CRC-32C of its bytes is ", hexadecimal(found), ", the index says ", hexadecimal(info.crc));
}

void Store::read(size_t sample, Bytes& into) const {
  impl_->with_shard(sample, [&](const SampleInfo& info, const ShardReader& shard, uint64_t number) {
    impl_->read_whole(info, shard, number, into);
  });
}

// Head and planes have checksums of their own.  A linked file may have been replaced by another volume since.
void Store::read_view(size_t sample, uint32_t view, Bytes& into) const {
  impl_->with_shard(sample, [&](const SampleInfo& info, const ShardReader& shard, uint64_t number) {
    if (info.codec != Codec::volume) return impl_->read_whole(info, shard, number, into);
    Bytes whole;
    if (!info.link.empty()) impl_->read_whole(info, shard, number, whole);
    into = VolumeReader::cut(info.bytes, view, [&](uint64_t at, uint64_t bytes) {
      Bytes part(bytes);
      if (whole.empty())
        shard.read(number, part, at);
      else
        std::copy_n(whole.begin() + static_cast<ptrdiff_t>(at), bytes, part.begin());
      return part;
    });
  });
}

int64_t Store::find(const Uid& uid) const {
  const auto place = impl_->by_uid.find(uid);
  return place == impl_->by_uid.end() ? int64_t{-1} : place->second;
}

std::vector<std::string> Store::splits() const {
  std::vector<std::string> names{"all", "train"};
  for (const auto& split : impl_->manifest.splits) names.push_back(split.first);
  for (const auto& subset : impl_->manifest.subsets) names.push_back(subset.first);
  for (const std::string& fold : impl_->manifest.folds.names()) names.push_back(fold);
  return names;
}

template <class IsIn>
std::vector<uint32_t> Store::Impl::samples_where(const IsIn& is_in) const {
  std::vector<uint32_t> samples;
  for (uint32_t i = 0; i < infos.size(); ++i)
    if (is_in(infos[i])) samples.push_back(i);
  return samples;
}

std::vector<uint32_t> Store::split(const std::string& name) const {
  const Manifest& manifest = impl_->manifest;
  const std::vector<std::string> known = splits();
  const std::string near = nearest(name, known);
  check(std::find(known.begin(), known.end(), name) != known.end(), impl_->folder.string(), ": has no split \"", name,
        "\"", near.empty() ? "" : "; did you mean \"" + near + "\"?");
  if (name == "all") return impl_->samples_where([](const SampleInfo&) { return true; });
  if (const auto subset = manifest.subsets.find(name); subset != manifest.subsets.end()) {
    const std::set<std::string> members(subset->second.begin(), subset->second.end());
    return impl_->samples_where([&](const SampleInfo& info) { return members.contains(info.uid.text()); });
  }
  if (const auto split = manifest.splits.find(name); split != manifest.splits.end()) {
    const std::set<std::string> members(split->second.begin(), split->second.end());
    return impl_->samples_where([&](const SampleInfo& info) { return members.contains(info.group); });
  }
  std::set<std::string> elsewhere;
  for (const auto& split : manifest.splits) elsewhere.insert(split.second.begin(), split.second.end());
  const std::vector<std::string> folds = manifest.folds.names();
  const size_t fold = std::find(folds.begin(), folds.end(), name) - folds.begin();  // beyond them: "train"
  const uint64_t count = manifest.folds.count;
  return impl_->samples_where([&](const SampleInfo& info) {
    if (elsewhere.contains(info.group)) return false;
    if (fold == folds.size()) return true;
    return (manifest.folds.of(info.group) == fold % count) == (fold < count);
  });
}

Path Store::tokenizer() const {
  return impl_->manifest.tokenizer.empty() ? Path() : impl_->folder / impl_->manifest.tokenizer;
}

}  // namespace weft
