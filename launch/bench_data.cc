// SPDX-License-Identifier: Apache-2.0
#include "launch/bench_data.h"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/hash.h"
#include "base/process.h"
#include "configs/recipe.h"
#include "data/loader.h"
#include "launch/run_config.h"

namespace weft {
namespace {

using Json = nlohmann::json;

std::string_view bytes_of(const void* data, size_t size) {
  return {static_cast<const char*>(data), size};
}

template <class T>
uint64_t hash_of(const std::vector<T>& values, uint64_t seed) {
  return hash64(bytes_of(values.data(), values.size() * sizeof(T)), seed);
}

uint64_t hash_of(const Record& r, uint64_t seed) {
  const uint32_t numbers[] = {
      r.view,  static_cast<uint32_t>(r.scope), r.concept_row, static_cast<uint32_t>(r.kind), r.id, r.parent,
      r.flags, static_cast<uint32_t>(r.region)};
  return hash_of(r.geometry,
                 hash64(bytes_of(&r.confidence, sizeof r.confidence), hash64(bytes_of(numbers, sizeof numbers), seed)));
}

// A sum over images, so that it does not matter which rank has which of them.
uint64_t hash_of_share(const Batch& batch) {
  const auto share = static_cast<size_t>(batch.images.size());
  const std::string_view pixels = batch.values.empty()
                                      ? bytes_of(batch.pixels.data(), batch.pixels.size())
                                      : bytes_of(batch.values.data(), batch.values.size() * sizeof(float));
  const size_t bytes = pixels.size() / (share * static_cast<size_t>(batch.views));
  uint64_t sum = 0;
  for (size_t i = 0; i < share * static_cast<size_t>(batch.views); ++i) {
    const uint64_t place[] = {static_cast<uint64_t>(batch.step), batch.images.begin + i % share, i / share};
    uint64_t hash = hash64(pixels.substr(i * bytes, bytes), hash64(bytes_of(place, sizeof place)));
    for (size_t r = 0; i < batch.evidence.size() && r < batch.evidence[i].size(); ++r)
      hash = hash_of(batch.evidence[i][r], hash);
    sum += hash;
  }
  return sum;
}

uint64_t hash_of_tables(const Batch& batch) {
  uint64_t hash = hash_of(batch.cells.drawn, hash_of(batch.picks, 0));
  hash = hash_of(batch.cells.w, hash_of(batch.cells.q, hash_of(batch.cells.text, hash_of(batch.cells.begin, hash))));
  for (const std::vector<int32_t>& text : batch.tokens) hash = hash_of(text, hash);
  return hash;
}

struct Measured {
  std::vector<uint64_t> shares, tables;  // by step
  std::vector<double> resident_mib;      // after each tenth of the steps
  double seconds = 0;
  size_t damaged = 0;
};

Measured measure(Loader& loader, int64_t steps) {
  Measured m;
  loader.next();  // starting up is not counted
  const auto start = std::chrono::steady_clock::now();
  for (int64_t step = 0; step < steps; ++step) {
    const Batch& batch = loader.next();
    m.shares.push_back(hash_of_share(batch));
    m.tables.push_back(hash_of_tables(batch));
    m.damaged += batch.damaged.size();
    if (step * 10 / steps != (step + 1) * 10 / steps) m.resident_mib.push_back(resident_memory_mib());
  }
  m.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return m;
}

// Of every rank, the hashes of its shares and tables as text; one hash for each step of the world.
std::vector<std::string> world_hashes(const Measured& mine, int64_t first, Comm& comm) {
  std::string text;
  for (const auto* hashes : {&mine.shares, &mine.tables})
    for (const uint64_t hash : *hashes) text += hash_text(hash);
  const std::vector<std::string> all = comm.gather_texts(text);
  constexpr size_t kDigits = 16;
  const size_t steps = mine.shares.size();
  const auto number = [&](size_t rank, size_t i) {
    return std::stoull(all[rank].substr(i * kDigits, kDigits), nullptr, 16);
  };
  std::vector<std::string> hashes;
  for (size_t step = 0; step < steps; ++step) {
    uint64_t sum = 0;
    for (size_t rank = 0; rank < all.size(); ++rank) {
      sum += number(rank, step);
      check(number(rank, steps + step) == number(0, steps + step), "rank ", rank,
            " has other texts or cells than rank 0 in step ", first + static_cast<int64_t>(step));
    }
    const uint64_t both[] = {sum, number(0, steps + step)};
    hashes.push_back(hash_text(hash64(bytes_of(both, sizeof both))));
  }
  return hashes;
}

}  // namespace

void DataBench::fields(Fields& visit) {
  visit("steps", steps, at_least(1), "batches to make");
  visit("first", first, non_negative, "step before the first of them, as a run that resumes there");
  visit("json", json, any, "file to write the figures and every batch's hash to");
}

void DataBench::run(const Path& recipe, const std::vector<std::string>& overrides, Comm& comm) const {
  RunConfig config;
  Recipe::read(recipe, overrides).fill(config);
  const Sources sources(config.data.all_sources());
  const Tokenizer tokenizer(config.data.tokenizer_file());
  const LoaderShape shape = {config.batch.global,
                             config.model->image_size(),
                             config.model->context(),
                             static_cast<uint64_t>(config.run.seed),
                             comm.rank(),
                             comm.size(),
                             config.engine.deadline_seconds};
  Loader loader(sources, tokenizer, config.data, shape, first);
  const Measured mine = measure(loader, steps);
  std::vector<double> figures = {-mine.seconds, static_cast<double>(mine.damaged)};
  std::vector<double> slowest = {mine.seconds};
  comm.all_reduce(slowest, Comm::Op::max);
  comm.all_reduce(figures);
  const std::vector<std::string> hashes = world_hashes(mine, first + 1, comm);
  if (!comm.is_first()) return;
  std::string all_hashes;
  for (const std::string& hash : hashes) all_hashes += hash;
  const double rate = static_cast<double>(steps * config.batch.global) / slowest[0];
  std::printf(
      "%lld batches of %lld images on %d ranks with %lld threads each: %.1f images/s, %.1f a thread, %.0f damaged\n",
      static_cast<long long>(steps), static_cast<long long>(config.batch.global), comm.size(),
      static_cast<long long>(config.data.threads), rate, rate / static_cast<double>(comm.size() * config.data.threads),
      figures[1]);
  std::printf("resident memory of rank 0 after each tenth of them, MiB:");
  for (const double mib : mine.resident_mib) std::printf(" %.1f", mib);
  std::printf("\nhash of all batches: %s\n", hash_text(hash64(all_hashes)).c_str());
  if (!json.empty())
    write_atomically(
        json,
        Json{{"images_per_second", rate}, {"resident_mib", mine.resident_mib}, {"first", first}, {"hashes", hashes}}
                .dump(1) +
            "\n");
}

}  // namespace weft
