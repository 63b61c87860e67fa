// SPDX-License-Identifier: Apache-2.0
// dataset.json and layer.json.
#include <fcntl.h>
#include <unistd.h>

#include "data/manifest.h"
#include "tests/fuzz/fuzz.h"

namespace weft::fuzz {
namespace {

// Both files stay open: one that is truncated and closed is flushed to the disk by some file systems.
struct Files {
  const Path folder = std::filesystem::temp_directory_path() / ("weft-fuzz-manifest-" + std::to_string(::getpid()));
  int dataset = create(kManifestFile), layer = create(kLayerFile);
  ~Files() { std::filesystem::remove_all(folder); }

  int create(const char* name) const {
    make_folder(folder);
    const int descriptor = open((folder / name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    WEFT_ASSERT(descriptor >= 0);
    return descriptor;
  }
};

void put(int descriptor, const Bytes& content) {
  const auto size = static_cast<ssize_t>(content.size());
  WEFT_ASSERT(pwrite(descriptor, content.data(), content.size(), 0) == size && ftruncate(descriptor, size) == 0);
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
  static const Files files;
  if (text_of(input).find("weft.evidence") != std::string::npos) {
    put(files.layer, input);
    read_layer_manifest(files.folder);
  } else {
    put(files.dataset, input);
    read_manifest(files.folder);
  }
}

}  // namespace weft::fuzz
