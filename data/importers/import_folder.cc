// SPDX-License-Identifier: Apache-2.0
// A folder with one sub-folder per class to a dataset with the evidence layer "classes".  A class is called like its
// folder, with spaces for underscores; its images may lie in further folders below it.  Images that lie in
// the folder itself have no label.
#include <algorithm>

#include "base/error.h"
#include "data/importers/import_folder.h"
#include "data/importers/import_run.h"

namespace weft {
namespace {

namespace fs = std::filesystem;

std::string class_text(const Path& folder) {
  std::string text = folder.string();
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

}  // namespace

ImportReport FolderImporter::run(const ImportRequest& request) const {
  check(fs::is_directory(request.source), request.source.string(), ": wanted a folder with one sub-folder per class");
  ImportRun run(request, *this);
  for (const Path& path : files_below(request.source)) {
    const Path inside = path.lexically_relative(request.source);
    const std::string key = inside.generic_string();
    if (!looks_like_image(path)) {
      run.report().leave_out("neither JPEG nor PNG", key);
      continue;
    }
    const bool has_class = inside.has_parent_path();
    if (!has_class && !run.meet(Problem::unlabelled_image, key, "lies in no class folder", /*can_repair=*/true))
      continue;
    const auto added = run.add_file(path, key, key);
    if (added && has_class) run.say_text("classes", *added, class_text(*inside.begin()), key);
  }
  return run.finish();
}

}  // namespace weft
