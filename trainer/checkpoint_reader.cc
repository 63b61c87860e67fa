// SPDX-License-Identifier: Apache-2.0
#include "trainer/checkpoint_reader.h"

#include <functional>
#include <numeric>

#include "base/error.h"
#include "base/hash.h"
#include "base/positional_file.h"
#include "base/safetensors.h"

namespace weft {
namespace {

constexpr auto kRead = PositionalFile::Mode::read;

std::string_view view(const Bytes& bytes, size_t begin, size_t size) {
  return {reinterpret_cast<const char*>(bytes.data()) + begin, size};
}

void check_hash(const std::string& found, const std::string& wanted, const Path& path, uint64_t begin, uint64_t end) {
  check(found == wanted, path.string(), ": bytes ", begin, " to ", end, " have XXH3 ", found, ", the manifest says ",
        wanted);
}

// The tensors in the order of one state; the file's states have the same.
Packing packing_of(const std::vector<SafetensorsEntry>& entries, size_t states) {
  std::vector<int64_t> counts;
  for (size_t i = 0; i < entries.size() / states; ++i)
    counts.push_back(static_cast<int64_t>((entries[i].end - entries[i].begin) / sizeof(float)));
  return Packing(counts);
}

}  // namespace

CheckpointReader::CheckpointReader(Path checkpoint)
    : folder_(std::move(checkpoint)), manifest_(Manifest::read(folder_)) {
  for (const char* wanted : {"model.safetensors", "optimizer.safetensors", kStateFile})
    check(manifest_.find(wanted) != nullptr, folder_.string(), ": manifest.json names no ", wanted);
}

void CheckpointReader::verify(int part, int parts) const {
  int file_number = 0;
  for (const Manifest::File& file : manifest_.files) {
    const Path path = folder_ / file.name;
    const uint64_t size = PositionalFile(path, kRead).size();
    check(size == file.bytes, path.string(), ": has ", size, " bytes, the manifest says ", file.bytes);
    if (file.xxh3.empty())
      verify_units(file, part, parts);
    else if (file_number++ % parts == part)
      check_hash(hash_of_file(path), file.xxh3, path, 0, size);
  }
}

void CheckpointReader::verify_units(const Manifest::File& file, int part, int parts) const {
  const PositionalFile data(folder_ / file.name, kRead);
  Bytes bytes(std::min(file.header_bytes, file.bytes));
  data.read(0, bytes.data(), bytes.size());
  check_hash(hash_text(hash64(view(bytes, 0, bytes.size()))), file.header_xxh3, data.path(), 0, bytes.size());

  const auto states = static_cast<int64_t>(std::count_if(std::begin(kStatePlaces), std::end(kStatePlaces),
                                                         [&](const StatePlace& at) { return at.file == file.name; }));
  check(states > 0, data.path().string(), ": is no file of this format, but the manifest says so");
  const Packing packing = packing_of(read_safetensors_header(data.path()).entries, static_cast<size_t>(states));
  const auto units = static_cast<int64_t>(file.units_xxh3.size()) / states;
  check(packing.place(units * manifest_.unit) == packing.count(), data.path().string(), ": the manifest has ", units,
        " units of ", manifest_.unit, " numbers for the ", packing.count(), " of the file");
  const int64_t piece = manifest_.unit / manifest_.virtual_ranks;
  for (int64_t i = part; i < states * units; i += parts) {
    const int64_t unit = i % units, first = unit * manifest_.unit;
    const Range places = packing.places({first, first + manifest_.unit});
    const uint64_t begin =
        file.header_bytes + sizeof(float) * static_cast<uint64_t>(i / units * packing.count() + places.begin);
    bytes.resize(sizeof(float) * static_cast<size_t>(places.size()));
    data.read(begin, bytes.data(), bytes.size());
    std::vector<uint64_t> hashes;
    for (int64_t at = first; at < first + manifest_.unit; at += piece) {
      const Range mine = packing.places({at, at + piece});
      hashes.push_back(hash64(view(bytes, sizeof(float) * static_cast<size_t>(mine.begin - places.begin),
                                   sizeof(float) * static_cast<size_t>(mine.size()))));
    }
    check_hash(unit_hash(hashes), file.units_xxh3[static_cast<size_t>(i)], data.path(), begin, begin + bytes.size());
  }
}

bool CheckpointReader::has(State state) const {
  for (const StatePlace& at : kStatePlaces)
    if (at.state == state) return manifest_.find(at.file) != nullptr;
  return false;
}

void CheckpointReader::load(FlatParameters& flat) const {
  check(has(State::ema) || !flat.has(State::ema), folder_.string(),
        ": has no moving average, but optimizer.ema asks for one");
  for (const StatePlace& at : kStatePlaces)
    if (flat.has(at.state)) load(at.state, at.file, at.prefix, flat);
}

void CheckpointReader::load(State state, const char* file, const std::string& prefix, FlatParameters& flat) const {
  const PositionalFile data(folder_ / file, kRead);
  const SafetensorsHeader header = read_safetensors_header(data.path());
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, uint64_t> begins;
  for (SafetensorsEntry entry : header.entries) {
    if (!entry.name.starts_with(prefix)) continue;
    entry.name.erase(0, prefix.size());
    begins[entry.name] = header.data_offset + entry.begin;
    entries.push_back(std::move(entry));
  }
  std::map<std::string, std::vector<int64_t>> wanted;
  for (const FlatParameters::Seat& seat : flat.seats()) wanted[seat.parameter->name] = seat.shape;
  check_same_model(data.path(), entries, wanted);
  std::vector<float> values;
  for (const FlatParameters::Seat& seat : flat.seats())
    for_owned_runs(flat, seat, [&](Range run) {
      const uint64_t at =
          begins.at(seat.parameter->name) + sizeof(float) * static_cast<uint64_t>(run.begin - seat.offset);
      values.resize(static_cast<size_t>(run.size()));
      data.read(at, values.data(), sizeof(float) * values.size());
      flat.write(state, run, values.data());
    });
}

}  // namespace weft
