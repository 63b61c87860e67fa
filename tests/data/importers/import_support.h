// SPDX-License-Identifier: Apache-2.0
// What tests of import runs share: an importer that is settings alone, a run into a scratch folder, and a JPEG with an
// EXIF orientation.
#pragma once

#include <gtest/gtest.h>

#include "data/importers/import_run.h"
#include "tests/data/support.h"
#include "tests/support.h"

namespace weft {

struct BareImporter final : Importer {
  BareImporter() {
    held_back = 0;
    tokenizer_merges = 0;
  }
  ImportReport run(const ImportRequest&) const override { return {}; }
};

// 16 x 8 pixels as stored.
inline Bytes turned_jpeg(int orientation, int width = 16, int height = 8) {
  Bytes content = encode_jpeg(tiny_image(90, width, height), 90);
  const Bytes exif = {0xFF,
                      0xE1,
                      0,
                      34,
                      'E',
                      'x',
                      'i',
                      'f',
                      0,
                      0,
                      'I',
                      'I',
                      42,
                      0,
                      8,
                      0,
                      0,
                      0,
                      1,
                      0,
                      0x12,
                      0x01,
                      3,
                      0,
                      1,
                      0,
                      0,
                      0,
                      static_cast<uint8_t>(orientation),
                      0,
                      0,
                      0,
                      0,
                      0,
                      0,
                      0};
  content.insert(content.begin() + 2, exif.begin(), exif.end());
  return content;
}

class ImportRunTest : public testing::Test {
 protected:
  ImportRun begin() {
    return ImportRun({.source = folder_ / "source", .dataset = dataset(), .name = "tiny"}, settings_);
  }
  Path dataset() const { return folder_ / "dataset"; }
  static std::string group_of(ImportRun& run, const Added& added) { return run.writer().info(added.uid).group; }

  ScratchFolder folder_;
  BareImporter settings_;
};

}  // namespace weft
