// SPDX-License-Identifier: Apache-2.0
// Datasets of version 1 still open; tests/golden/make_dataset_v1.py wrote one without any code of ours.
#include <gtest/gtest.h>

#include "data/check_dataset.h"
#include "data/store.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

const Path kFirstVersion = Path(WEFT_SOURCE_DIR) / "tests/golden/dataset_v1";

TEST(StoreVersions, ADatasetOfVersion1IsReadWithWhatItDidNotKeepUnknown) {
  const Store store(kFirstVersion);
  EXPECT_EQ(store.name(), "golden");
  ASSERT_EQ(store.size(), 2u);
  const SampleInfo& bird = store.info(1);
  EXPECT_EQ(bird.key, "b.png");
  EXPECT_EQ(bird.group, "birds");
  EXPECT_EQ(bird.width, 3u);
  EXPECT_EQ(bird.height, 7u);
  EXPECT_EQ(bird.channels, 1);
  EXPECT_EQ(bird.orientation, 1);
  EXPECT_EQ(bird.bits, 8);
  EXPECT_EQ(bird.views, 1u);
  EXPECT_EQ(bird.spacing, (std::array<float, 3>{}));
  EXPECT_EQ(bird.link, "");
  Bytes content;
  store.read(1, content);
  EXPECT_EQ(decode_image(content.data(), content.size()).row(6)[2], 200);
  EXPECT_EQ(store.split("held_back"), (std::vector<uint32_t>{1}));
  EXPECT_EQ(store.split("gallery"), (std::vector<uint32_t>{0}));
  EXPECT_EQ(store.splits(), (std::vector<std::string>{"all", "train", "held_back", "gallery"}));
  ASSERT_EQ(store.texts(1).size(), 1u);
  EXPECT_EQ(store.vocabulary().text(store.texts(1)[0].row), "bird");
  EXPECT_EQ(store.texts(1)[0].kind, Kind::soft);
  EXPECT_EQ(store.texts(1)[0].confidence, 0.75f);
}

TEST(StoreVersions, ADatasetOfVersion1IsSound) {
  const DatasetCheck found = check_dataset(kFirstVersion);
  EXPECT_TRUE(found.is_sound()) << found.text();
}

TEST(StoreVersions, ADatasetOfVersion1IsNotWrittenOver) {
  ScratchFolder folder;
  std::filesystem::copy(kFirstVersion, folder / "copy", std::filesystem::copy_options::recursive);
  expect_says(error_of([&] { StoreWriter writer(folder / "copy", {.name = "golden", .licence = "CC0"}); }),
              "already holds the finished dataset \"golden\", and the version of its format would differ");
}

TEST(StoreVersions, AShardOfVersion1ThatAnImportLeftIsWrittenAnew) {
  ScratchFolder folder;
  std::filesystem::copy_file(kFirstVersion / "images-00000.h5", folder / "images-00000.h5");
  {
    StoreWriter writer(folder.path(), {.name = "tiny", .licence = "CC0"});
    writer.add(tiny_png(1), "a.png", "a");
    writer.finish();
    EXPECT_EQ(writer.continued(), 0u);
  }
  EXPECT_EQ(Store(folder.path()).info(0).key, "a.png");
}

}  // namespace
}  // namespace weft
