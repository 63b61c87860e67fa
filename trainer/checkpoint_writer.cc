// SPDX-License-Identifier: Apache-2.0
#include "trainer/checkpoint_writer.h"

#include <algorithm>
#include <csignal>

#include "base/error.h"
#include "base/fault.h"
#include "base/hash.h"
#include "base/safetensors.h"
#include "trainer/checkpoint_reader.h"

namespace weft {
namespace {

namespace fs = std::filesystem;
constexpr size_t kPart = 1 << 20;

Packing packing_of(const FlatParameters& flat) {
  std::vector<int64_t> counts;
  for (const FlatParameters::Seat& seat : flat.seats()) counts.push_back(seat.count);
  return Packing(counts);
}

std::string_view bytes_view(const float* first, int64_t count) {
  return {reinterpret_cast<const char*>(first), sizeof(float) * static_cast<size_t>(count)};
}

}  // namespace

PartWriter::PartWriter(int64_t step, const std::atomic<bool>& given_up) : given_up_(given_up) {
  if (const auto bytes = fault::due("write_error", step)) error_at_ = static_cast<uint64_t>(*bytes);
  if (const auto bytes = fault::due("kill_write", step)) kill_at_ = static_cast<uint64_t>(*bytes);
}

void PartWriter::strike(const PositionalFile& file, uint64_t at) const {
  check(!given_up_, file.path().string(), ": given up at byte ", at, " because the run ends");
  if (written_ >= kill_at_) std::raise(SIGKILL);
  check(written_ < error_at_, file.path().string(), ": cannot write at byte ", at,
        ": No space left on device (on purpose)");
}

void PartWriter::write(PositionalFile& file, uint64_t at, const void* data, size_t bytes) {
  const auto* from = static_cast<const std::byte*>(data);
  for (;;) {
    strike(file, at);
    if (bytes == 0) return;
    const auto part =
        static_cast<size_t>(std::min<uint64_t>({kPart, bytes, error_at_ - written_, kill_at_ - written_}));
    file.write(at, from, part);
    from += part, at += part, bytes -= part, written_ += part;
  }
}

CheckpointWriter::CheckpointWriter(const FlatParameters& flat, Path temporary)
    : temporary_(std::move(temporary)), layout_(flat.layout()), rank_(flat.rank()), packing_(packing_of(flat)) {
  std::vector<SafetensorsTensor> tensors;
  for (const StatePlace& place : kStatePlaces) {
    if (!flat.has(place.state)) continue;
    if (files_.empty() || files_.back().name != place.file) {
      files_.push_back({place.file});
      tensors.clear();
    }
    files_.back().states.push_back(place.state);
    for (const FlatParameters::Seat& seat : flat.seats())
      tensors.push_back({place.prefix + seat.parameter->name, "F32", seat.shape});
    files_.back().header = safetensors_header(tensors, {{"format", "pt"}});
  }
}

uint64_t CheckpointWriter::bytes_of(const File& file) const {
  return file.header.size() + sizeof(float) * file.states.size() * static_cast<uint64_t>(packing_.count());
}

size_t CheckpointWriter::snapshot_size() const {
  int64_t owned = 0;
  for (int64_t unit = 0; unit < layout_.units(); ++unit) owned += packing_.places(layout_.piece(unit, rank_)).size();
  size_t states = 0;
  for (const File& file : files_) states += file.states.size();
  return states * static_cast<size_t>(owned);
}

void CheckpointWriter::take_snapshot(FlatParameters& flat, std::vector<float>& snapshot) const {
  snapshot.resize(snapshot_size());
  float* to = snapshot.data();
  for (const File& file : files_)
    for (const State state : file.states)
      for (const FlatParameters::Seat& seat : flat.seats())
        for_owned_runs(flat, seat, [&](Range run) {
          flat.read(state, run, to);
          to += run.size();
        });
}

std::vector<uint64_t> CheckpointWriter::write_shard(const std::vector<float>& snapshot, PartWriter& writer) const {
  make_folder(temporary_);
  std::vector<uint64_t> hashes;
  const int64_t virtual_piece = layout_.unit / layout_.virtual_ranks;
  const float* from = snapshot.data();
  for (const File& file : files_) {
    PositionalFile out(temporary_ / file.name, PositionalFile::Mode::write);
    out.resize(bytes_of(file));
    if (rank_ == 0) writer.write(out, 0, file.header.data(), file.header.size());
    uint64_t begin = file.header.size();
    for (size_t state = 0; state < file.states.size();
         ++state, begin += sizeof(float) * static_cast<uint64_t>(packing_.count()))
      for (int64_t unit = 0; unit < layout_.units(); ++unit) {
        const Range piece = layout_.piece(unit, rank_), places = packing_.places(piece);
        writer.write(out, begin + sizeof(float) * static_cast<uint64_t>(places.begin), from,
                     sizeof(float) * static_cast<size_t>(places.size()));
        for (int64_t at = piece.begin; at < piece.end; at += virtual_piece) {
          const int64_t count = packing_.places({at, at + virtual_piece}).size();
          hashes.push_back(hash64(bytes_view(from, count)));
          from += count;
        }
      }
    out.sync();
  }
  return hashes;
}

void CheckpointWriter::write_manifest(const std::vector<uint64_t>& hashes, const std::string& state,
                                      PartWriter& writer) const {
  const auto write_text = [&](const char* name, const std::string& text) {
    PositionalFile file(temporary_ / name, PositionalFile::Mode::write);
    file.resize(text.size());
    writer.write(file, 0, text.data(), text.size());
    file.sync();
  };
  write_text(kStateFile, state);

  Manifest manifest{layout_.unit, layout_.virtual_ranks};
  const auto each = static_cast<size_t>(layout_.virtual_ranks / layout_.ranks);
  const size_t of_rank = hashes.size() / static_cast<size_t>(layout_.ranks);
  size_t at = 0;  // among the hashes of each rank
  for (const File& file : files_) {
    manifest.files.push_back({file.name, bytes_of(file), "", file.header.size(), hash_text(hash64(file.header))});
    for (size_t i = 0; i < file.states.size() * static_cast<size_t>(layout_.units()); ++i, at += each) {
      std::vector<uint64_t> pieces;
      for (size_t rank_begin = at; rank_begin < hashes.size(); rank_begin += of_rank)
        pieces.insert(pieces.end(), &hashes[rank_begin], &hashes[rank_begin] + each);
      manifest.files.back().units_xxh3.push_back(unit_hash(pieces));
    }
  }
  manifest.files.push_back({kStateFile, state.size(), hash_text(hash64(state))});
  write_text(kManifestFile, manifest.text());
}

void publish_checkpoint(const Path& temporary, const Path& final) {
  // One unit of each file holds pieces of all ranks.
  constexpr int kMany = std::numeric_limits<int>::max();
  in_context([&] { CheckpointReader(temporary).verify(0, kMany); },
             "reading back what all ranks wrote (does every rank see the same file system?)");
  fs::remove_all(final);  // one that was passed over, or training would have gone on from it
  publish(temporary, final);
}

}  // namespace weft
