// SPDX-License-Identifier: Apache-2.0
// Checkpoints that were damaged, cut short, or could not be written.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>

#include "base/fault.h"
#include "launch/thread_comm.h"
#include "tests/support.h"
#include "tests/trainer/flat_filled.h"
#include "trainer/checkpoint_reader.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

void flip_a_bit(const Path& file, int64_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const int byte = stream.get();
  stream.seekp(at);
  stream.put(static_cast<char>(byte ^ 0x10));
}

// Two checkpoints, of steps 3 and 5, the second of which the test damages.
class DamagedCheckpoint : public testing::Test {
 protected:
  DamagedCheckpoint() {
    FilledFlat filled(comm_, kSettings);
    filled.save(root_.path(), 3);
    filled.save(root_.path(), 5);
  }

  // What the reader says of it, once ranks were seen to go on from the one before.
  std::string damage() {
    for (const int ranks : {1, 2})
      run_thread_ranks(ranks, [&](Comm& comm) {
        FilledFlat other(comm);
        Checkpoints checkpoints(root_.path(), {}, comm);
        EXPECT_EQ(checkpoints.latest(), root_ / "step-00000003");
        const auto progress = checkpoints.restore_latest(other.flat);
        ASSERT_TRUE(progress);
        EXPECT_EQ(progress->step, 3);
        EXPECT_TRUE(other.holds(3));
      });
    return error_of([&] { CheckpointReader(newest()).verify(); });
  }
  Path newest(const std::string& file = "") const { return root_ / "step-00000005" / file; }

  static constexpr FlatSettings kSettings{.ema = true, .virtual_ranks = 4};
  ScratchFolder root_;
  LocalComm comm_;
};

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << "says: " << (message)

TEST_F(DamagedCheckpoint, AFlippedBitIsNamedByItsBytesAndHashes) {
  const uint64_t data = read_safetensors_header(newest("optimizer.safetensors")).data_offset;
  // In the second unit (4096 numbers; 64 for "scale", then 3 places more than offsets) of the second moment.
  const auto numbers = static_cast<uint64_t>(FilledFlat(comm_).set.count());
  const uint64_t begin = data + 4 * (numbers + 4096 - 63), end = begin + 4 * 4096;
  flip_a_bit(newest("optimizer.safetensors"), static_cast<int64_t>(begin) + 100);
  const std::string text = damage();
  EXPECT_SAYS(text, join("step-00000005/optimizer.safetensors: bytes ", begin, " to "));
  EXPECT_SAYS(text, " have XXH3 ");
  EXPECT_SAYS(text, ", the manifest says ");
  const std::string behind = join("bytes ", begin, " to ");
  EXPECT_LE(std::stoull(text.substr(text.find(behind) + behind.size())), end);
}

TEST_F(DamagedCheckpoint, EveryBitOfTheTensorsCounts) {
  const auto size = static_cast<int64_t>(fs::file_size(newest("model.safetensors")));
  for (int64_t at = 0; at < size; at += 997) {
    flip_a_bit(newest("model.safetensors"), at);
    EXPECT_SAYS(error_of([&] { CheckpointReader(newest()).verify(); }), "model.safetensors: bytes ");
    flip_a_bit(newest("model.safetensors"), at);
  }
  flip_a_bit(newest("model.safetensors"), size - 1);
  EXPECT_SAYS(damage(), join(" to ", size, " have XXH3"));
}

TEST_F(DamagedCheckpoint, AFlippedBitInTheHeaderIsFoundBeforeItIsRead) {
  flip_a_bit(newest("ema.safetensors"), 30);
  EXPECT_SAYS(damage(), "ema.safetensors: bytes 0 to ");
}

TEST_F(DamagedCheckpoint, ATruncatedFileIsNamedByItsSize) {
  const uint64_t size = fs::file_size(newest("optimizer.safetensors"));
  fs::resize_file(newest("optimizer.safetensors"), size - 1);
  EXPECT_SAYS(damage(), join("optimizer.safetensors: has ", size - 1, " bytes, the manifest says ", size));
}

TEST_F(DamagedCheckpoint, AnEmptyFileIsNamed) {
  fs::resize_file(newest("model.safetensors"), 0);
  EXPECT_SAYS(damage(), "model.safetensors: has 0 bytes, the manifest says ");
}

TEST_F(DamagedCheckpoint, AMissingFileIsNamed) {
  fs::remove(newest("ema.safetensors"));
  EXPECT_SAYS(damage(), "ema.safetensors: cannot open: No such file or directory");
}

TEST_F(DamagedCheckpoint, AMissingManifestIsNamed) {
  fs::remove(newest("manifest.json"));
  EXPECT_SAYS(damage(), "step-00000005/manifest.json: cannot open");
}

TEST_F(DamagedCheckpoint, ACutManifestIsNamed) {
  fs::resize_file(newest("manifest.json"), fs::file_size(newest("manifest.json")) / 2);
  EXPECT_SAYS(damage(), "step-00000005/manifest.json: is not what it must be: ");
}

TEST_F(DamagedCheckpoint, AManifestOfAnotherCheckpointDoesNotFit) {
  fs::copy_file(root_ / "step-00000003/manifest.json", newest("manifest.json"), fs::copy_options::overwrite_existing);
  EXPECT_SAYS(damage(), "model.safetensors: bytes ");
}

TEST_F(DamagedCheckpoint, AStateOfAnotherCheckpointDoesNotFit) {
  fs::copy_file(root_ / "step-00000003/state.json", newest("state.json"), fs::copy_options::overwrite_existing);
  EXPECT_SAYS(damage(), "state.json: bytes 0 to ");
}

TEST_F(DamagedCheckpoint, AManifestThatNamesNoOptimizerIsNone) {
  std::string text = read_text(newest("manifest.json"));
  text.replace(text.find("optimizer.safetensors"), 9, "optimiser");
  write_atomically(newest("manifest.json"), text);
  EXPECT_SAYS(damage(), "manifest.json names no optimizer.safetensors");
}

TEST_F(DamagedCheckpoint, AVersionOfTheFutureIsNotGuessedAt) {
  std::string text = read_text(newest("manifest.json"));
  text.replace(text.find("\"version\": 2"), 12, "\"version\": 3");
  write_atomically(newest("manifest.json"), text);
  EXPECT_SAYS(damage(), "manifest.json has version 3; this weft reads versions 1 to 2");
}

TEST_F(DamagedCheckpoint, WhereNoneIsWholeTrainingDoesNotStartAfresh) {
  flip_a_bit(newest("model.safetensors"), 5000);
  flip_a_bit(root_ / "step-00000003/model.safetensors", 5000);
  run_thread_ranks(2, [&](Comm& comm) {
    FilledFlat other(comm);
    const std::string text = error_of([&] { Checkpoints(root_.path(), {}, comm).restore_latest(other.flat); });
    EXPECT_SAYS(text, "none of the checkpoints is whole");
  });
}

TEST_F(DamagedCheckpoint, AHalfWrittenFolderIsNoCheckpointAndGoesWithTheNextSave) {
  fs::rename(newest(), root_ / "step-00000005.tmp");
  EXPECT_EQ(Checkpoints(root_.path(), {}, comm_).latest(), root_ / "step-00000003");
  fs::copy(root_ / "step-00000005.tmp", root_ / "step-00000006.tmp");
  write_atomically(root_ / "step-00000006.tmp/model.safetensors", std::string(1 << 20, 'x'));  // longer than ours
  FilledFlat(comm_, kSettings).save(root_.path(), 6);
  EXPECT_FALSE(fs::exists(root_ / "step-00000005.tmp"));
  EXPECT_FALSE(fs::exists(root_ / "step-00000006.tmp"));
  FilledFlat other(comm_);
  Checkpoints(root_.path(), {}, comm_).restore_latest(other.flat);
  EXPECT_TRUE(other.holds(6));
}

// What the ranks say where a fault of the plan strikes in the save of step 7.
std::vector<std::string> failures(const Path& root, int ranks, const std::string& fault) {
  std::vector<std::string> said(static_cast<size_t>(ranks));
  fault::add_plan({fault});
  run_thread_ranks(ranks, [&](Comm& comm) {
    FilledFlat filled(comm, {.ema = true, .virtual_ranks = 4});
    Checkpoints checkpoints(root, {}, comm);
    filled.fill(7);
    checkpoints.begin(filled.flat, {.step = 7}, 1);
    said[static_cast<size_t>(comm.rank())] = error_of([&] { checkpoints.finish(); });
    comm.barrier();
    EXPECT_FALSE(fs::exists(root / "step-00000007.tmp"));
    EXPECT_EQ(checkpoints.latest(), root / "step-00000005") << "the one before stays";
    filled.fill(8);
    filled.save(checkpoints, 8);  // room again
    EXPECT_EQ(checkpoints.latest(), root / "step-00000008");
  });
  fault::clear();
  return said;
}

TEST_F(DamagedCheckpoint, AFullDiskOfOneRankIsKnownToAllAndLeavesNothingBehind) {
  for (const int ranks : {2, 4}) {
    for (const std::string& text : failures(root_.path(), ranks, "write_error:1:7:20000")) {
      EXPECT_SAYS(text, "the last checkpoint could not be saved: rank 1: ");
      EXPECT_SAYS(text, "No space left on device");
    }
    fs::remove_all(root_ / "step-00000008");
    FilledFlat filled(comm_, kSettings);
    filled.save(root_.path(), 5);
  }
}

TEST_F(DamagedCheckpoint, ADiskThatFillsUpUnderTheManifestIsKnownToAll) {
  // The shard of a rank and, on the first rank, the headers; then comes state.json.
  uint64_t bytes = 0;
  for (const char* file : {"model.safetensors", "ema.safetensors", "optimizer.safetensors"})
    bytes += fs::file_size(newest(file));
  for (const std::string& text : failures(root_.path(), 1, join("write_error:0:7:", bytes + 10)))
    EXPECT_SAYS(text, "state.json: cannot write at byte 10: No space left on device");
}

TEST_F(DamagedCheckpoint, AFileThatCannotBeWrittenIsSaidWithItsReason) {
  FilledFlat filled(comm_, kSettings);
  fs::create_directories(root_ / "step-00000007.tmp/ema.safetensors");
  Checkpoints checkpoints(root_.path(), {}, comm_);
  checkpoints.begin(filled.flat, {.step = 7}, 1);
  EXPECT_SAYS(error_of([&] { checkpoints.finish(); }),
              "step-00000007.tmp/ema.safetensors: cannot open: Is a directory");
  EXPECT_FALSE(fs::exists(root_ / "step-00000007.tmp"));
}

}  // namespace
}  // namespace weft
