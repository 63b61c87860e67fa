// SPDX-License-Identifier: Apache-2.0
// A layer as a folder: parts (data/evidence_part.h), and layer.json over them, written last.
#include <algorithm>
#include <tuple>

#include "base/error.h"
#include "data/evidence_part.h"
#include "data/manifest.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

void sort_bags(std::vector<Bag>& bags) {
  const auto before = [](const Bag& a, const Bag& b) {
    return std::tie(a.name, a.members) < std::tie(b.name, b.members);
  };
  std::sort(bags.begin(), bags.end(), before);
  bags.erase(std::unique(bags.begin(), bags.end()), bags.end());
}

void absorb(EvidenceLayer& layer, EvidenceLayer part) {
  const std::vector<uint32_t> row_of = layer.vocabulary.absorb(part.vocabulary);
  for (Record& record : part.records) {
    renumber(record, row_of);
    layer.records.push_back(std::move(record));
  }
  std::move(part.bags.begin(), part.bags.end(), std::back_inserter(layer.bags));
}

// The layer with its texts in order, so that equal content is equal however it was numbered and cut.
EvidenceLayer in_order(const EvidenceLayer& layer) {
  std::vector<std::string> texts = layer.vocabulary.texts();
  std::sort(texts.begin(), texts.end());
  EvidenceLayer ordered{.name = layer.name};
  for (const std::string& text : texts) ordered.vocabulary.row_of(text);
  absorb(ordered, layer);
  for (uint32_t row = 0; row < ordered.vocabulary.size(); ++row) {
    Vocabulary::About& about = ordered.vocabulary.about(row);
    std::sort(about.synonyms.begin(), about.synonyms.end());
    std::sort(about.prompts.begin(), about.prompts.end());
    std::sort(about.parents.begin(), about.parents.end());
  }
  sort_records(ordered.records, ordered.vocabulary);
  sort_bags(ordered.bags);
  return ordered;
}

void check_same(const EvidenceLayer& found, const EvidenceLayer& ours, const Path& where) {
  const EvidenceLayer a = in_order(found), b = in_order(ours);
  const bool same = a.vocabulary == b.vocabulary && a.records == b.records && a.bags == b.bags;
  check(same, where.string(),
        ": holds another evidence layer of this name; layers are never rewritten: give this one "
        "another name or import into another folder");
}

std::string part_name(int part) {
  return join("part-", part, ".h5");
}

}  // namespace

EvidenceWriter::EvidenceWriter(std::string name) : name_(std::move(name)) {
  check_plain_name(name_, "evidence layer");
}

void EvidenceWriter::add(const Uid& item, const std::string& text, Kind kind, float confidence) {
  add({.item = item, .concept_row = vocabulary_.row_of(text), .kind = kind, .confidence = confidence});
}

void EvidenceWriter::add(Record record) {
  check_record(record, vocabulary_);
  records_.push_back(std::move(record));
}

Uid EvidenceWriter::add_bag(Bag bag) {
  std::sort(bag.members.begin(), bag.members.end());
  bag.members.erase(std::unique(bag.members.begin(), bag.members.end()), bag.members.end());
  check_bag(bag);
  bags_.push_back(std::move(bag));
  return bags_.back().uid();
}

size_t EvidenceWriter::publish(const Path& dataset_folder) {
  const Path folder = dataset_folder / "evidence" / name_;
  if (!fs::exists(folder / kLayerFile)) {
    publish_part(dataset_folder, 0);
    return publish_parts(dataset_folder, name_, 1);
  }
  const EvidenceLayer found = read_evidence_layer(folder);
  check_same(found, {name_, vocabulary_, records_, bags_}, folder);
  return found.records.size();
}

void EvidenceWriter::publish_part(const Path& dataset_folder, int part) {
  sort_records(records_, vocabulary_);
  sort_bags(bags_);
  check_bags_are_there(records_, bags_);
  const EvidenceLayer ours{name_, vocabulary_, records_, bags_};
  const Path folder = dataset_folder / "evidence" / name_, path = folder / part_name(part);
  if (fs::exists(folder / kLayerFile)) {
    check(fs::exists(path), folder.string(), ": holds an evidence layer of this name without ", part_name(part));
    return check_same(read_part(path, records_of_part(path)), ours, path);
  }
  make_folder(folder);
  const Path staged = path.string() + ".tmp";
  write_part(staged, ours);
  weft::publish(staged, path);
}

size_t EvidenceWriter::publish_parts(const Path& dataset_folder, const std::string& name, int parts) {
  const Path folder = dataset_folder / "evidence" / name;
  LayerManifest manifest{.name = name};
  for (int part = 0; part < parts; ++part) {
    const Path path = folder / part_name(part);
    check(fs::exists(path), path.string(), ": is missing; the layer should have ", parts, " parts");
    manifest.parts.push_back({path.filename(), records_of_part(path), fs::file_size(path), hash_of_file(path)});
    manifest.records += manifest.parts.back().records;
  }
  const std::string text = layer_manifest_text(manifest);
  if (fs::exists(folder / kLayerFile))
    check(read_text(folder / kLayerFile) == text, folder.string(), ": holds another evidence layer of this name");
  else
    write_atomically(folder / kLayerFile, text);
  return parts == 1 ? manifest.records : read_evidence_layer(folder).records.size();  // parts may say the same
}

EvidenceLayer read_evidence_layer(const Path& layer_folder) {
  const LayerManifest manifest = read_layer_manifest(layer_folder);
  EvidenceLayer layer{.name = manifest.name};
  for (const PartEntry& part : manifest.parts) {
    const Path path = layer_folder / part.file;
    check_size(path, part.bytes, kLayerFile);
    const std::string found = hash_of_file(path);
    check(found == part.xxh3, path.string(), ": its hash is ", found, ", but ", kLayerFile, " says ", part.xxh3);
    absorb(layer, read_part(path, part.records));
  }
  sort_records(layer.records, layer.vocabulary);
  sort_bags(layer.bags);
  return layer;
}

}  // namespace weft
