// SPDX-License-Identifier: Apache-2.0
// Hashes: tests/golden/make_fingerprint.py.
#include "data/check/twins.h"

#include <gtest/gtest.h>

#include <bit>
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "data/check_dataset.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {
namespace {

// Blobs that a shrunk picture still shows.
Image blobs(uint64_t seed, int width = 64, int height = 48) {
  Stream stream(seed, Purpose::init, 0, 0);
  Image image = tiny_image(128, width, height);
  for (int blob = 0; blob < 12; ++blob) {
    const auto x0 = static_cast<int>(stream.below(width - 8)), y0 = static_cast<int>(stream.below(height - 8));
    const auto shade = static_cast<uint8_t>(stream.below(256));
    for (int y = y0; y < std::min(height, y0 + 16); ++y)
      for (int x = x0; x < std::min(width, x0 + 16); ++x) std::fill_n(image.row(y) + 3 * x, 3, shade);
  }
  return image;
}

Image shifted_by_one(Image image) {
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(std::min(255, value + 1));
  return image;
}

class Copies : public testing::Test {
 protected:
  TwinStatistics found() {
    writer_.finish();
    return check_dataset(folder_.path()).twins;
  }
  ScratchFolder folder_;
  StoreWriter writer_{folder_.path(), {.name = "copies", .licence = "CC0"}};
};

TEST(PictureFacts, DifferenceHashesAreThoseOfExactAreaMeans) {
  const auto golden = nlohmann::json::parse(read_text(Path(WEFT_SOURCE_DIR) / "tests/golden/fingerprint.json"));
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "hashes", .licence = "CC0"});
  std::vector<uint64_t> wanted;
  for (const auto& [width, height, hash] : golden["hashes"].get<std::vector<std::tuple<int, int, std::string>>>()) {
    Image image(width, height, 1);
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x)
        image.row(y)[x] = static_cast<uint8_t>((x * x * 3 + y * 7 + (x / 3) * (y / 2) * 11) % 251);
    writer.add(encode_png(image), join(width), join(width));
    wanted.push_back(std::stoull(hash));
  }
  writer.finish();
  const std::vector<PictureFacts> facts = look_at_pictures(Store(folder.path()), 2, 1000);
  for (size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(facts[i].difference, wanted[i]) << i;
}

TEST_F(Copies, EqualPixelsInAnotherFileAreFoundAndLeakAcrossSplits) {
  Image grey(20, 10, 1), colour(20, 10, 3);
  for (size_t i = 0; i < grey.pixels.size(); ++i)
    grey.pixels[i] = colour.pixels[3 * i] = colour.pixels[3 * i + 1] = colour.pixels[3 * i + 2] =
        static_cast<uint8_t>(i);
  writer_.add(encode_png(grey), "grey", "one");
  writer_.add(encode_png(colour), "colour", "two");
  writer_.set_split("test", {"two"});
  const TwinStatistics twins = found();
  ASSERT_EQ(twins.pairs.size(), 1u);
  EXPECT_EQ(twins.equal, 1u);
  EXPECT_EQ(twins.alike, 0u);
  EXPECT_EQ(twins.leaking, 1u);
  EXPECT_TRUE(twins.pairs[0].is_equal);
  EXPECT_EQ(twins.pairs[0].split_a, "train");
  EXPECT_EQ(twins.pairs[0].split_b, "test");
  expect_says(check_dataset(folder_.path()).text(), "1 pair of equal or near-equal pictures lie in two splits");
}

TEST_F(Copies, APictureThatWasCompressedAgainLooksAlike) {
  writer_.add(encode_png(blobs(1)), "a", "one");
  writer_.add(encode_jpeg(blobs(1), 60), "again", "two");
  writer_.add(encode_png(shifted_by_one(blobs(2))), "b", "three");
  writer_.add(encode_png(blobs(2)), "brighter", "three");
  const TwinStatistics twins = found();
  EXPECT_EQ(twins.equal, 0u);
  EXPECT_EQ(twins.alike, 2u);
  EXPECT_EQ(twins.between_groups, 1u);  // of b and brighter somebody knew
}

TEST_F(Copies, OtherPicturesAreNoCopies) {
  for (uint64_t seed = 0; seed < 60; ++seed) writer_.add(encode_png(blobs(seed)), join(seed), join(seed));
  const TwinStatistics twins = found();
  EXPECT_EQ(twins.equal + twins.alike, 0u);
}

TEST_F(Copies, PicturesWithoutContrastAreComparedWithNone) {
  writer_.add(tiny_png(10, 40, 40), "dark", "one");
  writer_.add(tiny_png(11, 40, 40), "darkish", "two");
  const TwinStatistics twins = found();
  EXPECT_EQ(twins.alike, 0u);
  EXPECT_EQ(twins.flat, 2u);
}

// By all pairs, without bands.
TEST(FindTwins, FindsEveryPairThatComparingAllWithAllFinds) {
  ScratchFolder folder;
  StoreWriter writer(folder.path(), {.name = "many", .licence = "CC0"});
  for (int i = 0; i < 40; ++i) writer.add(tiny_png(i), join(i), join(i));
  writer.finish();
  const Store store(folder.path());
  Stream stream(5, Purpose::init, 0, 0);
  std::vector<PictureFacts> facts(40);
  for (size_t i = 0; i < facts.size(); ++i) {
    facts[i].pixels = i;
    facts[i].difference = i % 8 == 0 ? uint64_t{stream.bits()} << 32 | stream.bits() : facts[i - 1].difference;
    for (uint64_t flips = i % 8 == 0 ? 0 : stream.below(4); flips > 0; --flips)
      facts[i].difference ^= uint64_t{1} << stream.below(64);
    for (size_t place = 0; place < 256; ++place) facts[i].miniature[place] = static_cast<uint8_t>(place);
  }
  for (const int most_bits : {0, 3, 4, 9}) {
    size_t wanted = 0;
    for (size_t a = 0; a < facts.size(); ++a)
      for (size_t b = a + 1; b < facts.size(); ++b)
        wanted += std::popcount(facts[a].difference ^ facts[b].difference) <= most_bits;
    EXPECT_EQ(find_twins(store, facts, std::vector<std::string>(40, "train"), most_bits, 9999).alike, wanted)
        << most_bits;
    EXPECT_GT(wanted, 0u);
  }
}

}  // namespace
}  // namespace weft
