// SPDX-License-Identifier: Apache-2.0
// Numbers from tests/golden/make_random.py: the Python package xxhash, and CRC-32C by its polynomial bit by bit.
#include "base/hash.h"

#include <gtest/gtest.h>

#include <numeric>
#include <unordered_set>

#include "tests/support.h"

namespace weft {
namespace {

TEST(Crc32c, GivesTheKnownAnswers) {
  EXPECT_EQ(crc32c("123456789", 9), 0xe3069283u);
  Bytes all(256);
  std::iota(all.begin(), all.end(), uint8_t{0});
  EXPECT_EQ(crc32c(all.data(), all.size()), 0x9c44184bu);
  EXPECT_EQ(crc32c("", 0), 0u);
}

TEST(Crc32c, GoesOnWhereAnEarlierPartEnded) {
  const std::string text = "123456789";
  for (size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(crc32c(text.data() + cut, text.size() - cut, crc32c(text.data(), cut)), 0xe3069283u);
}

TEST(Hash, EqualsThePublishedXxh3) {
  EXPECT_EQ(hash_text(hash64("weft")), "15d05235f1304082");
  EXPECT_EQ(hash_text(hash64("weft", 7)), "2a7e6952d5aef3c2");
  EXPECT_EQ(content_uid("weft", 4).text(), "69aeedc904d9a734126c4f6354db18ad");
}

TEST(Hash, AFileReadInPiecesHasTheHashOfItsContent) {
  const ScratchFolder folder;
  Bytes content(3'000'000);
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<uint8_t>(i % 251);
  write_atomically(folder / "large", content);
  EXPECT_EQ(hash_of_file(folder / "large"), "cc1a5bed6141edab");
  EXPECT_EQ(hash_text(hash64(read_text(folder / "large"))), "cc1a5bed6141edab");
}

TEST(Hash, AFileThatCannotBeReadIsNamed) {
  const ScratchFolder folder;
  EXPECT_NE(error_of([&] { hash_of_file(folder / "none"); }).find("none: cannot open"), std::string::npos);
  EXPECT_NE(error_of([&] { hash_of_file(folder.path()); }), "");
}

TEST(Uid, ServesAsAKeyOfSetsAndHasAnOrder) {
  const std::unordered_set<Uid> uids = {{1, 2}, {1, 2}, {2, 2}};
  EXPECT_EQ(uids.size(), 2u);
  EXPECT_LT((Uid{1, 9}), (Uid{2, 0}));
}

}  // namespace
}  // namespace weft
