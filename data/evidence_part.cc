// SPDX-License-Identifier: Apache-2.0
#include "data/evidence_part.h"

#include <algorithm>
#include <set>

#include "base/error.h"
#include "data/h5.h"
#include "data/utf8.h"

namespace weft {
namespace {

constexpr const char* kFormat = "weft.evidence";
constexpr uint32_t kVersion = 2;

// Lists one behind the other: list i is values[ptr[i], ptr[i + 1]).
template <class T>
struct Lists {
  std::vector<uint64_t> ptr{0};
  std::vector<T> values;

  void add(const std::vector<T>& list) {
    values.insert(values.end(), list.begin(), list.end());
    ptr.push_back(values.size());
  }
  std::vector<T> at(size_t i) const {
    return {values.begin() + static_cast<ptrdiff_t>(ptr[i]), values.begin() + static_cast<ptrdiff_t>(ptr[i + 1])};
  }
};

template <class T>
void write_lists(H5File& file, const std::string& name, const Lists<T>& lists) {
  file.write(name + "_ptr", lists.ptr);
  file.write(name, lists.values);
}

std::vector<uint64_t> read_ptr(const H5File& file, const std::string& name, uint64_t count) {
  std::vector<uint64_t> ptr = file.read<uint64_t>(name, count + 1);
  check(ptr.front() == 0 && std::is_sorted(ptr.begin(), ptr.end()), name, " does not ascend from 0");
  return ptr;
}

template <class T>
Lists<T> read_lists(const H5File& file, const std::string& name, uint64_t count) {
  Lists<T> lists{.ptr = read_ptr(file, name + "_ptr", count), .values = {}};
  lists.values = file.read<T>(name, lists.ptr.back());
  return lists;
}

uint64_t rows_before(const H5File& file, const std::string& ptr) {
  const uint64_t ends = file.rows(ptr);
  check(ends > 0, ptr, " is empty, wanted at least one row");
  return ends - 1;
}

// Texts of each row: <name>_of points into the strings <name>.
void write_texts(H5File& file, const std::string& name, const std::vector<const std::vector<std::string>*>& rows) {
  std::vector<uint64_t> ptr{0};
  H5Strings strings;
  for (const auto* texts : rows) {
    for (const std::string& text : *texts) strings.add(text);
    ptr.push_back(strings.size());
  }
  file.write(name + "_of", ptr);
  file.write_strings(name, strings);
}

std::vector<std::vector<std::string>> read_texts(const H5File& file, const std::string& name, uint64_t count) {
  const std::vector<uint64_t> ptr = read_ptr(file, name + "_of", count);
  const H5Strings strings = file.read_strings(name, ptr.back());
  std::vector<std::vector<std::string>> rows(count);
  for (uint64_t row = 0; row < count; ++row)
    for (uint64_t i = ptr[row]; i < ptr[row + 1]; ++i) {
      check(is_utf8(strings.at(i)), name, " of row ", row, " is not UTF-8: \"", strings.at(i), "\"");
      rows[row].emplace_back(strings.at(i));
    }
  return rows;
}

void write_vocabulary(H5File& file, const Vocabulary& vocabulary) {
  H5Strings texts;
  std::vector<const std::vector<std::string>*> synonyms, prompts;
  Lists<uint32_t> parents;
  std::vector<uint8_t> closed;
  for (uint32_t row = 0; row < vocabulary.size(); ++row) {
    const Vocabulary::About& about = vocabulary.about(row);
    for (const uint32_t parent : about.parents)
      check(parent < vocabulary.size(), "the text \"", vocabulary.text(row), "\" has the parent ", parent,
            ", which is beyond the ", vocabulary.size(), " texts");
    texts.add(vocabulary.text(row));
    synonyms.push_back(&about.synonyms), prompts.push_back(&about.prompts);
    parents.add(about.parents), closed.push_back(about.closed);
  }
  file.write_strings("vocabulary/text", texts);
  write_texts(file, "vocabulary/synonym", synonyms);
  write_texts(file, "vocabulary/prompt", prompts);
  write_lists(file, "vocabulary/parents", parents);
  file.write("vocabulary/closed", closed);
}

Vocabulary read_vocabulary(const H5File& file, uint32_t version) {
  const uint64_t count = rows_before(file, "vocabulary/text_ptr");
  const H5Strings texts = file.read_strings("vocabulary/text", count);
  Vocabulary vocabulary;
  for (uint64_t row = 0; row < count; ++row)
    check(vocabulary.row_of(std::string(texts.at(row))) == row, "the text \"", texts.at(row), "\" is there twice");
  if (version < 2) return vocabulary;
  auto synonyms = read_texts(file, "vocabulary/synonym", count), prompts = read_texts(file, "vocabulary/prompt", count);
  const Lists<uint32_t> parents = read_lists<uint32_t>(file, "vocabulary/parents", count);
  const auto closed = file.read<uint8_t>("vocabulary/closed", count);
  for (const uint32_t parent : parents.values)
    check(parent < count, "vocabulary/parents: ", parent, " is beyond the ", count, " texts");
  for (uint32_t row = 0; row < count; ++row)
    vocabulary.about(row) = {std::move(synonyms[row]), std::move(prompts[row]), parents.at(row), closed[row] != 0};
  return vocabulary;
}

void write_bags(H5File& file, const std::vector<Bag>& bags) {
  H5Strings names;
  std::vector<uint64_t> ptr{0}, high, low;
  for (const Bag& bag : bags) {
    names.add(bag.name);
    for (const Uid& member : bag.members) high.push_back(member.high), low.push_back(member.low);
    ptr.push_back(high.size());
  }
  file.write_strings("bags/name", names);
  file.write("bags/member_ptr", ptr);
  file.write("bags/member_high", high);
  file.write("bags/member_low", low);
}

std::vector<Bag> read_bags(const H5File& file) {
  const uint64_t count = rows_before(file, "bags/name_ptr");
  const H5Strings names = file.read_strings("bags/name", count);
  const std::vector<uint64_t> ptr = read_ptr(file, "bags/member_ptr", count);
  const auto high = file.read<uint64_t>("bags/member_high", ptr.back());
  const auto low = file.read<uint64_t>("bags/member_low", ptr.back());
  std::vector<Bag> bags;
  for (uint64_t i = 0; i < count; ++i) {
    Bag bag{.name = std::string(names.at(i)), .members = {}};
    for (uint64_t member = ptr[i]; member < ptr[i + 1]; ++member) bag.members.push_back({high[member], low[member]});
    check_bag(bag);
    bags.push_back(std::move(bag));
  }
  return bags;
}

// The columns that version 1 does not have are as if nothing had been said.
template <class T>
std::vector<T> read_since_2(const H5File& file, const std::string& name, uint64_t count, uint32_t version, T unsaid) {
  return version < 2 ? std::vector<T>(count, unsaid) : file.read<T>(name, count);
}

std::vector<Record> read_records(const H5File& file, uint64_t count, uint32_t version, const Vocabulary& vocabulary) {
  const auto high = file.read<uint64_t>("records/item_high", count);
  const auto low = file.read<uint64_t>("records/item_low", count);
  const auto scope = file.read<uint8_t>("records/scope", count), kind = file.read<uint8_t>("records/kind", count);
  const auto row = file.read<uint32_t>("records/concept_row", count);
  const auto confidence = file.read<float>("records/confidence", count);
  const auto region = file.read<uint8_t>("records/region", count);
  const H5Strings geometry = file.read_strings("records/geometry", count);
  const auto view = read_since_2(file, "records/view", count, version, kEveryView);
  const auto flags = read_since_2(file, "records/flags", count, version, uint8_t{0});
  const auto id = read_since_2(file, "records/id", count, version, 0u);
  const auto parent = read_since_2(file, "records/parent", count, version, 0u);
  Lists<uint32_t> operands{.ptr = std::vector<uint64_t>(count + 1), .values = {}};
  if (version >= 2) operands = read_lists<uint32_t>(file, "records/operands", count);
  std::vector<Record> records(count);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view shape = geometry.at(i);
    records[i] = {.item = {high[i], low[i]},
                  .view = view[i],
                  .scope = static_cast<Scope>(scope[i]),
                  .concept_row = row[i],
                  .kind = static_cast<Kind>(kind[i]),
                  .confidence = confidence[i],
                  .region = static_cast<RegionIs>(region[i]),
                  .flags = flags[i],
                  .id = id[i],
                  .parent = parent[i],
                  .operands = operands.at(i),
                  .geometry = Bytes(shape.begin(), shape.end())};
    in_context([&] { check_record(records[i], vocabulary); }, "reading record ", i);
  }
  return records;
}

}  // namespace

void check_bag(const Bag& bag) {
  check(is_utf8(bag.name), "the name of a bag is not UTF-8: \"", bag.name, "\"");
  check(!bag.members.empty(), "the bag \"", bag.name, "\" has no members");
  const bool ascends =
      std::adjacent_find(bag.members.begin(), bag.members.end(), std::greater_equal<>()) == bag.members.end();
  check(ascends, "the members of the bag \"", bag.name, "\" do not ascend");
}

void check_bags_are_there(const std::vector<Record>& records, const std::vector<Bag>& bags) {
  std::set<Uid> uids;
  for (const Bag& bag : bags) uids.insert(bag.uid());
  for (const Record& record : records)
    check(record.scope != Scope::bag || uids.contains(record.item), "a record speaks of the bag ", record.item.text(),
          ", which is not there");
}

void write_part(const Path& path, const EvidenceLayer& layer) {
  std::vector<uint64_t> high, low;
  std::vector<uint8_t> scope, kind, region, flags;
  std::vector<uint32_t> row, view, id, parent;
  std::vector<float> confidence;
  Lists<uint32_t> operands;
  H5Strings geometry;
  for (const Record& record : layer.records) {
    high.push_back(record.item.high), low.push_back(record.item.low);
    view.push_back(record.view);
    scope.push_back(static_cast<uint8_t>(record.scope)), row.push_back(record.concept_row);
    kind.push_back(static_cast<uint8_t>(record.kind)), confidence.push_back(record.confidence);
    region.push_back(static_cast<uint8_t>(record.region)), flags.push_back(record.flags);
    id.push_back(record.id), parent.push_back(record.parent);
    operands.add(record.operands);
    geometry.add(record.geometry.data(), record.geometry.size());
  }
  H5File file = H5File::create(path);
  file.set_format(kFormat, kVersion);
  file.write("records/item_high", high);
  file.write("records/item_low", low);
  file.write("records/view", view);
  file.write("records/scope", scope);
  file.write("records/concept_row", row);
  file.write("records/kind", kind);
  file.write("records/confidence", confidence);
  file.write("records/region", region);
  file.write("records/flags", flags);
  file.write("records/id", id);
  file.write("records/parent", parent);
  write_lists(file, "records/operands", operands);
  file.write_strings("records/geometry", geometry);
  write_vocabulary(file, layer.vocabulary);
  write_bags(file, layer.bags);
  file.close();
}

uint64_t records_of_part(const Path& path) {
  return H5File::open(path).rows("records/item_high");
}

EvidenceLayer read_part(const Path& path, uint64_t count) {
  EvidenceLayer part;
  in_context(
      [&] {
        const H5File file = H5File::open(path);
        const uint32_t version = file.version_of(kFormat, kVersion);
        part.vocabulary = read_vocabulary(file, version);
        part.records = read_records(file, count, version, part.vocabulary);
        if (version >= 2) part.bags = read_bags(file);
        check_bags_are_there(part.records, part.bags);
      },
      "reading ", path.string());
  return part;
}

}  // namespace weft
