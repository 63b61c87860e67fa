// SPDX-License-Identifier: Apache-2.0
// What a checkpoint consists of, and where every number lies in its files (docs/FORMATS.md, "Checkpoint").  Tensors lie
// in a file as they lie in the flat buffers, without the padding, so that a rank's piece of a unit is one run of bytes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "trainer/flat.h"

namespace weft {

// Everything of a run that is not a tensor.
struct TrainProgress {
  int64_t step = 0;     // the next step to take
  int64_t updates = 0;  // steps that changed the weights
  int64_t skipped_in_a_row = 0;
  int64_t damaged = 0;                        // images left out so far
  double seconds = 0;                         // spent training, over all starts
  std::map<std::string, std::string> pinned;  // what the bits of an elastic run depend on beside the recipe
};

// Where each state is; states of one file lie behind each other in this order.
struct StatePlace {
  State state;
  const char* file;
  const char* prefix;  // of the tensors' names
};
inline constexpr StatePlace kStatePlaces[] = {{State::master, "model.safetensors", ""},
                                              {State::ema, "ema.safetensors", ""},
                                              {State::moment1, "optimizer.safetensors", "moment1."},
                                              {State::moment2, "optimizer.safetensors", "moment2."}};
inline constexpr const char* kStateFile = "state.json";
inline constexpr const char* kManifestFile = "manifest.json";

// Flat offsets to places among the numbers of a file.
class Packing {
 public:
  explicit Packing(const std::vector<int64_t>& counts);  // of the tensors, in flat order

  int64_t count() const { return places_.back(); }
  // Of a flat offset: how many numbers lie before it, padding left out.
  int64_t place(int64_t offset) const;
  Range places(Range flat) const { return {place(flat.begin), place(flat.end)}; }

 private:
  std::vector<int64_t> offsets_, places_;  // of the tensors' beginnings, and of the end
};

// Calls body({begin, end}) with each run of the seat's numbers that this rank owns, as offsets of the flat buffer.  All
// seats in turn give this rank's pieces in order.
template <class Body>
void for_owned_runs(const FlatParameters& flat, const FlatParameters::Seat& seat, const Body& body) {
  const FlatLayout& layout = flat.layout();
  const int64_t seat_end = seat.offset + seat.count;
  for (int64_t unit = seat.offset / layout.unit; unit * layout.unit < seat_end; ++unit) {
    const Range piece = layout.piece(unit, flat.rank());
    const Range run{std::max(piece.begin, seat.offset), std::min(piece.end, seat_end)};
    if (run.size() > 0) body(run);
  }
}

// The last file to be written: what every other one must be.
struct Manifest {
  struct File {
    std::string name;
    uint64_t bytes = 0;
    std::string xxh3;  // of the whole file; empty where header and units are hashed
    uint64_t header_bytes = 0;
    std::string header_xxh3;
    std::vector<std::string> units_xxh3;  // of the file's states one after another
  };
  int64_t unit = 0;  // of the flat buffers that were written, in numbers
  int64_t virtual_ranks = 1;
  std::vector<File> files;

  static Manifest read(const Path& checkpoint);  // Error where there is none that this weft reads
  std::string text() const;
  const File* find(const std::string& name) const;
};

// The hash of a unit from the hashes of the pieces of its virtual ranks.
std::string unit_hash(const std::vector<uint64_t>& pieces);

// `score`: what the run's best checkpoints are chosen by, the lower the better; not finite where there is none.
std::string state_text(const TrainProgress& progress, double score);
TrainProgress read_progress(const Path& checkpoint);
double read_score(const Path& checkpoint);

std::string checkpoint_name(int64_t step);
struct CheckpointFolder {
  Path path;
  int64_t step;
};
std::vector<CheckpointFolder> checkpoint_folders(const Path& root);  // newest first

}  // namespace weft
