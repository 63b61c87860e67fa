// SPDX-License-Identifier: Apache-2.0
// Evidence: what people, files and teachers said about a sample.  A statement that nobody made does not exist, and its
// absence means unknown, never negative.  Layers are immutable, one per source or round; a later layer never rewrites
// an earlier one.  A caption, a tag and a class label are the same thing here: POS with scope image and a text as
// concept.  What follows from statements (merging, contradiction, hierarchy, crops) is data/algebra.h.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/files.h"
#include "base/hash.h"

namespace weft {

// Where a statement holds: the whole sample; a region of it (geometry: data/geometry.h); a bag of samples, of which it
// is said at once; a pair: a relation of the sample to another one (geometry: the other's uid), e.g. "defect-free
// template".
enum class Scope : uint8_t { image, box, point, scribble, mask, bag, pair };
// pos, neg: true, not true, weighted by confidence.  unknown: asserted to be uncertain.  soft: true with this
// probability.  candidates: exactly one of `operands` (rows).  exists: true of at least one place in the region or one
// member of the bag.  count: of operands[0] to operands[1] of them.  exhaustive: every instance of the concept in the
// scope has a record in this layer; with the concept "*", of every concept of the layer's closed vocabulary.
enum class Kind : uint8_t { pos, neg, unknown, soft, candidates, exists, count, exhaustive };
// What a region is: nothing said, a thing, a part of a thing, stuff, or a fragment that is no thing.
enum class RegionIs : uint8_t { unsaid, object, part, stuff, fragment };
// What annotators note beside a region; bits of Record::flags.
enum RegionFlag : uint8_t {
  kCrowd = 1,  // many of them as one region (COCO's iscrowd, OpenImages' IsGroupOf)
  kOccluded = 2,
  kTruncated = 4,
  kDepiction = 8,  // a drawing or a toy of it
  kInside = 16,    // seen from inside
  kDifficult = 32,
};

const char* name_of(Scope scope);
const char* name_of(Kind kind);
const char* name_of(RegionIs region);

constexpr uint32_t kAnyConcept = 0xffffffffu;  // the concept "*": class-agnostic
constexpr uint32_t kEveryView = 0xffffffffu;   // of a volume: said of all its slices

// One statement.  Rows are of the vocabulary it is read with.
struct Record {
  Uid item;                    // a sample; of scope bag, the bag
  uint32_t view = kEveryView;  // slice of a volume
  Scope scope = Scope::image;
  uint32_t concept_row = kAnyConcept;
  Kind kind = Kind::pos;
  float confidence = 1;  // of the statement; for SOFT the probability itself
  RegionIs region = RegionIs::unsaid;
  uint8_t flags = 0;
  uint16_t source = 0;             // the layer it was read from, as numbered by the Store
  uint32_t id = 0;                 // of a region within its sample and layer; 0: it has none
  uint32_t parent = 0;             // id of the region it is a part or a keypoint of; 0: none was named
  std::vector<uint32_t> operands;  // CANDIDATES: rows, ascending; COUNT: lo, hi
  Bytes geometry;                  // data/geometry.h; empty for scopes image and bag
  bool operator==(const Record&) const = default;
};

// Texts by row, each once, and what is known of them beside the text.
class Vocabulary {
 public:
  struct About {
    std::vector<std::string> synonyms, prompts;  // other names; whole sentences to ask by
    std::vector<uint32_t> parents;               // rows of more general concepts: POS here is POS there
    bool closed = false;                         // one of the classes that the source's labels are drawn from
    bool operator==(const About&) const = default;
  };
  uint32_t row_of(const std::string& text);     // adds it where it is new; Error where it is not UTF-8
  int64_t find(const std::string& text) const;  // -1 where it is unknown
  const std::string& text(uint32_t row) const { return texts_.at(row); }
  uint32_t size() const { return static_cast<uint32_t>(texts_.size()); }
  const std::vector<std::string>& texts() const { return texts_; }
  About& about(uint32_t row) { return about_.at(row); }
  const About& about(uint32_t row) const { return about_.at(row); }
  // Adds texts and what is known of them; the rows that the other's rows have here.
  std::vector<uint32_t> absorb(const Vocabulary& other);
  bool operator==(const Vocabulary&) const = default;

 private:
  std::vector<std::string> texts_;
  std::vector<About> about_;
  std::unordered_map<std::string, uint32_t> rows_;
};

// Samples of which something is said together.
struct Bag {
  std::string name;
  std::vector<Uid> members;  // ascending, each once
  Uid uid() const;           // of its name and members
  bool operator==(const Bag&) const = default;
};

// An Error where the record is one that no reader could make sense of: a number out of range, a geometry of another
// scope, a confidence outside [0, 1], a part that is its own parent.
void check_record(const Record& record, const Vocabulary& vocabulary);
// The record with the rows of another vocabulary, as absorb() gave them.
void renumber(Record& record, const std::vector<uint32_t>& row_of);
// By sample, then text ("*" first), then everything else, each statement once; the same for any numbering of rows.
void sort_records(std::vector<Record>& records, const Vocabulary& vocabulary);

// A layer being written: records in any order, one that was said twice counts once.
class EvidenceWriter {
 public:
  explicit EvidenceWriter(std::string name);
  void add(const Uid& item, const std::string& text, Kind kind = Kind::pos, float confidence = 1);
  void add(Record record);  // rows: of vocabulary()
  Uid add_bag(Bag bag);
  const std::string& name() const { return name_; }
  Vocabulary& vocabulary() { return vocabulary_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const std::vector<Record>& records() const { return records_; }
  const std::vector<Bag>& bags() const { return bags_; }
  size_t size() const { return records_.size(); }
  // Sorts by sample, then text, and writes folder/evidence/<name>/: part-0.h5, then layer.json {format, version, name,
  // records, parts: [{file, records, bytes, xxh3}]}.  A layer that is already there stays as it is: the same records
  // are no Error, others are.  Returns how many records the layer has.
  size_t publish(const Path& dataset_folder);
  // The same by many ranks at once: each writes part-<rank>.h5 with its own records; when all are done, one of them
  // publishes layer.json over `parts` of them.  A bag is in each part that speaks of it.
  void publish_part(const Path& dataset_folder, int part);
  static size_t publish_parts(const Path& dataset_folder, const std::string& name, int parts);

 private:
  std::string name_;
  Vocabulary vocabulary_;
  std::vector<Record> records_;
  std::vector<Bag> bags_;
};

// A layer read whole (statements are small); records are sorted by sample, then text.
struct EvidenceLayer {
  std::string name;
  Vocabulary vocabulary;
  std::vector<Record> records;
  std::vector<Bag> bags;
};
EvidenceLayer read_evidence_layer(const Path& layer_folder);  // checks the hashes of layer.json

}  // namespace weft
