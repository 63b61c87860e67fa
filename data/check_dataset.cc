// SPDX-License-Identifier: Apache-2.0
#include "data/check_dataset.h"

#include <algorithm>
#include <set>
#include <thread>

#include "base/error.h"
#include "base/hash.h"
#include "data/image.h"
#include "data/manifest.h"
#include "data/store.h"

namespace weft {
namespace {

std::string describe(const ImageHeader& header) {
  return join(name_of(header.codec), " ", header.width, " x ", header.height, " of ", static_cast<int>(header.channels),
              " channels");
}

void find_repeated_keys(const Store& store, DatasetCheck& found) {
  std::map<std::string, size_t> keys;
  for (size_t i = 0; i < store.size(); ++i) ++keys[store.info(i).key];
  for (const auto& [key, times] : keys)
    if (times > 1) found.repeated_keys.push_back(join("the key \"", key, "\" is that of ", times, " samples"));
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

std::vector<std::string> split_of_samples(const Store& store, const Manifest& manifest) {
  std::vector<std::string> split_of(store.size(), "train");
  for (const auto& [split, groups] : manifest.splits)
    for (const uint32_t sample : store.split(split)) split_of[sample] = split;
  return split_of;
}

// Everything that the body says is wrong becomes one line, so that a check goes on to the end.
template <class Body>
bool is_whole(DatasetCheck& found, const Body& body) {
  try {
    body();
    return true;
  } catch (const Error& error) {
    found.damaged.push_back(error.what());
    return false;
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

}  // namespace

DatasetCheck check_dataset(const Path& folder, const CheckSettings& settings) {
  const Store store(folder);
  DatasetCheck found{.name = store.name(), .licence = store.licence(), .samples = store.size()};
  find_repeated_keys(store, found);
  found.labels = label_statistics(store, settings.most_listed);
  const Manifest manifest = read_manifest(folder);
  count_splits(store, manifest, found);
  for (const ShardEntry& shard : manifest.shards)
    is_whole(found, [&] {
      const std::string hash = hash_of_file(folder / shard.file);
      check(hash == shard.xxh3, (folder / shard.file).string(), ": its hash is ", hash, ", but ", kManifestFile,
            " says ", shard.xxh3);
    });
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const std::vector<PictureFacts> facts =
      look_at_pictures(store, settings.threads > 0 ? settings.threads : cores, settings.most_values);
  for (uint32_t i = 0; i < store.size(); ++i) {
    const bool has_whole_file = is_whole(found, [&] { check_sample(store, i); });
    if (has_whole_file && !facts[i].damage.empty()) found.damaged.push_back(facts[i].damage);
    if (!has_whole_file || !facts[i].damage.empty()) found.unreadable.push_back(i);
  }
  if (!store.tokenizer().empty()) is_whole(found, [&] { read_bytes(store.tokenizer()); });
  found.pictures = picture_statistics(store, facts);
  found.twins = find_twins(store, facts, split_of_samples(store, manifest), settings.near_bits, settings.most_listed);
  if (settings.shuffle_batch > 0) found.shuffle = shuffle_statistics(store, settings.shuffle_batch);
  return found;
}

std::vector<std::string> DatasetCheck::remarks() const {
  std::vector<std::string> out;
  const auto plural = [](size_t count, const char* one, const char* many) {
    return join(count, " ", count == 1 ? one : many);
  };
  if (twins.leaking > 0)
    out.push_back(plural(twins.leaking, "pair", "pairs") +
                  " of equal or near-equal pictures lie in two splits: what is measured there was partly seen before");
  if (twins.between_groups > 0)
    out.push_back(plural(twins.between_groups, "pair", "pairs") +
                  " of equal or near-equal pictures are of two groups, so that another split may part them");
  if (labels.within + labels.across > 0)
    out.push_back(join(plural(labels.within + labels.across, "contradiction", "contradictions"), " (", labels.within,
                       " of a layer with itself): a text that is said to be true and not true of one sample"));
  size_t one_sided = 0;
  for (const ConceptStatistics& one : labels.concepts)
    one_sided += one.closed && one.all[Known::pos] > 0 && one.all[Known::neg] == 0;
  if (one_sided > 0)
    out.push_back(plural(one_sided, "class is", "classes are") +
                  " never verified as absent: what is not said of them is unknown, not negative");
  size_t empty = 0;
  for (const ConceptStatistics& one : labels.concepts) empty += one.closed && one.all[Known::pos] == 0;
  if (empty > 0)
    out.push_back(plural(empty, "class of a closed list is", "classes of a closed list are") + " positive nowhere");
  if (labels.without_statement > 0)
    out.push_back(plural(labels.without_statement, "sample", "samples") + " without any statement");
  if (!twins.complete) out.emplace_back("so many pictures look alike that not every pair was compared");
  return out;
}

}  // namespace weft
