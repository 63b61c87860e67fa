// SPDX-License-Identifier: Apache-2.0
#include "base/positional_file.h"

#include <gtest/gtest.h>

#include "tests/support.h"

namespace weft {
namespace {

using Mode = PositionalFile::Mode;

TEST(PositionalFile, SeveralWritersFillOneFile) {
  const ScratchFolder folder;
  PositionalFile one(folder / "file", Mode::write);
  one.resize(6);
  one.write(0, "abc", 3);
  PositionalFile other(folder / "file", Mode::write);  // cuts nothing
  other.resize(6);
  other.write(3, "def", 3);
  one.sync();
  EXPECT_EQ(read_text(folder / "file"), "abcdef");
  EXPECT_EQ(other.size(), 6u);
  char middle[2];
  PositionalFile(folder / "file", Mode::read).read(2, middle, 2);
  EXPECT_EQ(std::string(middle, 2), "cd");
}

TEST(PositionalFile, ErrorsNameTheFileAndThePosition) {
  const ScratchFolder folder;
  EXPECT_EQ(error_of([&] { PositionalFile(folder / "none", Mode::read); }),
            (folder / "none").string() + ": cannot open: No such file or directory");
  EXPECT_EQ(error_of([&] { PositionalFile(folder.path(), Mode::read).size(); }),
            folder.path().string() + ": is not a file");
  PositionalFile file(folder / "file", Mode::write);
  file.write(0, "abc", 3);
  char text[4];
  EXPECT_EQ(error_of([&] { file.read(1, text, 4); }),
            (folder / "file").string() + ": ends at byte 3, 2 bytes too early");
  PositionalFile full("/dev/full", Mode::write);
  EXPECT_EQ(error_of([&] { full.write(7, "abc", 3); }),
            "/dev/full: cannot write 3 bytes at 7: No space left on device");
}

}  // namespace
}  // namespace weft
