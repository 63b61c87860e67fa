// SPDX-License-Identifier: Apache-2.0
// Event files against the bytes that tests/golden/make_tfevents.py builds from the format's description.
#include "base/tfevents.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "base/error.h"
#include "base/hash.h"

namespace weft {
namespace {

constexpr const char* kScalarRecord =
    "1b000000000000001a0d9e1309000010c00b5ad64110ac022a0d0a0b0a046c6f73731500002040433183f5";
constexpr const char* kImageRecord =
    "2500000000000000eabc36f309000040c00b5ad64110ad022a170a150a057669657773220c080210031803220489504e475af0007c";

class EventFile : public ::testing::Test {
 protected:
  EventFile() : folder_(std::filesystem::temp_directory_path() / join("weft-tfevents-", ::getpid())) {}
  ~EventFile() override { std::filesystem::remove_all(folder_); }
  Path folder_;
};

std::string hex(std::string_view bytes) {
  std::string text;
  char pair[3];
  for (const char byte : bytes) {
    std::snprintf(pair, sizeof pair, "%02x", static_cast<unsigned char>(byte));
    text += pair;
  }
  return text;
}

uint32_t u32_at(std::string_view bytes, size_t place) {
  uint32_t value;
  std::memcpy(&value, bytes.data() + place, sizeof value);
  return value;
}

uint32_t masked(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

// The events of a file, each checked against its two checksums.
std::vector<std::string> events_of(const Path& path) {
  const std::string bytes = read_text(path);
  std::vector<std::string> events;
  for (size_t at = 0; at < bytes.size();) {
    const uint32_t length = u32_at(bytes, at);
    EXPECT_EQ(u32_at(bytes, at + 4), 0u);
    EXPECT_EQ(u32_at(bytes, at + 8), masked(crc32c(bytes.data() + at, 8)));
    events.push_back(bytes.substr(at + 12, length));
    EXPECT_EQ(u32_at(bytes, at + 12 + length), masked(crc32c(events.back().data(), length)));
    at += 16 + length;
  }
  return events;
}

TEST_F(EventFile, TheMaskedChecksumIsTensorBoards) {
  const std::string text =
      "\x1a\x11"
      "CRC test, one two";
  EXPECT_EQ(masked(crc32c(text.data(), text.size())), 0x5794d08au);
}

TEST_F(EventFile, TheFirstRecordNamesTheFormat) {
  EventWriter writer(folder_);
  const std::vector<std::string> events = events_of(writer.path());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].substr(9),
            "\x1a\x0d"
            "brain.Event:2");  // after the nine bytes of wall_time
}

TEST_F(EventFile, ScalarsAndImagesAreTheBytesOfTheFormat) {
  EventWriter writer(folder_);
  const size_t head = std::filesystem::file_size(writer.path());
  writer.scalar("loss", 300, 2.5, 1.5e9 + 0.25);
  writer.image("views", 301, {0x89, 'P', 'N', 'G'}, 3, 2, 1.5e9 + 1);
  writer.flush();
  EXPECT_EQ(hex(read_text(writer.path()).substr(head)), std::string(kScalarRecord) + kImageRecord);
  EXPECT_EQ(events_of(writer.path()).size(), 3u);
}

TEST_F(EventFile, TheNameSaysTheTimeButNotTheMachine) {
  EventWriter writer(folder_);
  const std::string name = writer.path().filename().string();
  EXPECT_EQ(name.substr(0, 20), "events.out.tfevents.");
  EXPECT_EQ(name.find_first_not_of("0123456789", 20), 30u);
  EXPECT_EQ(name.substr(30), join(".weft.", ::getpid(), ".0"));
}

TEST_F(EventFile, TwoWritersOfOneFolderHaveAFileEach) {
  EventWriter first(folder_), second(folder_);
  EXPECT_NE(first.path(), second.path());
}

TEST_F(EventFile, AFolderThatCannotBeMadeIsNamed) {
  write_atomically(folder_, "a file");
  EXPECT_THROW(EventWriter writer(folder_), Error);
}

}  // namespace
}  // namespace weft
