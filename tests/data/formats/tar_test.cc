// SPDX-License-Identifier: Apache-2.0
#include "data/formats/tar.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "tests/data/run_python.h"
#include "tests/support.h"

namespace weft {
namespace {

class Tar : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    made_ = std::make_unique<ScratchFolder>();
    listing_ = run_python("data/importers/make_tar.py", {made_->path().string()});
  }
  static void TearDownTestSuite() { made_.reset(); }

  static Bytes archive(const std::string& name) { return read_bytes(*made_ / name); }
  static std::string error_on(const Bytes& content) {
    const Path file = *made_ / "broken.tar";
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    return error_of([&] { read_all(file); });
  }
  static size_t read_all(const Path& file) {
    TarReader tar(file);
    TarMember member;
    size_t bytes = 0;
    while (tar.next(member)) bytes += tar.content().size();
    return bytes;
  }

  static inline std::unique_ptr<ScratchFolder> made_;
  static inline std::string listing_;
};

TEST_F(Tar, MembersAreThoseThatPythonWrote) {
  std::istringstream lines(listing_);
  std::string line;
  int archives = 0;
  for (; std::getline(lines, line); ++archives) {
    const auto wanted = nlohmann::json::parse(line);
    TarReader tar(*made_ / wanted["file"]);
    TarMember member;
    for (const auto& row : wanted["members"]) {
      ASSERT_TRUE(tar.next(member)) << wanted["file"];
      EXPECT_EQ(member.name, row[0]) << wanted["file"];
      EXPECT_EQ(std::string(1, member.type), row[1]) << wanted["file"] << " " << row[0];
      EXPECT_EQ(member.offset, row[3]) << wanted["file"] << " " << row[0];
      const Bytes content = tar.content();
      EXPECT_EQ(content.size(), row[2]) << wanted["file"] << " " << row[0];
      EXPECT_EQ(crc32(0, content.data(), static_cast<unsigned>(content.size())), row[4]) << wanted["file"] << row[0];
    }
    EXPECT_FALSE(tar.next(member)) << wanted["file"];
    EXPECT_EQ(tar.is_compressed(), wanted["file"] == "ustar.tar.gz" || wanted["file"] == "pax.tgz");
  }
  EXPECT_EQ(archives, 8);
}

TEST_F(Tar, WhatIsNotReadIsSkipped) {
  for (const char* name : {"gnu.tar", "pax.tgz"}) {
    TarReader tar(*made_ / name);
    TarMember member;
    int members = 0;
    while (tar.next(member)) ++members;
    EXPECT_EQ(members, name == std::string("gnu.tar") ? 6 : 5);
  }
}

TEST_F(Tar, AnArchiveCutAnywhereIsAnErrorWithTheOffset) {
  const Bytes whole = archive("gnu.tar");
  // Its last member ends at 8704: behind the header 7680 of "after.txt"; two blocks of zeros follow.
  const size_t end = 512 * 17;
  for (size_t size = 0; size < end; size += 100) {
    const std::string error = error_on(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_NE(error.find("cut short at offset "), std::string::npos) << size << ": " << error;
  }
  EXPECT_EQ(error_on(whole), "");
}

TEST_F(Tar, ACutGzipIsAnError) {
  const Bytes whole = archive("pax.tgz");
  for (size_t size = 20; size + 8 < whole.size(); size += 97)
    EXPECT_NE(error_on(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), "") << size;
}

TEST_F(Tar, AWrongChecksumIsAnErrorWithTheOffset) {
  Bytes broken = archive("ustar.tar");
  broken[1536 + 3] ^= 1;
  EXPECT_NE(error_on(broken).find("there is no tar header at offset 1536"), std::string::npos) << error_on(broken);
  EXPECT_NE(error_on(Bytes(2000, 'x')).find("there is no tar header at offset 0"), std::string::npos);
}

TEST_F(Tar, AMissingFileAndAFolderAreErrors) {
  EXPECT_NE(error_of([&] { TarReader(*made_ / "none.tar"); }).find("there is no such file"), std::string::npos);
  EXPECT_NE(error_of([&] { TarReader(made_->path()); }).find("there is no such file"), std::string::npos);
}

// The checksum is made true again, so that what the header says is believed.
Bytes with_true_checksum(Bytes archive, size_t header) {
  std::fill_n(archive.begin() + static_cast<std::ptrdiff_t>(header) + 148, 8, ' ');
  unsigned sum = 0;
  for (size_t i = header; i < header + 512; ++i) sum += archive[i];
  std::snprintf(reinterpret_cast<char*>(&archive[header + 148]), 8, "%06o", sum);
  return archive;
}

TEST_F(Tar, AHeaderThatPromisesMoreThanThereIsIsAnErrorAndNoAllocation) {
  Bytes huge = archive("ustar.tar");
  std::copy_n("77777777777", 11, huge.begin() + 124);
  EXPECT_NE(error_on(with_true_checksum(huge, 0)).find("cut short at offset"), std::string::npos);
  huge[124] = 0x80;
  std::fill_n(huge.begin() + 125, 11, 0xFF);
  EXPECT_NE(error_on(with_true_checksum(huge, 0)).find("states no usable size"), std::string::npos);
  std::copy_n("00000x0000\0", 11, huge.begin() + 124);
  EXPECT_NE(error_on(with_true_checksum(huge, 0)).find("states no usable size"), std::string::npos);
}

TEST_F(Tar, ASparseFileIsRefusedByName) {
  Bytes sparse = archive("ustar.tar");
  sparse[156] = 'S';
  EXPECT_NE(error_on(with_true_checksum(sparse, 0)).find("sparse file"), std::string::npos);
}

TEST_F(Tar, AnyBytesAreMembersOrAnError) {
  std::mt19937 random(3);
  for (const char* name : {"gnu.tar", "pax.tar", "ustar.tar"}) {
    const Bytes whole = archive(name);
    for (int round = 0; round < 300; ++round) {
      Bytes broken = whole;
      for (int change = 0; change < 3; ++change) broken[random() % broken.size()] = static_cast<uint8_t>(random());
      const size_t header = random() % 4 * 512;
      error_on(with_true_checksum(broken, header));  // any outcome but a crash
    }
  }
}

}  // namespace
}  // namespace weft
