// SPDX-License-Identifier: Apache-2.0
// Samples whose bytes stay where they are: in files of their own, or as members of a larger one.
#include <gtest/gtest.h>

#include <thread>

#include "data/check_dataset.h"
#include "data/manifest.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

// pictures/a.png, and pictures/both.bin: a.png of another shade behind 7 bytes, and another behind it.
class Links : public testing::Test {
 protected:
  Links() {
    write_file(pictures() / "a.png", first_);
    Bytes both(7, 42);
    both.insert(both.end(), second_.begin(), second_.end());
    both.insert(both.end(), third_.begin(), third_.end());
    write_file(pictures() / "both.bin", both);
    StoreWriter writer(dataset(), {.name = "tiny", .licence = "CC0"});
    const StoreWriter::Link a{pictures() / "a.png", 0}, b{pictures() / "both.bin", 7},
        c{pictures() / "both.bin", 7 + second_.size()};
    writer.add(first_, "a", "a", &a);
    writer.add(second_, "b", "b", &b);
    writer.add(tiny_png(4), "copied", "d");
    writer.add(third_, "c", "c", &c);
    writer.finish();
  }

  Path pictures() const { return folder_ / "pictures"; }
  Path dataset() const { return folder_ / "dataset"; }
  std::string error_reading(size_t sample) {
    const Store store(dataset());
    Bytes content;
    return error_of([&] { store.read(sample, content); });
  }

  ScratchFolder folder_;
  const Bytes first_ = tiny_png(1), second_ = tiny_png(2, 9, 9), third_ = tiny_jpeg(3);
};

TEST_F(Links, AreReadFromTheirFilesBesideSamplesThatWereCopied) {
  const Store store(dataset());
  const std::vector<Bytes> wanted = {first_, second_, tiny_png(4), third_};
  for (size_t i = 0; i < wanted.size(); ++i) {
    Bytes content;
    store.read(i, content);
    EXPECT_EQ(content, wanted[i]) << i;
  }
  EXPECT_EQ(store.info(0).link, "../pictures/a.png");
  EXPECT_EQ(store.info(1).link_offset, 7u);
  EXPECT_EQ(store.info(2).link, "");
  EXPECT_TRUE(check_dataset(dataset()).is_sound());
}

TEST_F(Links, BesideTheDatasetMoveWithIt) {
  const Path elsewhere = folder_ / "elsewhere" / "deep";
  make_folder(elsewhere);
  fs::rename(pictures(), elsewhere / "pictures");
  fs::rename(dataset(), elsewhere / "renamed");
  const Store store(elsewhere / "renamed");
  Bytes content;
  store.read(3, content);
  EXPECT_EQ(content, third_);
}

TEST_F(Links, FartherAwayAreAbsolute) {
  const Path deep = folder_ / "one" / "two" / "dataset";
  StoreWriter writer(deep, {.name = "deep", .licence = "CC0"});
  const StoreWriter::Link link{pictures() / "a.png", 0};
  const Uid uid = writer.add(first_, "a", "a", &link);
  EXPECT_EQ(writer.info(uid).link, fs::absolute(pictures() / "a.png"));
}

TEST_F(Links, InsideTheDatasetsFolderAreRelative) {
  StoreWriter writer(folder_ / "outer", {.name = "outer", .licence = "CC0"});
  write_file(folder_ / "outer" / "raw" / "a.png", first_);
  const StoreWriter::Link link{folder_ / "outer" / "raw" / "a.png", 0};
  EXPECT_EQ(writer.info(writer.add(first_, "a", "a", &link)).link, "raw/a.png");
}

TEST_F(Links, ToAFileThatIsGoneSayWhichAndThatItWasLinked) {
  fs::remove(pictures() / "a.png");
  const std::string error = error_reading(0);
  expect_says(error, "pictures/a.png: cannot open the linked file: No such file");
  expect_says(error, "the import linked to it instead of copying it");
  expect_says(error, "sample 0 (a)");
}

TEST_F(Links, ToAFileThatIsShorterSayWhereItEnds) {
  fs::resize_file(pictures() / "both.bin", 20);
  expect_says(error_reading(1), "both.bin: ends at byte 20, wanted the bytes 7 to ");
  expect_says(error_reading(3), "the linked file was cut short after the import");
}

TEST_F(Links, ToAFileThatWasChangedSayBothChecksums) {
  flip_byte_of(third_, pictures() / "both.bin");
  const std::string error = error_reading(3);
  expect_says(error, "both.bin: the linked file was changed after the import: CRC-32C of its bytes is ");
  expect_says(error, "the index says ");
  EXPECT_EQ(error_reading(1), "");
}

TEST_F(Links, ThatAreDamagedAreFoundByTheCheck) {
  fs::remove(pictures() / "a.png");
  flip_byte_of(third_, pictures() / "both.bin");
  const DatasetCheck found = check_dataset(dataset());
  EXPECT_FALSE(found.is_sound());
  EXPECT_EQ(found.damaged.size(), 2u);
}

TEST_F(Links, ThatDoNotHoldTheBytesAreRefusedAtImport) {
  StoreWriter writer(folder_ / "other", {.name = "other", .licence = "CC0"});
  const StoreWriter::Link wrong{pictures() / "both.bin", 6}, none{pictures() / "none.png", 0};
  expect_says(error_of([&] { writer.add(second_, "b", "b", &wrong); }), "both.bin: byte 6 does not begin the ");
  expect_says(error_of([&] { writer.add(second_, "b", "b", &none); }), "none.png: cannot open the linked file");
}

TEST_F(Links, OfMoreFilesThanStayOpenAreReadByManyThreads) {
  constexpr int kFiles = 200;
  StoreWriter writer(folder_ / "many", {.name = "many", .licence = "CC0"});
  for (int i = 0; i < kFiles; ++i) {
    const StoreWriter::Link link{pictures() / (std::to_string(i) + ".png"), 0};
    write_file(link.file, tiny_png(i, 5, 2));
    writer.add(tiny_png(i, 5, 2), std::to_string(i), std::to_string(i), &link);
  }
  writer.finish();
  const Store store(folder_ / "many");
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < wrong.size(); ++t)
    threads.emplace_back([&, t] {
      Bytes content;
      for (int i = 0; i < kFiles; ++i) {
        const int sample = (i * 7 + 50 * static_cast<int>(t)) % kFiles;
        store.read(sample, content);
        wrong[t] += content != tiny_png(sample, 5, 2);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, (std::vector<int>{0, 0, 0, 0}));
}

TEST_F(Links, TakeNoRoomInTheDataset) {
  Bytes large = tiny_png(1);
  large.resize(6 << 20, 7);
  write_file(folder_ / "large.png", large);
  StoreWriter writer(folder_ / "small", {.name = "small", .licence = "CC0"});
  const StoreWriter::Link link{folder_ / "large.png", 0};
  writer.add(large, "large", "g", &link);
  writer.finish();
  EXPECT_LT(read_manifest(folder_ / "small").shards[0].bytes, 100'000u);
}

TEST_F(Links, ToAFileOfTheTableThatIsNotThereAreRefusedAtOpen) {
  lie_in_column(dataset() / "images-00000.h5", "index/link", H5T_NATIVE_UINT32,
                std::vector<uint32_t>{0, 1, 0xffffffff, 9});
  expect_says(error_of([&] { Store store(dataset()); }), "sample 3 is linked to the file 9 of 2");
}

}  // namespace
}  // namespace weft
