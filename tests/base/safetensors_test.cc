// SPDX-License-Identifier: Apache-2.0
// The writer against tests/golden/small.safetensors, which the Python package wrote (make_safetensors.py); the reader
// against files that break one rule each.
#include "base/safetensors.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "tests/support.h"

namespace weft {
namespace {

const Path kGolden = Path(WEFT_SOURCE_DIR) / "tests/golden/small.safetensors";

struct Filled {
  std::vector<Bytes> buffers;
  std::vector<SafetensorsTensor> tensors;
};

// The tensors of the maker script, in its order, which is not the file's.
Filled filled_tensors() {
  Filled filled;
  filled.tensors = {{"mask", "BOOL", {3}},       {"pixels", "U8", {2, 3}},  {"levels", "I8", {5}},
                    {"half", "F16", {3}},        {"brain", "BF16", {1, 2}}, {"count", "I32", {2}},
                    {"weight", "F32", {2, 2}},   {"bias", "F32", {2}},      {"none", "F32", {0, 4}},
                    {"a \"name\"\\", "F64", {}}, {"step", "I64", {1}}};
  const size_t bytes[] = {3, 6, 5, 6, 4, 8, 16, 8, 0, 8, 8};
  for (size_t t = 0; t < filled.tensors.size(); ++t) {
    Bytes& buffer = filled.buffers.emplace_back(bytes[t]);
    for (size_t i = 0; i < buffer.size(); ++i) buffer[i] = static_cast<uint8_t>(7 * i + t);
  }
  for (size_t t = 0; t < filled.tensors.size(); ++t) filled.tensors[t].data = filled.buffers[t].data();
  return filled;
}

Bytes file_of(const std::string& header, size_t data_bytes) {
  const uint64_t length = header.size();
  Bytes file(8 + header.size() + data_bytes);
  std::memcpy(file.data(), &length, 8);
  std::memcpy(file.data() + 8, header.data(), header.size());
  return file;
}

std::string refusal(const std::string& header, size_t data_bytes) {
  const Bytes file = file_of(header, data_bytes);
  return error_of([&] { parse_safetensors(file.data(), file.size()); });
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

#define EXPECT_SAYS(message, part) EXPECT_NE((message).find(part), std::string::npos) << "says: " << (message)

TEST(Safetensors, TheWriterGivesTheBytesOfThePythonPackage) {
  const ScratchFolder folder;
  const Filled filled = filled_tensors();
  write_safetensors(folder / "ours", filled.tensors, {{"format", "weft \u00e9\n"}});
  EXPECT_EQ(read_bytes(folder / "ours"), read_bytes(kGolden));
  EXPECT_FALSE(std::filesystem::exists(folder / "ours.tmp"));
}

TEST(Safetensors, TheReaderReturnsWhatThePythonPackageWrote) {
  const SafetensorsReader reader(kGolden);
  const Filled filled = filled_tensors();
  ASSERT_EQ(reader.entries().size(), filled.tensors.size());
  for (size_t t = 0; t < filled.tensors.size(); ++t) {
    const SafetensorsEntry* found = reader.find(filled.tensors[t].name);
    ASSERT_NE(found, nullptr) << filled.tensors[t].name;
    EXPECT_EQ(found->dtype, filled.tensors[t].dtype);
    EXPECT_EQ(found->shape, filled.tensors[t].shape);
    EXPECT_EQ(Bytes(reader.data(*found), reader.data(*found) + (found->end - found->begin)), filled.buffers[t]);
  }
  EXPECT_EQ(reader.find("nobody"), nullptr);
  EXPECT_EQ(reader.metadata(), (std::map<std::string, std::string>{{"format", "weft \u00e9\n"}}));
  for (size_t i = 1; i < reader.entries().size(); ++i)
    EXPECT_EQ(reader.entries()[i].begin, reader.entries()[i - 1].end);
}

TEST(Safetensors, AFileWithoutTensorsIsWhole) {
  const ScratchFolder folder;
  write_safetensors(folder / "none", {});
  EXPECT_EQ(read_bytes(folder / "none"), file_of("{}      ", 0));
  EXPECT_TRUE(SafetensorsReader(folder / "none").entries().empty());
}

TEST(Safetensors, EntriesMayStandInAnyOrderAndScalarsAndEmptyTensorsAreAllowed) {
  const Bytes file = file_of("{" + entry("b", "F32", "[]", "[2,6]") + "," + entry("e", "I64", "[3,0]", "[2,2]") + "," +
                                 entry("a", "BF16", "[1]", "[0,2]") + "} ",
                             6);
  const SafetensorsHeader header = parse_safetensors(file.data(), file.size());
  ASSERT_EQ(header.entries.size(), 3u);
  EXPECT_EQ(header.entries[0].name, "a");
  EXPECT_EQ(header.entries[1].name, "e");
  EXPECT_EQ(header.entries[2].name, "b");
}

TEST(Safetensors, AHeaderLongerThanItsFileIsRefused) {
  EXPECT_SAYS(error_of([] { parse_safetensors(nullptr, 0); }), "has 0 bytes");
  Bytes file = file_of("{}", 0);
  for (const uint64_t length : {uint64_t{3}, uint64_t{100'000'000}}) {
    std::memcpy(file.data(), &length, 8);
    EXPECT_SAYS(error_of([&] { parse_safetensors(file.data(), file.size()); }), "but 2 follow");
  }
  for (const uint64_t length : {uint64_t{100'000'001}, ~uint64_t{0}, ~uint64_t{0} - 7}) {
    std::memcpy(file.data(), &length, 8);
    EXPECT_SAYS(error_of([&] { parse_safetensors(file.data(), file.size()); }), "the format allows 100000000");
  }
}

TEST(Safetensors, TruncatedOrSurplusDataIsRefused) {
  const std::string header = "{" + entry("a", "F32", "[2]", "[0,8]") + "}";
  EXPECT_EQ(refusal(header, 8), "");
  EXPECT_SAYS(refusal(header, 7), "fill 8 bytes, but the data has 7");
  EXPECT_SAYS(refusal(header, 9), "fill 8 bytes, but the data has 9");
  const Bytes golden = read_bytes(kGolden);
  for (size_t size = 0; size < golden.size(); ++size)
    EXPECT_NE(error_of([&] { parse_safetensors(golden.data(), size); }), "") << size << " bytes of the file";
}

TEST(Safetensors, OverlapsAndHolesAreRefused) {
  const std::string a = entry("a", "U8", "[4]", "[0,4]");
  EXPECT_SAYS(refusal("{" + a + "," + entry("b", "U8", "[4]", "[2,6]") + "}", 6),
              "begins at byte 2 of the data; wanted 4");
  EXPECT_SAYS(refusal("{" + a + "," + entry("b", "U8", "[4]", "[0,4]") + "}", 4),
              "begins at byte 0 of the data; wanted 4");
  EXPECT_SAYS(refusal("{" + a + "," + entry("b", "U8", "[4]", "[5,9]") + "}", 9),
              "begins at byte 5 of the data; wanted 4");
  EXPECT_SAYS(refusal("{" + entry("b", "U8", "[4]", "[1,5]") + "}", 5), "begins at byte 1 of the data; wanted 0");
  EXPECT_SAYS(refusal("{" + a + "," + entry("b", "U8", "[0]", "[4,3]") + "}", 4), "ends before it begins");
}

TEST(Safetensors, ARangeThatItsShapeDoesNotFillIsRefused) {
  EXPECT_SAYS(refusal("{" + entry("a", "F32", "[2]", "[0,4]") + "}", 4), "has 4 bytes; wanted 8");
  EXPECT_SAYS(refusal("{" + entry("a", "F4", "[3]", "[0,2]") + "}", 2), "12 bits of F4; wanted whole bytes");
  EXPECT_EQ(refusal("{" + entry("a", "F4", "[4]", "[0,2]") + "}", 2), "");
  EXPECT_EQ(refusal("{" + entry("a", "F6_E2M3", "[4]", "[0,3]") + "}", 3), "");
}

TEST(Safetensors, ASizeBeyond64BitsIsRefused) {
  const std::string huge = "9223372036854775808";  // 2^63
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[" + huge + "]", "[0,0]") + "}", 0), "wanted less than 2^63");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[4294967296,4294967296]", "[0,0]") + "}", 0), "exceeds 64 bits");
  EXPECT_SAYS(refusal("{" + entry("a", "F32", "[576460752303423488]", "[0,0]") + "}", 0), "exceeds 64 bits");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[18446744073709551616]", "[0,0]") + "}", 0), "no 64-bit integer");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[0]", "[18446744073709551615,18446744073709551615]") + "}", 0),
              "begins at");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[-1]", "[0,0]") + "}", 0), "a negative number");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[1.0]", "[0,1]") + "}", 1), "no 64-bit integer");
}

TEST(Safetensors, AnythingTwiceIsRefused) {
  const std::string a = entry("a", "U8", "[0]", "[0,0]");
  EXPECT_SAYS(refusal("{" + a + "," + a + "}", 0), "\"a\" appears twice");
  EXPECT_SAYS(refusal("{" + a + "," + entry("\\u0061", "U8", "[0]", "[0,0]") + "}", 0), "\"a\" appears twice");
  EXPECT_SAYS(refusal(R"({"a":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}})", 0), "\"dtype\" twice");
  EXPECT_SAYS(refusal(R"({"__metadata__":{"k":"1","k":"2"}})", 0), "\"k\" twice");
  EXPECT_SAYS(refusal(R"({"__metadata__":{},"__metadata__":{}})", 0), "appears twice");
}

TEST(Safetensors, AnEntryOfAnotherFormIsRefused) {
  EXPECT_SAYS(refusal("{" + entry("a", "F31", "[0]", "[0,0]") + "}", 0), "unknown dtype \"F31\"");
  EXPECT_SAYS(refusal(R"({"a":{"dtype":"U8","shape":[0]}})", 0), "lacks a field");
  EXPECT_SAYS(refusal(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"x":1}})", 0), "unknown field \"x\"");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[0]", "[0]") + "}", 0), "1 data_offsets; wanted 2");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[0]", "[0,0,0]") + "}", 0), "3 data_offsets; wanted 2");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "[[0]]", "[0,0]") + "}", 0), "an array where");
  EXPECT_SAYS(refusal("{" + entry("a", "U8", "0", "[0,0]") + "}", 0), "a number where");
  EXPECT_SAYS(refusal(R"({"a":3})", 0), "a number where");
  EXPECT_SAYS(refusal(R"({"a":null})", 0), "null where");
  EXPECT_SAYS(refusal(R"({"__metadata__":{"k":1}})", 0), "a number where");
  EXPECT_SAYS(refusal(R"({"__metadata__":{"k":{}}})", 0), "an object where");
}

TEST(Safetensors, WhatIsNoUtf8JsonIsRefused) {
  EXPECT_SAYS(refusal("[]", 0), "does not begin with {");
  EXPECT_SAYS(refusal("", 0), "does not begin with {");
  EXPECT_SAYS(refusal(" {}", 0), "does not begin with {");
  EXPECT_SAYS(refusal("{}x", 0), "not valid UTF-8 JSON");
  EXPECT_SAYS(refusal("{\"a\":", 0), "not valid UTF-8 JSON");
  EXPECT_SAYS(refusal("{" + entry("\xff", "U8", "[0]", "[0,0]") + "}", 0), "not valid UTF-8 JSON");
  EXPECT_SAYS(refusal("{" + entry("\xc0\xaf", "U8", "[0]", "[0,0]") + "}", 0), "not valid UTF-8 JSON");
  EXPECT_SAYS(refusal("{" + entry("\\ud800", "U8", "[0]", "[0,0]") + "}", 0), "not valid UTF-8 JSON");
}

TEST(Safetensors, DeepNestingIsRefusedAtItsFirstStep) {
  EXPECT_SAYS(refusal("{\"a\":" + std::string(1'000'000, '['), 0), "an array where");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"shape\":";
  EXPECT_SAYS(refusal(objects, 0), "an object where");
}

TEST(Safetensors, AFlippedBitIsRefusedOrLeavesEveryTensorInsideTheData) {
  Bytes file = read_bytes(kGolden);
  const size_t header_bytes = file.size() - 72;  // the maker's tensors have 72 bytes
  for (size_t bit = 0; bit < 8 * header_bytes; ++bit) {
    file[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    SafetensorsHeader header;
    error_of([&] { header = parse_safetensors(file.data(), file.size()); });
    for (const SafetensorsEntry& entry : header.entries) {
      ASSERT_LE(entry.begin, entry.end);
      ASSERT_LE(entry.end, file.size() - header.data_offset);
    }
    file[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

TEST(Safetensors, ABadFileIsNamed) {
  const ScratchFolder folder;
  write_atomically(folder / "bad", file_of("{}", 1));
  EXPECT_SAYS(error_of([&] { SafetensorsReader reader(folder / "bad"); }),
              "while reading " + (folder / "bad").string());
  write_atomically(folder / "empty", "");
  EXPECT_SAYS(error_of([&] { SafetensorsReader reader(folder / "empty"); }), "empty: is empty");
  EXPECT_SAYS(error_of([&] { SafetensorsReader reader(folder.path()); }), "is not a file");
  EXPECT_SAYS(error_of([&] { SafetensorsReader reader(folder / "none"); }), "No such file");
}

TEST(Safetensors, TheWriterRefusesWhatTheReaderWould) {
  const ScratchFolder folder;
  const auto message = [&](std::vector<SafetensorsTensor> tensors, std::map<std::string, std::string> metadata = {}) {
    return error_of([&] { write_safetensors(folder / "x", tensors, metadata); });
  };
  EXPECT_SAYS(message({{"a", "U8", {0}}, {"a", "F32", {0}}}), "two tensors have the name \"a\"");
  EXPECT_SAYS(message({{"a", "U7", {0}}}), "unknown dtype \"U7\"");
  EXPECT_SAYS(message({{"a", "U8", {-1}}}), "negative extent");
  EXPECT_SAYS(message({{"__metadata__", "U8", {0}}}), "no tensor can have the name");
  EXPECT_SAYS(message({}, {{"k", "\xff"}}), "not UTF-8");
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Safetensors, TheHeaderAloneIsReadWithTheSameRules) {
  const SafetensorsHeader header = read_safetensors_header(kGolden);
  const SafetensorsReader reader(kGolden);
  ASSERT_EQ(header.entries.size(), reader.entries().size());
  for (size_t i = 0; i < header.entries.size(); ++i) EXPECT_EQ(header.entries[i].name, reader.entries()[i].name);
  const ScratchFolder folder;
  Bytes file = read_bytes(kGolden);
  EXPECT_EQ(std::memcmp(file.data() + header.data_offset, reader.data(reader.entries()[0]), 8), 0);
  const auto message = [&](size_t size) {
    write_atomically(folder / "cut", Bytes(file.begin(), file.begin() + static_cast<int64_t>(size)));
    return error_of([&] { read_safetensors_header(folder / "cut"); });
  };
  EXPECT_SAYS(message(file.size() - 1), "bytes, but the data has");
  EXPECT_SAYS(message(100), "bytes, but 92 follow");
  EXPECT_SAYS(message(3), "has 3 bytes; a safetensors file has at least 8");
  EXPECT_SAYS(message(0), "while reading");
}

}  // namespace
}  // namespace weft
