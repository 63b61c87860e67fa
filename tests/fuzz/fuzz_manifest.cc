// SPDX-License-Identifier: Apache-2.0
// dataset.json and layer.json.
#include <unistd.h>

#include <fstream>

#include "data/manifest.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {
namespace {

const Path& folder() {
  static const Path made = [] {
    const Path path = std::filesystem::temp_directory_path() / ("weft-fuzz-manifest-" + std::to_string(::getpid()));
    make_folder(path);
    return path;
  }();
  return made;
}

}  // namespace

std::vector<Bytes> seeds() {
  Manifest dataset;
  dataset.name = "a", dataset.licence = "b", dataset.samples = 3;
  dataset.shards = {{"images-00000.h5", 3, 100, "0123456789abcdef"}};
  dataset.layers = {{"tags", 7}};
  dataset.splits = {{"val", {"g1", "g2"}}};
  dataset.subsets = {{"some", {"00000000000000010000000000000002"}}};
  const LayerManifest layer{.name = "tags", .records = 7, .parts = {{"part-0.h5", 7, 50, "0123456789abcdef"}}};
  return {bytes_of(manifest_text(dataset)), bytes_of(layer_manifest_text(layer))};
}

void parse(const Bytes& input) {
  const std::string text = text_of(input);
  const bool is_layer = text.find("weft.evidence") != std::string::npos;
  const Path file = folder() / (is_layer ? kLayerFile : kManifestFile);
  std::ofstream(file, std::ios::binary).write(text.data(), std::ssize(text));
  if (is_layer)
    read_layer_manifest(folder());
  else
    read_manifest(folder());
}

}  // namespace weft::fuzz
