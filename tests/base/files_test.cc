// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support.h"

namespace weft {
namespace {

TEST(Files, AnAtomicWriteReplacesTheContentAndLeavesNothingBeside) {
  const ScratchFolder folder;
  write_atomically(folder / "a", "old");
  write_atomically(folder / "a", Bytes{'n', 'e', 0, 'w'});
  EXPECT_EQ(read_text(folder / "a"), std::string("ne\0w", 4));
  EXPECT_EQ(read_bytes(folder / "a"), (Bytes{'n', 'e', 0, 'w'}));
  EXPECT_FALSE(std::filesystem::exists(folder / "a.tmp"));
}

TEST(Files, AWriteThatFailsLeavesTheOldContent) {
  const ScratchFolder folder;
  write_atomically(folder / "a", "old");
  make_folder(folder / "a.tmp");  // stands where the temporary file would
  EXPECT_NE(error_of([&] { write_atomically(folder / "a", "new"); }).find("a.tmp: cannot open for writing"),
            std::string::npos);
  EXPECT_EQ(read_text(folder / "a"), "old");
}

TEST(Files, AFolderIsPublishedWhole) {
  const ScratchFolder folder;
  make_folder(folder / "round.tmp" / "deep");
  write_atomically(folder / "round.tmp" / "deep" / "part", "x");
  publish(folder / "round.tmp", folder / "round");
  EXPECT_EQ(read_text(folder / "round" / "deep" / "part"), "x");
  EXPECT_FALSE(std::filesystem::exists(folder / "round.tmp"));
}

TEST(Files, AMissingFileIsNamedWithTheSystemsReason) {
  const ScratchFolder folder;
  EXPECT_EQ(error_of([&] { read_text(folder / "none"); }),
            (folder / "none").string() + ": cannot open for reading: No such file or directory");
}

TEST(Files, AFolderIsNotReadAsAFile) {
  const ScratchFolder folder;
  EXPECT_EQ(error_of([&] { read_bytes(folder.path()); }), folder.path().string() + ": is a folder, wanted a file");
}

TEST(Files, AnEmptyFileIsReadAsNothing) {
  const ScratchFolder folder;
  write_atomically(folder / "empty", "");
  EXPECT_EQ(read_text(folder / "empty"), "");
}

TEST(Files, AFileInAFoldersPlaceIsNamed) {
  const ScratchFolder folder;
  write_atomically(folder / "a", "x");
  EXPECT_NE(error_of([&] { make_folder(folder / "a"); }), "");
  make_folder(folder.path());  // one that is there already is no error
}

TEST(Files, LinesAreAppended) {
  const ScratchFolder folder;
  append_line(folder / "log", "one");
  append_line(folder / "log", "two");
  EXPECT_EQ(read_text(folder / "log"), "one\ntwo\n");
}

}  // namespace
}  // namespace weft
