// SPDX-License-Identifier: Apache-2.0
#include "data/evidence.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <tuple>

#include "base/error.h"
#include "data/h5.h"
#include "data/manifest.h"
#include "data/utf8.h"

namespace weft {
namespace {

constexpr const char* kFormat = "weft.evidence";
constexpr uint32_t kVersion = 1;
constexpr std::array kScopes = {"image", "box", "point", "scribble", "mask", "bag", "pair"};
constexpr std::array kKinds = {"pos", "neg", "unknown", "soft", "candidates", "exists", "count"};

// The order of a layer: by sample, then text ("*" first), then everything else, so that equal content has equal bytes.
class Order {
 public:
  explicit Order(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}
  bool operator()(const Record& a, const Record& b) const { return key(a) < key(b); }

 private:
  std::string_view text(const Record& record) const {
    return record.concept_row == kAnyConcept ? std::string_view() : vocabulary_.text(record.concept_row);
  }
  std::tuple<Uid, bool, std::string_view, Scope, Kind, float, RegionIs, const Bytes&> key(const Record& r) const {
    return {r.item, r.concept_row != kAnyConcept, text(r), r.scope, r.kind, r.confidence, r.region, r.geometry};
  }
  const Vocabulary& vocabulary_;
};

void sort_once_each(std::vector<Record>& records, const Vocabulary& vocabulary) {
  const Order before(vocabulary);
  std::sort(records.begin(), records.end(), before);
  const auto same = [&](const Record& a, const Record& b) { return !before(a, b) && !before(b, a); };
  records.erase(std::unique(records.begin(), records.end(), same), records.end());
}

void write_part(const Path& path, const std::vector<Record>& records, const Vocabulary& vocabulary) {
  std::vector<uint64_t> high, low;
  std::vector<uint8_t> scope, kind, region;
  std::vector<uint32_t> row;
  std::vector<float> confidence;
  H5Strings geometry, texts;
  for (const Record& record : records) {
    high.push_back(record.item.high);
    low.push_back(record.item.low);
    scope.push_back(static_cast<uint8_t>(record.scope));
    row.push_back(record.concept_row);
    kind.push_back(static_cast<uint8_t>(record.kind));
    confidence.push_back(record.confidence);
    region.push_back(static_cast<uint8_t>(record.region));
    geometry.add(record.geometry.data(), record.geometry.size());
  }
  for (const std::string& text : vocabulary.texts()) texts.add(text);
  H5File file = H5File::create(path);
  file.set_format(kFormat, kVersion);
  file.write("records/item_high", high);
  file.write("records/item_low", low);
  file.write("records/scope", scope);
  file.write("records/concept_row", row);
  file.write("records/kind", kind);
  file.write("records/confidence", confidence);
  file.write("records/region", region);
  file.write_strings("records/geometry", geometry);
  file.write_strings("vocabulary/text", texts);
  file.close();
}

void read_part(const Path& path, uint64_t count, EvidenceLayer& layer) {
  const H5File file = H5File::open(path);
  file.check_format(kFormat, kVersion);
  const uint64_t ends = file.rows("vocabulary/text_ptr");
  check(ends > 0, path.string(), ": vocabulary/text_ptr is empty, wanted at least one row");
  const H5Strings texts = file.read_strings("vocabulary/text", ends - 1);
  std::vector<uint32_t> row_of;
  for (size_t i = 0; i < texts.size(); ++i) row_of.push_back(layer.vocabulary.row_of(std::string(texts.at(i))));

  const auto high = file.read<uint64_t>("records/item_high", count),
             low = file.read<uint64_t>("records/item_low", count);
  const auto scope = file.read<uint8_t>("records/scope", count), kind = file.read<uint8_t>("records/kind", count);
  const auto region = file.read<uint8_t>("records/region", count);
  const auto row = file.read<uint32_t>("records/concept_row", count);
  const auto confidence = file.read<float>("records/confidence", count);
  const H5Strings geometry = file.read_strings("records/geometry", count);
  for (uint64_t i = 0; i < count; ++i) {
    check(row[i] == kAnyConcept || row[i] < row_of.size(), path.string(), ": record ", i, ": concept_row ", row[i],
          " is beyond the ", row_of.size(), " texts");
    const std::string_view shape = geometry.at(i);
    Record record{.item = {high[i], low[i]},
                  .scope = static_cast<Scope>(scope[i]),
                  .concept_row = row[i] == kAnyConcept ? kAnyConcept : row_of[row[i]],
                  .kind = static_cast<Kind>(kind[i]),
                  .confidence = confidence[i],
                  .region = static_cast<RegionIs>(region[i]),
                  .geometry = Bytes(shape.begin(), shape.end())};
    in_context([&] { check_record(record, layer.vocabulary); }, "reading ", path.string(), ", record ", i);
    layer.records.push_back(std::move(record));
  }
}

}  // namespace

const char* name_of(Scope scope) {
  return kScopes.at(static_cast<size_t>(scope));
}
const char* name_of(Kind kind) {
  return kKinds.at(static_cast<size_t>(kind));
}

uint32_t Vocabulary::row_of(const std::string& text) {
  const auto [place, is_new] = rows_.try_emplace(text, size());
  if (is_new) {
    if (!is_utf8(text)) rows_.erase(place), fail("a text is not UTF-8: \"", text, "\"");
    texts_.push_back(text);
  }
  return place->second;
}

int64_t Vocabulary::find(const std::string& text) const {
  const auto place = rows_.find(text);
  return place == rows_.end() ? int64_t{-1} : place->second;
}

void check_record(const Record& record, const Vocabulary& vocabulary) {
  const auto scope = static_cast<size_t>(record.scope), kind = static_cast<size_t>(record.kind);
  check(scope < kScopes.size(), "scope ", scope, " is unknown; the last one is ", kScopes.size() - 1);
  check(kind < kKinds.size(), "kind ", kind, " is unknown; the last one is ", kKinds.size() - 1);
  check(record.region <= RegionIs::fragment, "region ", static_cast<int>(record.region),
        " is unknown; the last one is ", static_cast<int>(RegionIs::fragment));
  check(record.concept_row == kAnyConcept || record.concept_row < vocabulary.size(), "concept_row ", record.concept_row,
        " is beyond the ", vocabulary.size(), " texts");
  check(record.confidence >= 0 && record.confidence <= 1, "confidence is ", record.confidence,
        ", wanted one in [0, 1]");
  check(record.scope == Scope::image || record.scope == Scope::box, "records of scope ", name_of(record.scope),
        " have no format in version ", kVersion, "; wanted image or box");
  std::array<float, 4> box{0, 0, 1, 1};
  const size_t wanted = record.scope == Scope::box ? sizeof box : 0;
  check(record.geometry.size() == wanted, "a record of scope ", name_of(record.scope), " has ", record.geometry.size(),
        " bytes of geometry, wanted ", wanted);
  if (wanted > 0) std::memcpy(box.data(), record.geometry.data(), wanted);
  const bool is_box = std::all_of(box.begin(), box.end(), [](float edge) { return std::isfinite(edge); }) &&
                      box[0] < box[2] && box[1] < box[3];
  check(is_box, "a box is ", box[0], " ", box[1], " ", box[2], " ", box[3], ", wanted x0 < x1 and y0 < y1");
}

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

size_t EvidenceWriter::publish(const Path& dataset_folder) {
  sort_once_each(records_, vocabulary_);
  const Path folder = dataset_folder / "evidence" / name_, part = folder / "part-0.h5",
             staged = folder / "part-0.h5.tmp";
  make_folder(folder);
  write_part(staged, records_, vocabulary_);
  const LayerManifest manifest{
      .name = name_,
      .records = records_.size(),
      .parts = {{part.filename(), records_.size(), std::filesystem::file_size(staged), hash_of_file(staged)}}};
  const std::string text = layer_manifest_text(manifest);
  if (std::filesystem::exists(folder / kLayerFile)) {
    std::filesystem::remove(staged);
    check(read_text(folder / kLayerFile) == text, folder.string(),
          ": holds another evidence layer of this name; layers "
          "are never rewritten: give this one another name or import into another folder");
  } else {
    weft::publish(staged, part);
    write_atomically(folder / kLayerFile, text);
  }
  return records_.size();
}

EvidenceLayer read_evidence_layer(const Path& layer_folder) {
  const LayerManifest manifest = read_layer_manifest(layer_folder);
  EvidenceLayer layer{.name = manifest.name};
  for (const PartEntry& part : manifest.parts) {
    const Path path = layer_folder / part.file;
    check_size(path, part.bytes, kLayerFile);
    const std::string found = hash_of_file(path);
    check(found == part.xxh3, path.string(), ": its hash is ", found, ", but ", kLayerFile, " says ", part.xxh3);
    read_part(path, part.records, layer);
  }
  sort_once_each(layer.records, layer.vocabulary);
  return layer;
}

}  // namespace weft
