// SPDX-License-Identifier: Apache-2.0
#include "data/check_dataset.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/error.h"
#include "base/hash.h"
#include "data/image.h"
#include "data/manifest.h"
#include "data/store.h"

namespace weft {
namespace {

const char* name_of(Codec codec) {
  return codec == Codec::jpeg ? "jpeg" : "png";
}

std::string describe(const ImageHeader& header) {
  return join(name_of(header.codec), " ", header.width, " x ", header.height, " of ", static_cast<int>(header.channels),
              " channels");
}

DatasetCheck::Spread spread_of(std::vector<uint64_t> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  return {values.front(), values[(values.size() - 1) / 2], values.back()};
}

void count_samples(const Store& store, DatasetCheck& found) {
  std::vector<uint64_t> widths, heights, bytes;
  std::map<std::string, size_t> keys;
  for (size_t i = 0; i < store.size(); ++i) {
    const SampleInfo& info = store.info(i);
    widths.push_back(info.width), heights.push_back(info.height), bytes.push_back(info.bytes);
    ++found.codecs[name_of(info.codec)];
    ++found.channels[info.channels];
    ++keys[info.key];
  }
  found.width = spread_of(widths), found.height = spread_of(heights), found.bytes = spread_of(bytes);
  for (const auto& [key, times] : keys)
    if (times > 1) found.repeated_keys.push_back(join("the key \"", key, "\" is that of ", times, " samples"));
}

void count_statements(const Store& store, DatasetCheck& found) {
  found.vocabulary = store.vocabulary().size();
  for (const std::string& layer : store.layers()) found.statements[layer];
  for (size_t i = 0; i < store.size(); ++i) {
    for (const Record& record : store.records(i))
      ++found.statements[store.layers().at(record.source)][name_of(record.kind)];
    std::set<uint32_t> rows;
    for (const TextStatement& statement : store.texts(i)) rows.insert(statement.row);
    ++found.texts_per_sample[rows.size()];
    if (rows.empty()) ++found.without_text;
  }
}

void count_splits(const Store& store, const Manifest& manifest, DatasetCheck& found) {
  for (const std::string& split : store.splits()) {
    std::set<std::string> groups;
    const std::vector<uint32_t> samples = store.split(split);
    for (const uint32_t sample : samples) groups.insert(store.info(sample).group);
    found.split_samples[split] = samples.size();
    found.split_groups[split] = groups.size();
  }
  // "train" is what the others leave, and subsets lie within splits: only splits with a list of groups can overlap.
  std::map<std::string, std::string> split_of;
  for (const auto& [split, groups] : manifest.splits)
    for (const std::string& group : groups) {
      const auto [place, is_new] = split_of.try_emplace(group, split);
      if (!is_new && place->second != split)
        found.straddling.push_back(join("the group \"", group, "\" is in the splits ", place->second, " and ", split));
    }
}

// Everything that the body says is wrong becomes one line, so that a check goes on to the end.
template <class Body>
void note_damage(DatasetCheck& found, const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    found.damaged.push_back(error.what());
  }
}

void check_sample(const Store& store, size_t sample) {
  const SampleInfo& info = store.info(sample);
  Bytes content;
  store.read(sample, content);
  in_context(
      [&] {
        const Uid uid = content_uid(content.data(), content.size());
        check(uid == info.uid, "its content has the uid ", uid.text(), ", the index says ", info.uid.text());
        const ImageHeader header = read_image_header(content.data(), content.size());
        const ImageHeader written{info.codec, info.width, info.height, info.channels};
        check(header == written, "its header says ", describe(header), "; the index says ", describe(written));
      },
      "checking sample ", sample, " (", info.key, ")");
}

void put_list(std::ostream& out, const char* what, const std::vector<std::string>& list) {
  constexpr size_t kMost = 20;
  if (list.empty()) return;
  out << what << ": " << list.size() << "\n";
  for (size_t i = 0; i < std::min(kMost, list.size()); ++i) out << "  " << list[i] << "\n";
  if (list.size() > kMost) out << "  and " << list.size() - kMost << " more\n";
}

template <class Key>
void put_counts(std::ostream& out, const std::string& what, const std::map<Key, size_t>& counts) {
  out << what << ":";
  for (const auto& [key, count] : counts) out << (key == counts.begin()->first ? " " : ", ") << key << " " << count;
  out << "\n";
}

}  // namespace

DatasetCheck check_dataset(const Path& folder) {
  const Store store(folder);
  DatasetCheck found{.name = store.name(), .licence = store.licence(), .samples = store.size()};
  count_samples(store, found);
  count_statements(store, found);
  const Manifest manifest = read_manifest(folder);
  count_splits(store, manifest, found);
  for (const ShardEntry& shard : manifest.shards)
    note_damage(found, [&] {
      const std::string hash = hash_of_file(folder / shard.file);
      check(hash == shard.xxh3, (folder / shard.file).string(), ": its hash is ", hash, ", but ", kManifestFile,
            " says ", shard.xxh3);
    });
  for (size_t i = 0; i < store.size(); ++i) note_damage(found, [&] { check_sample(store, i); });
  if (!store.tokenizer().empty()) note_damage(found, [&] { read_bytes(store.tokenizer()); });
  return found;
}

std::string DatasetCheck::text() const {
  std::ostringstream out;
  const auto put_spread = [&](const char* what, const Spread& spread) {
    out << what << ": " << spread.least << " to " << spread.most << ", median " << spread.median << "\n";
  };
  out << name << " (licence: " << licence << "): " << samples << " samples\n";
  put_spread("width", width);
  put_spread("height", height);
  put_spread("bytes", bytes);
  put_counts(out, "codecs", codecs);
  put_counts(out, "channels", channels);
  for (const auto& [layer, kinds] : statements) put_counts(out, "layer " + layer, kinds);
  out << "vocabulary: " << vocabulary << " texts\n";
  out << "samples by number of texts:";
  for (const auto& [texts, count] : texts_per_sample) out << " " << texts << ":" << count;
  out << "\nsamples without any text: " << without_text << "\n";
  for (const auto& [split, groups] : split_groups)
    out << "split " << split << ": " << split_samples.at(split) << " samples in " << groups << " groups\n";
  put_list(out, "keys used more than once", repeated_keys);
  put_list(out, "groups in two splits", straddling);
  put_list(out, "damaged", damaged);
  out << (is_sound() ? "the dataset is sound\n" : "the dataset is NOT sound\n");
  return out.str();
}

std::string DatasetCheck::json() const {
  using Json = nlohmann::ordered_json;
  const auto spread = [](const Spread& s) { return Json{{"least", s.least}, {"median", s.median}, {"most", s.most}}; };
  const auto by_number = [](const auto& counts) {
    Json all = Json::object();
    for (const auto& [number, count] : counts) all[std::to_string(number)] = count;
    return all;
  };
  const Json all = {{"name", name},
                    {"licence", licence},
                    {"samples", samples},
                    {"width", spread(width)},
                    {"height", spread(height)},
                    {"bytes", spread(bytes)},
                    {"codecs", codecs},
                    {"channels", by_number(channels)},
                    {"statements", statements},
                    {"vocabulary", vocabulary},
                    {"texts_per_sample", by_number(texts_per_sample)},
                    {"without_text", without_text},
                    {"split_groups", split_groups},
                    {"split_samples", split_samples},
                    {"repeated_keys", repeated_keys},
                    {"straddling", straddling},
                    {"damaged", damaged},
                    {"sound", is_sound()}};
  return all.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";  // file names may be any bytes
}

}  // namespace weft
