// SPDX-License-Identifier: Apache-2.0
#include "data/store.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "data/formats/volume.h"
#include "data/manifest.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

const std::string kShard = "images-00000.h5";

StoreWriter::Options options(uint64_t shard_bytes = uint64_t{256} << 20) {
  return {.name = "tiny", .licence = "CC0", .shard_bytes = shard_bytes};
}

// Three samples: a dog and a cat of one group, and a JPEG of a bird.
void write_three(const Path& folder, const std::string& bird = "bird") {
  StoreWriter writer(folder, options());
  const Uid dog = writer.add(tiny_png(10), "dog.png", "pets");
  const Uid cat = writer.add(tiny_png(20, 6, 5), "cat.png", "pets");
  const Uid jpeg = writer.add(tiny_jpeg(30), "bird.jpg", "birds");
  writer.layer("tags").add(dog, "dog");
  writer.layer("tags").add(cat, "dog", Kind::neg);
  writer.layer("tags").add(cat, "cat", Kind::soft, 0.75f);
  writer.layer("names").add(jpeg, bird);
  writer.set_split("held_back", {"birds"});
  writer.finish();
}

void replace_in_manifest(const Path& folder, const std::string& from, const std::string& to) {
  std::string text = read_text(folder / kManifestFile);
  const size_t place = text.find(from);
  ASSERT_NE(place, std::string::npos) << from << " is not in\n" << text;
  write_atomically(folder / kManifestFile, text.replace(place, from.size(), to));
}

std::string error_at_open(const Path& folder) {
  return error_of([&] { Store store(folder); });
}

TEST(Store, WhatWasWrittenIsReadBack) {
  ScratchFolder folder;
  write_three(folder.path());
  const Store store(folder.path());
  EXPECT_EQ(store.name(), "tiny");
  EXPECT_EQ(store.licence(), "CC0");
  ASSERT_EQ(store.size(), 3u);
  const SampleInfo& cat = store.info(1);
  EXPECT_EQ(cat.key, "cat.png");
  EXPECT_EQ(cat.group, "pets");
  EXPECT_EQ(cat.codec, Codec::png);
  EXPECT_EQ(cat.width, 6u);
  EXPECT_EQ(cat.height, 5u);
  EXPECT_EQ(cat.channels, 3);
  EXPECT_EQ(store.info(2).codec, Codec::jpeg);
  EXPECT_EQ(store.find(cat.uid), 1);
  EXPECT_EQ(store.find(Uid{1, 2}), -1);
  Bytes content;
  store.read(1, content);
  EXPECT_EQ(content, tiny_png(20, 6, 5));
  store.read(2, content);
  EXPECT_EQ(content, tiny_jpeg(30));
}

TEST(Store, TextsOfASampleComeByVocabularyRowWithKindAndLayer) {
  ScratchFolder folder;
  write_three(folder.path());
  const Store store(folder.path());
  EXPECT_EQ(store.layers(), (std::vector<std::string>{"names", "tags"}));
  ASSERT_EQ(store.texts(1).size(), 2u);
  for (const TextStatement& said : store.texts(1)) {
    const std::string text = store.vocabulary().text(said.row);
    EXPECT_EQ(store.layers()[said.layer], "tags");
    EXPECT_EQ(said.kind, text == "cat" ? Kind::soft : Kind::neg);
    EXPECT_EQ(said.confidence, text == "cat" ? 0.75f : 1.0f);
  }
  EXPECT_LT(store.texts(1)[0].row, store.texts(1)[1].row);
}

TEST(Store, SplitsFollowTheGroupsAndTheRestIsTrain) {
  ScratchFolder folder;
  write_three(folder.path());
  const Store store(folder.path());
  EXPECT_EQ(store.splits(), (std::vector<std::string>{"all", "train", "held_back"}));
  EXPECT_EQ(store.split("all"), (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_EQ(store.split("train"), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(store.split("held_back"), (std::vector<uint32_t>{2}));
  expect_says(error_of([&] { store.split("held_bak"); }), "did you mean \"held_back\"?");
}

TEST(Store, EqualContentIsOneSampleWithWhatWasSaidOfBothNames) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), options());
  const Uid first = writer.add(tiny_png(10), "a.png", "a");
  const Uid again = writer.add(tiny_png(10), "copy of a.png", "b");
  EXPECT_EQ(first, again);
  EXPECT_EQ(writer.size(), 1u);
  EXPECT_EQ(writer.merged(), 1u);
  writer.layer("tags").add(first, "one");
  writer.layer("tags").add(again, "two");
  writer.finish();
  const Store store(folder.path());
  ASSERT_EQ(store.size(), 1u);
  EXPECT_EQ(store.info(0).key, "a.png");
  EXPECT_EQ(store.texts(0).size(), 2u);
}

// A PNG with bytes behind its end: as long as wanted, and still with a header that can be read.
Bytes long_png(int shade, size_t size) {
  Bytes content = tiny_png(shade);
  while (content.size() < size) content.push_back(static_cast<uint8_t>(content.size() * 31 + shade));
  return content;
}

TEST(Store, ASampleCrossesAChunkOnlyWhereItIsLargerThanOne) {
  constexpr size_t kMiB = 1 << 20;
  ScratchFolder folder;
  const std::vector<Bytes> contents = {long_png(1, 3 * kMiB), long_png(2, 3 * kMiB), long_png(3, 9 * kMiB),
                                       tiny_png(4)};
  {
    StoreWriter writer(folder.path(), options());
    for (size_t i = 0; i < contents.size(); ++i) writer.add(contents[i], std::to_string(i), std::to_string(i));
    writer.finish();
  }
  // The second does not fit behind the first; the third starts at a boundary and ends at 17 MiB; the fourth fits
  // behind.
  EXPECT_EQ(H5File::open(folder / kShard).read<uint64_t>("index/offset", 4),
            (std::vector<uint64_t>{0, 4 * kMiB, 8 * kMiB, 17 * kMiB}));
  const Store store(folder.path());
  for (size_t i = 0; i < contents.size(); ++i) {
    Bytes content;
    store.read(i, content);
    EXPECT_EQ(content, contents[i]) << i;
  }
}

TEST(Store, TheLibraryReadsFromTheBlobWhatAPreadReads) {
  ScratchFolder folder;
  write_three(folder.path());
  const Store store(folder.path());
  const H5File file = H5File::open(folder / kShard);
  const Bytes blob = file.read<uint8_t>("blob", file.rows("blob"));
  const auto offsets = file.read<uint64_t>("index/offset", 3);
  for (size_t i = 0; i < 3; ++i) {
    Bytes content;
    store.read(i, content);
    EXPECT_TRUE(std::equal(content.begin(), content.end(), blob.begin() + static_cast<int64_t>(offsets[i])));
  }
}

TEST(Store, AFullShardIsFollowedByAnother) {
  ScratchFolder folder;
  {
    StoreWriter writer(folder.path(), options(/*shard_bytes=*/150));
    for (int i = 0; i < 5; ++i) writer.add(tiny_png(i), std::to_string(i), std::to_string(i));
    writer.finish();
  }
  EXPECT_GT(read_manifest(folder.path()).shards.size(), 1u);
  const Store store(folder.path());
  for (int i = 0; i < 5; ++i) {
    Bytes content;
    store.read(i, content);
    EXPECT_EQ(content, tiny_png(i));
  }
}

TEST(Store, ManyThreadsReadAtOnce) {
  ScratchFolder folder;
  write_three(folder.path());
  const Store store(folder.path());
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (int& count : wrong)
    threads.emplace_back([&] {
      Bytes content;
      for (int i = 0; i < 200; ++i) {
        store.read(i % 2, content);
        count += content != (i % 2 ? tiny_png(20, 6, 5) : tiny_png(10));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, (std::vector<int>{0, 0, 0, 0}));
}

TEST(Store, ADamagedSampleIsNamedWithItsShardKeyAndBothChecksums) {
  ScratchFolder folder;
  write_three(folder.path());
  flip_byte_of(tiny_png(20, 6, 5), folder / kShard);
  const Store store(folder.path());
  Bytes content;
  store.read(0, content);
  const std::string error = error_of([&] { store.read(1, content); });
  expect_says(error, "sample 1 (cat.png) of images-00000.h5");
  char checksum[9];
  std::snprintf(checksum, sizeof checksum, "%08x", store.info(1).crc);
  expect_says(error, join("the index says ", checksum));
  std::snprintf(checksum, sizeof checksum, "%08x", crc32c(content.data(), content.size()));
  expect_says(error, join("CRC-32C of its bytes is ", checksum));
}

// Two slices of 64 x 48 pixels that deflate badly.
Bytes noisy_volume() {
  Volume volume;
  volume.header.slices = 2, volume.header.height = 48, volume.header.width = 64;
  volume.header.modalities.resize(1);
  for (uint32_t i = 0; i < volume.header.voxel_bytes(); ++i)
    volume.voxels.push_back(static_cast<uint8_t>((i * 2654435761u) >> 24));
  return encode_volume(volume);
}

TEST(Store, OneSliceOfAVolumeIsReadWithoutTheOthers) {
  ScratchFolder folder;
  const Bytes file = noisy_volume(), png = tiny_png(10);
  {
    StoreWriter writer(folder.path(), options());
    writer.add(png, "a.png", "a");
    writer.add(file, "b", "b");
    writer.finish();
  }
  const VolumeReader whole(file.data(), file.size());
  const Store store(folder.path());
  Bytes content;
  for (uint32_t slice : {0u, 1u}) {
    store.read_view(1, slice, content);
    EXPECT_LT(content.size(), file.size() * 3 / 4);
    EXPECT_EQ(VolumeReader(content.data(), content.size()).slice(0).values, whole.slice(slice).values);
  }
  store.read_view(0, 0, content);
  EXPECT_EQ(content, png);
  Bytes tail(file.end() - 2000, file.end());  // within the second slice
  flip_byte_of(tail, folder / kShard);
  const Store damaged(folder.path());
  damaged.read_view(1, 0, content);
  EXPECT_EQ(VolumeReader(content.data(), content.size()).slice(0).values, whole.slice(0).values);
  const std::string error = error_of([&] { damaged.read_view(1, 1, content); });
  expect_says(error, "slice 1, modality 0: the checksum differs");
  expect_says(error, "sample 1 (b) of images-00000.h5");
}

TEST(Store, OneSliceOfALinkedVolumeIsThatSlice) {
  ScratchFolder folder;
  const Bytes file = noisy_volume();
  write_file(folder / "b.vol", file);
  {
    StoreWriter writer(folder / "dataset", options());
    const StoreWriter::Link link{folder / "b.vol", 0};
    writer.add(file, "b", "b", &link);
    writer.finish();
  }
  Bytes content;
  Store(folder / "dataset").read_view(0, 1, content);
  EXPECT_EQ(VolumeReader(content.data(), content.size()).slice(0).values,
            VolumeReader(file.data(), file.size()).slice(1).values);
}

TEST(Store, ATruncatedShardIsRefusedAtOpen) {
  ScratchFolder folder;
  write_three(folder.path());
  fs::resize_file(folder / kShard, fs::file_size(folder / kShard) - 100);
  expect_says(error_at_open(folder.path()), "images-00000.h5: has ");
  expect_says(error_at_open(folder.path()), "it was cut short");
  fs::remove(folder / kShard);
  expect_says(error_at_open(folder.path()), "images-00000.h5: cannot find it");
}

TEST(Store, ALieInTheIndexIsRefusedAtOpen) {
  const auto error_after = [](const std::string& column, hid_t type, const auto& values) {
    ScratchFolder folder;
    write_three(folder.path());
    lie_in_column(folder / kShard, column, type, values);
    return error_at_open(folder.path());
  };
  using U8 = std::vector<uint8_t>;
  using U32 = std::vector<uint32_t>;
  using U64 = std::vector<uint64_t>;
  const uint64_t far = uint64_t{1} << 40;
  expect_says(error_after("index/offset", H5T_NATIVE_UINT64, U64{0, far, 0}),
              "bytes 1099511627776 to 1099511627776 + ");
  expect_says(error_after("index/offset", H5T_NATIVE_UINT64, U64{0, ~uint64_t{0}, 0}), "are not within the blob's");
  expect_says(error_after("index/bytes", H5T_NATIVE_UINT32, U32{5, 5, 0xffffffff}), "are not within the blob's");
  expect_says(error_after("index/bytes", H5T_NATIVE_UINT32, U32{0, 5, 5}), "while opening sample 0 (dog.png) of ");
  expect_says(error_after("index/codec", H5T_NATIVE_UINT8, U8{2, 9, 1}), "codec 9 is unknown");
  expect_says(error_after("index/channels", H5T_NATIVE_UINT8, U8{3, 3, 7}), "7 channels, wanted 1 to 4");
  expect_says(error_after("index/width", H5T_NATIVE_UINT32, U32{0, 6, 8}), "its size is 0 x 3");
  expect_says(error_after("index/key_ptr", H5T_NATIVE_UINT64, U64{0, 14, 7, 22}), "index/key_ptr does not ascend");
  expect_says(error_after("index/key_ptr", H5T_NATIVE_UINT64, U64{0, 7, 14, far}), "claims 1099511627776 values");
  expect_says(error_after("index/key_ptr", H5T_NATIVE_UINT64, U64{0, 7, 14, 20}),
              "index/key_blob has 22 rows, wanted 20");
  expect_says(error_after("index/key_blob", H5T_NATIVE_UINT8, U8(22, 0xff)), "key of row 0 is not UTF-8");
}

TEST(Store, TwoSamplesOfOneUidAreRefusedAtOpen) {
  ScratchFolder folder;
  write_three(folder.path());
  lie_in_column(folder / kShard, "index/uid_high", H5T_NATIVE_UINT64, std::vector<uint64_t>{7, 7, 7});
  lie_in_column(folder / kShard, "index/uid_low", H5T_NATIVE_UINT64, std::vector<uint64_t>{1, 2, 1});
  expect_says(error_at_open(folder.path()), "sample 2 (bird.jpg) has the uid of sample 0 (dog.png)");
}

TEST(Store, AFileOfAnotherKindIsNoShard) {
  ScratchFolder folder;
  write_three(folder.path());
  Bytes noise(fs::file_size(folder / kShard), 42);
  write_file(folder / kShard, noise);
  expect_says(error_at_open(folder.path()), "cannot open as an HDF5 file: HDF5 says: ");
  fs::copy_file(folder.path() / "evidence" / "tags" / "part-0.h5", folder / kShard,
                fs::copy_options::overwrite_existing);
  const ShardEntry shard = read_manifest(folder.path()).shards[0];
  replace_in_manifest(folder.path(), join("\"bytes\": ", shard.bytes),
                      join("\"bytes\": ", fs::file_size(folder / kShard)));
  expect_says(error_at_open(folder.path()), "is \"weft.evidence\" version 2, wanted \"weft.images\" version 2");
}

TEST(Store, AManifestThatIsWrongSaysWhere) {
  const auto error_after = [](const std::string& from, const std::string& to) {
    ScratchFolder folder;
    write_three(folder.path());
    replace_in_manifest(folder.path(), from, to);
    return error_at_open(folder.path());
  };
  expect_says(error_after("\"licence\"", "\"license\""), "dataset.json: \"licence\" is missing");
  expect_says(error_after("\"version\": 2", "\"version\": 3"), "is \"weft.dataset\" version 3, wanted");
  expect_says(error_after("images-00000.h5", "../elsewhere.h5"), "shards[0]: file: \"../elsewhere.h5\" is no name");
  expect_says(error_after("\"samples\": 3", "\"samples\": 4"), "says 4 samples, but its parts add up to 3");
  expect_says(error_after("\"samples\": 3", "\"samples\": -3"), "samples: wanted a whole number, found -3");
  expect_says(error_after("\"birds\"", "\"brids\""),
              "split \"held_back\" names the group \"brids\", which no sample has");
  expect_says(error_after("{", "["), "dataset.json: is not JSON");
}

TEST(Store, AFolderWithoutAManifestIsNoDataset) {
  ScratchFolder folder;
  expect_says(error_at_open(folder.path()), "no dataset here (dataset.json is missing); was an import interrupted?");
}

TEST(StoreWriter, AKilledImportIsNoDatasetAndIsOverwritten) {
  ScratchFolder folder;
  {
    StoreWriter killed(folder.path(), options(/*shard_bytes=*/100));
    for (int i = 0; i < 4; ++i) killed.layer("tags").add(killed.add(tiny_png(i), std::to_string(i), "g"), "old");
    killed.layer("tags").publish(folder.path());
  }
  EXPECT_TRUE(fs::exists(folder / "images-00000.h5"));
  EXPECT_TRUE(fs::exists(folder / "images-00003.h5.tmp"));
  expect_says(error_at_open(folder.path()), "was an import interrupted?");
  write_three(folder.path());
  const Store store(folder.path());
  EXPECT_EQ(store.size(), 3u);
  EXPECT_EQ(store.vocabulary().find("old"), -1);
  EXPECT_FALSE(fs::exists(folder / "images-00003.h5.tmp"));
}

TEST(StoreWriter, AFolderWithSomethingElseInItIsLeftAlone) {
  ScratchFolder folder;
  write_file(folder / "thesis.tex", {1, 2, 3});
  write_file(folder / kShard, {1, 2, 3});
  expect_says(error_of([&] { StoreWriter writer(folder.path(), options()); }), "holds \"thesis.tex\"");
  EXPECT_TRUE(fs::exists(folder / kShard));
}

TEST(StoreWriter, TheSameDatasetAgainChangesNothing) {
  ScratchFolder folder;
  write_three(folder.path());
  const Bytes before = read_bytes(folder / kShard);
  const auto written_at = fs::last_write_time(folder / kShard);
  write_three(folder.path());
  EXPECT_EQ(read_bytes(folder / kShard), before);
  EXPECT_EQ(fs::last_write_time(folder / kShard), written_at);
  for (const auto& entry : fs::recursive_directory_iterator(folder.path()))
    EXPECT_NE(entry.path().extension(), ".tmp") << entry.path();
}

TEST(StoreWriter, AFinishedDatasetIsNeverOverwrittenByAnother) {
  ScratchFolder folder;
  write_three(folder.path());
  const std::string manifest = read_text(folder / kManifestFile);
  expect_says(error_of([&] { StoreWriter writer(folder.path(), {.name = "other", .licence = "CC0"}); }),
              "already holds the finished dataset \"tiny\", and its name would differ");
  expect_says(error_of([&] { write_three(folder.path(), "a bird"); }), "holds another evidence layer of this name");
  const std::string error = error_of([&] {
    StoreWriter writer(folder.path(), options());
    writer.add(tiny_png(99), "new.png", "new");
    writer.finish();
  });
  expect_says(error, "and images-00000.h5 would differ");
  EXPECT_EQ(read_text(folder / kManifestFile), manifest);
  EXPECT_EQ(Store(folder.path()).size(), 3u);
}

TEST(StoreWriter, AFinishedDatasetThatWasDamagedIsNotTheSame) {
  ScratchFolder folder;
  write_three(folder.path());
  flip_byte_of(tiny_png(10), folder / kShard);
  expect_says(error_of([&] { write_three(folder.path()); }), "and images-00000.h5 would differ");
}

TEST(StoreWriter, AGroupIsInOneSplitOnly) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), options());
  writer.add(tiny_png(1), "a", "pets");
  writer.set_split("held_back", {"pets"});
  expect_says(error_of([&] { writer.set_split("test", {"pets"}); }), "is in the split \"held_back\"");
  expect_says(error_of([&] { writer.set_split("test", {"pet"}); }), "the group \"pet\", which no sample has");
  expect_says(error_of([&] { writer.set_split("train", {}); }), "it follows from the others");
}

TEST(StoreWriter, ASubsetIsReadLikeASplitAndMovesNoSample) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), options());
  writer.add(tiny_png(1), "a", "pets");
  const Uid second = writer.add(tiny_png(2), "b", "pets");
  writer.set_split("dev", {"pets"});
  writer.set_subset("dev_gallery", {second});
  expect_says(error_of([&] { writer.set_subset("dev", {second}); }), "has the name of a split");
  expect_says(error_of([&] { writer.set_subset("other", {Uid{1, 2}}); }), "which was never added");
  writer.finish();
  const Store store(folder.path());
  EXPECT_EQ(store.splits(), (std::vector<std::string>{"all", "train", "dev", "dev_gallery"}));
  EXPECT_EQ(store.split("dev_gallery"), (std::vector<uint32_t>{1}));
  EXPECT_EQ(store.split("dev"), (std::vector<uint32_t>{0, 1}));
  replace_in_manifest(folder.path(), second.text(), Uid{1, 2}.text());
  expect_says(error_at_open(folder.path()), "subset \"dev_gallery\" names the sample " + Uid{1, 2}.text());
}

TEST(StoreWriter, WhatIsNoImageOrHasNoProperNameIsRefused) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), options());
  expect_says(error_of([&] { writer.add({1, 2, 3}, "noise.bin", "g"); }), "adding sample noise.bin");
  expect_says(error_of([&] { writer.add(tiny_png(1), "\xff.png", "g"); }), "wanted UTF-8 text");
  expect_says(error_of([&] { writer.add(tiny_png(1), "a.png", ""); }), "the group of sample a.png");
  expect_says(error_of([&] { writer.finish(); }), "without a single sample");
}

}  // namespace
}  // namespace weft
