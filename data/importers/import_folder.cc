// SPDX-License-Identifier: Apache-2.0
// A folder with one sub-folder per class to a dataset with the evidence layer "classes".  A class is called like its
// folder, with spaces for underscores; its images may lie in further folders below it.
#include <algorithm>
#include <array>
#include <fstream>

#include "base/error.h"
#include "data/importers.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

// JPEG and PNG are told by their first bytes, whatever the file is called.
bool looks_like_image(const Path& path) {
  constexpr std::array<uint8_t, 3> kJpeg = {0xFF, 0xD8, 0xFF};
  constexpr std::array<uint8_t, 8> kPng = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  std::ifstream file(path, std::ios::binary);
  std::array<uint8_t, 8> start{};
  file.read(reinterpret_cast<char*>(start.data()), start.size());
  return std::equal(kJpeg.begin(), kJpeg.end(), start.begin()) || start == kPng;
}

template <class Iterator>
std::vector<Path> sorted_entries(const Path& folder) {
  std::vector<Path> paths;
  try {
    for (const fs::directory_entry& entry : Iterator(folder)) paths.push_back(entry.path());
  } catch (const fs::filesystem_error& error) {
    fail(folder.string(), ": cannot list the folder: ", error.code().message());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string class_text(const Path& folder) {
  std::string text = folder.filename().string();
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

}  // namespace

void FolderImporter::fields(Fields& visit) {
  Importer::fields(visit);
  visit("on_bad", on_bad, one_of({"skip", "refuse"}), "an image whose header is damaged: leave it out, or stop");
}

ImportReport FolderImporter::run(const ImportRequest& request) const {
  check(fs::is_directory(request.source), request.source.string(), ": wanted a folder with one sub-folder per class");
  ImportReport report;
  StoreWriter writer = begin_import(request, *this);
  for (const Path& folder : sorted_entries<fs::directory_iterator>(request.source)) {
    if (!fs::is_directory(folder)) {
      report.leave_out("lies in no class folder", folder.filename().string());
      continue;
    }
    for (const Path& path : sorted_entries<fs::recursive_directory_iterator>(folder)) {
      if (fs::is_directory(path)) continue;
      const std::string key = path.lexically_relative(request.source).generic_string();
      if (!looks_like_image(path)) {
        report.leave_out("neither JPEG nor PNG", key);
        continue;
      }
      const auto content = read_image(path, key, on_bad, report);
      if (content) writer.layer("classes").add(writer.add(*content, key, key), class_text(folder));
    }
  }
  finish_import(writer, *this, request, report);
  return report;
}

}  // namespace weft
