// SPDX-License-Identifier: Apache-2.0
// A small dataset and a recipe for it, for tests of whole runs.
#pragma once

#include <string>
#include <vector>

#include "data/image.h"
#include "data/importers/import_tsv.h"
#include "tests/support.h"

namespace weft::toy {

// A square of one of 24 shades with a mark, so that no two are equal.
inline Image picture(int number) {
  Image image(32, 32, 3);
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(40 * (i % 3) + 7 * static_cast<size_t>(number) + (i / 3 % 32 < 8 ? 90 : 0));
  return image;
}

// A tsv of `count` pictures beside itself; image i has i % 3 captions, so some have none (their caption is empty).
inline Path write_pairs(const ScratchFolder& scratch, int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    const std::string name = "p" + std::to_string(i) + ".png";
    write_atomically(scratch / name, encode_png(picture(i)));
    if (i % 3 == 0) lines += name + "\t\n";
    for (int k = 0; k < i % 3; ++k) lines += name + "\tshade " + std::to_string(i % 8) + (k ? " again" : "") + "\n";
  }
  const Path tsv = scratch / "pairs.tsv";
  write_atomically(tsv, lines);
  return tsv;
}

inline Path import_pairs(const ScratchFolder& scratch, int count) {
  TsvImporter importer;
  importer.held_back = 0;
  importer.tokenizer_merges = 50;
  importer.run({write_pairs(scratch, count), scratch / "dataset", "toy"});
  return scratch / "dataset";
}

// A recipe for it; `more` is appended.
inline Path write_recipe(const ScratchFolder& scratch, const std::string& more = "") {
  const Path file = scratch / "toy.toml";
  write_atomically(
      file, "[run]\nsteps = 4\nsave_every = 2\nfolder = \"" + (scratch / "run").string() + "\"\n[data]\ndataset = \"" +
                (scratch / "dataset").string() +
                "\"\n[model.two_tower]\nimage_size = 16\npatch = 8\nimage_width = 32\nimage_layers = 1\n"
                "head_width = 16\ntext_context = 8\ntext_width = 32\ntext_layers = 1\ntext_heads = 2\nembed = 16\n"
                "[loss.infonce]\n[batch]\nglobal = 8\n[engine]\nthreads = 1\n" +
                more);
  return file;
}

}  // namespace weft::toy
