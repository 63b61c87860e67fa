// SPDX-License-Identifier: Apache-2.0
// Evidence: what people, files and teachers said about a sample.  A statement that nobody made does not exist, and its
// absence means unknown, never negative.  Layers are immutable, one per source or round; a later layer never rewrites
// an earlier one.  A caption, a tag and a class label are the same thing here: POS with scope image and a text as
// concept.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/files.h"
#include "base/hash.h"

namespace weft {

enum class Scope : uint8_t { image, box, point, scribble, mask, bag, pair };
enum class Kind : uint8_t { pos, neg, unknown, soft, candidates, exists, count };
// What a region is (objects.md): nothing said, a thing, a part of a thing, stuff, or a fragment that is no thing.
enum class RegionIs : uint8_t { unsaid, object, part, stuff, fragment };

const char* name_of(Scope scope);
const char* name_of(Kind kind);

constexpr uint32_t kAnyConcept = 0xffffffffu;  // the concept "*": class-agnostic

// One statement.  `concept_row` is a row of the vocabulary it is read with.
struct Record {
  Uid item;
  Scope scope = Scope::image;
  uint32_t concept_row = kAnyConcept;
  Kind kind = Kind::pos;
  float confidence = 1;  // of the statement; for SOFT the probability itself
  RegionIs region = RegionIs::unsaid;
  uint16_t source = 0;  // the layer it was read from, as numbered by the Store
  Bytes geometry;       // box: 4 little-endian f32 x0 y0 x1 y1 (pixel edges, half-open); empty for scope image
};

// Texts by row, each once.
class Vocabulary {
 public:
  uint32_t row_of(const std::string& text);     // adds it where it is new; Error where it is not UTF-8
  int64_t find(const std::string& text) const;  // -1 where it is unknown
  const std::string& text(uint32_t row) const { return texts_.at(row); }
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_;
  std::unordered_map<std::string, uint32_t> rows_;
};

// An Error where the record is one that version 1 of the format cannot hold (docs/FORMATS.md).
void check_record(const Record& record, const Vocabulary& vocabulary);

// A layer being written: records in any order, one that was said twice counts once.
class EvidenceWriter {
 public:
  explicit EvidenceWriter(std::string name);
  void add(const Uid& item, const std::string& text, Kind kind = Kind::pos, float confidence = 1);
  void add(Record record);  // concept_row: of vocabulary()
  const std::string& name() const { return name_; }
  Vocabulary& vocabulary() { return vocabulary_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const std::vector<Record>& records() const { return records_; }
  size_t size() const { return records_.size(); }
  // Sorts by sample, then text, and writes folder/evidence/<name>/: part-0.h5, then layer.json {format, version, name,
  // records, parts: [{file, records, bytes, xxh3}]}.  A layer that is already there stays as it is: the same records
  // are no Error, others are.  Returns how many records the layer has.
  size_t publish(const Path& dataset_folder);

 private:
  std::string name_;
  Vocabulary vocabulary_;
  std::vector<Record> records_;
};

// A layer read whole (statements are small); records are sorted by sample, then text.
struct EvidenceLayer {
  std::string name;
  Vocabulary vocabulary;
  std::vector<Record> records;
};
EvidenceLayer read_evidence_layer(const Path& layer_folder);  // checks the hashes of layer.json

}  // namespace weft
