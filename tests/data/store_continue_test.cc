// SPDX-License-Identifier: Apache-2.0
// Imports that are killed, or that meet a full disk, and go on later: the result is byte for byte that of an import
// that nothing interrupted.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <map>

#include "data/manifest.h"
#include "data/store.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

constexpr int kSamples = 11;

// Three or four pictures a shard.
StoreWriter::Options options(uint64_t shard_bytes = 330) {
  return {.name = "tiny", .licence = "CC0", .shard_bytes = shard_bytes};
}

Bytes picture(int number) {
  return tiny_png(number, 4 + number % 3, 3);
}

void add(StoreWriter& writer, int number) {
  const std::string name = std::to_string(number);
  writer.layer("tags").add(writer.add(picture(number), name + ".png", "group " + name), "tag " + name);
}

// What `killed` leaves after so many samples; every second one has published its layer too.
void leave_after(int samples, const Path& folder, uint64_t shard_bytes = 330) {
  StoreWriter killed(folder, options(shard_bytes));
  for (int i = 0; i < samples; ++i) add(killed, i);
  if (samples % 2 == 1) killed.layer("tags").publish(folder);
}

size_t import_all(const Path& folder, int samples = kSamples) {
  StoreWriter writer(folder, options());
  for (int i = 0; i < samples; ++i) add(writer, i);
  writer.finish();
  return writer.continued();
}

// Their hashes, which a failure can show.
std::map<std::string, std::string> files_of(const Path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = hash_of_file(entry.path());
  return files;
}

TEST(StoreContinue, AfterAKillAtAnySampleTheResultIsThatOfAnUninterruptedImport) {
  ScratchFolder whole;
  EXPECT_EQ(import_all(whole.path()), 0u);
  const auto wanted = files_of(whole.path());
  std::vector<uint64_t> ends = {0};  // of the shards
  for (const ShardEntry& shard : read_manifest(whole.path()).shards) ends.push_back(ends.back() + shard.samples);
  ASSERT_GE(ends.size(), 4u);
  for (int killed_after = 0; killed_after <= kSamples; ++killed_after) {
    ScratchFolder folder;
    leave_after(killed_after, folder.path());
    EXPECT_FALSE(fs::exists(folder / kManifestFile));
    // A shard is whole once the sample behind it has come.
    uint64_t kept = 0;
    for (const uint64_t end : ends)
      if (end < static_cast<uint64_t>(killed_after)) kept = end;
    EXPECT_EQ(import_all(folder.path()), kept) << killed_after;
    EXPECT_EQ(files_of(folder.path()), wanted) << "killed after " << killed_after;
  }
}

TEST(StoreContinue, AKillAfterTheLastShardKeepsThemAll) {
  ScratchFolder whole, folder;
  import_all(whole.path());
  fs::copy(whole.path(), folder / "copy", fs::copy_options::recursive);
  fs::remove(folder / "copy" / kManifestFile);
  EXPECT_EQ(import_all(folder / "copy"), static_cast<size_t>(kSamples));
  EXPECT_EQ(files_of(folder / "copy"), files_of(whole.path()));
}

TEST(StoreContinue, WholeShardsAreNotWrittenAgain) {
  ScratchFolder folder;
  leave_after(kSamples, folder.path());
  const auto written_at = fs::last_write_time(folder / "images-00000.h5");
  import_all(folder.path());
  EXPECT_EQ(fs::last_write_time(folder / "images-00000.h5"), written_at);
}

TEST(StoreContinue, TwoKillsAreAsGoodAsOne) {
  ScratchFolder whole, folder;
  import_all(whole.path());
  leave_after(5, folder.path());
  leave_after(9, folder.path());
  EXPECT_GT(import_all(folder.path()), 5u);
  EXPECT_EQ(files_of(folder.path()), files_of(whole.path()));
}

// Each changes one thing against what was left; the result must be that of the changed import alone.
TEST(StoreContinue, WhatCameInAnotherOrderOrSizeIsWrittenAnewFromThere) {
  const auto import_changed = [](const Path& folder, const std::vector<int>& numbers, uint64_t shard_bytes) {
    StoreWriter writer(folder, options(shard_bytes));
    for (const int number : numbers) add(writer, number);
    writer.finish();
    return writer.continued();
  };
  const std::vector<std::vector<int>> orders = {{0, 1, 2, 3, 5, 4, 6, 7, 8, 9, 10},  // two exchanged
                                                {0, 1, 3, 4, 5, 6, 7, 8, 9, 10},     // one missing
                                                {0, 20, 1, 2, 3, 4, 5, 6, 7, 8},     // one more
                                                {0, 1},
                                                {20, 21}};
  for (const std::vector<int>& order : orders)
    for (const uint64_t shard_bytes : {uint64_t{330}, uint64_t{200}, uint64_t{900}}) {
      ScratchFolder whole, folder;
      import_changed(whole.path(), order, shard_bytes);
      leave_after(kSamples, folder.path());
      const size_t continued = import_changed(folder.path(), order, shard_bytes);
      EXPECT_EQ(files_of(folder.path()), files_of(whole.path())) << order.size() << " " << shard_bytes;
      EXPECT_EQ(continued > 0, order[0] == 0);
    }
}

TEST(StoreContinue, AnotherKeyOrGroupOfTheSamePictureCounts) {
  for (const bool is_key : {true, false}) {
    ScratchFolder folder;
    leave_after(kSamples, folder.path());
    StoreWriter writer(folder.path(), options());
    for (int i = 0; i < kSamples; ++i)
      writer.add(picture(i), is_key ? "new" + std::to_string(i) : std::to_string(i) + ".png",
                 is_key ? "group " + std::to_string(i) : "one group");
    writer.finish();
    EXPECT_EQ(writer.continued(), 0u);
    EXPECT_EQ(Store(folder.path()).info(0).key, is_key ? "new0" : "0.png");
    EXPECT_EQ(Store(folder.path()).info(0).group, is_key ? "group 0" : "one group");
  }
}

TEST(StoreContinue, AShardWhosePicturesWereDamagedIsWrittenAnew) {
  ScratchFolder whole, folder;
  import_all(whole.path());
  leave_after(kSamples, folder.path());
  flip_byte_of(picture(2), folder / "images-00000.h5");
  EXPECT_LT(import_all(folder.path()), 4u);
  EXPECT_EQ(files_of(folder.path()), files_of(whole.path()));
}

TEST(StoreContinue, AFileThatIsNoShardIsWrittenAnew) {
  ScratchFolder whole, folder;
  import_all(whole.path());
  leave_after(kSamples, folder.path());
  write_file(folder / "images-00001.h5", {1, 2, 3});
  EXPECT_GT(import_all(folder.path()), 0u);
  EXPECT_EQ(files_of(folder.path()), files_of(whole.path()));
}

TEST(StoreContinue, LinkedSamplesAreContinuedToo) {
  ScratchFolder folder;
  for (int i = 0; i < kSamples; ++i) write_file(folder / (std::to_string(i) + ".png"), picture(i));
  const auto import = [&](const std::string& name, int samples, bool finish) {
    StoreWriter writer(folder / name, options());
    for (int i = 0; i < samples; ++i) {
      const std::string file = std::to_string(i) + ".png";
      const StoreWriter::Link link{folder / file, 0};
      writer.add(picture(i), file, file, i % 3 == 1 ? nullptr : &link);
    }
    if (finish) writer.finish();
    return writer.continued();
  };
  import("whole", kSamples, true);
  for (int killed_after = 1; killed_after <= kSamples; ++killed_after) {
    const std::string name = "killed-" + std::to_string(killed_after);
    import(name, killed_after, false);
    EXPECT_EQ(import(name, kSamples, true) > 0, killed_after > 4) << killed_after;
    EXPECT_EQ(files_of(folder / name), files_of(folder / "whole")) << killed_after;
  }
}

// Files may not grow beyond so much, which is how a full disk looks to HDF5.
class LimitedFiles {
 public:
  explicit LimitedFiles(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~LimitedFiles() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

TEST(StoreContinue, AFullDiskIsAnErrorThatLosesNothing) {
  constexpr size_t kMiB = 1 << 20;
  const auto large = [](int number) {  // the second shard is larger than the first
    Bytes content = tiny_png(number);
    content.resize((number < 2 ? 3 : 9) * kMiB, static_cast<uint8_t>(number));
    return content;
  };
  const auto import = [&](const Path& folder) {
    StoreWriter writer(folder, options(8 * kMiB));
    for (int i = 0; i < 4; ++i) writer.add(large(i), std::to_string(i), std::to_string(i));
    writer.finish();
    return writer.continued();
  };
  ScratchFolder whole, folder;
  import(whole.path());
  std::string error;
  {
    const LimitedFiles limit(9 * kMiB);
    error = error_of([&] { import(folder.path()); });
  }
  expect_says(error, "images-00001.h5.tmp");
  expect_says(error, "HDF5 says: ");
  EXPECT_FALSE(fs::exists(folder / kManifestFile));
  EXPECT_EQ(import(folder.path()), 2u);
  EXPECT_EQ(files_of(folder.path()), files_of(whole.path()));
}

}  // namespace
}  // namespace weft
