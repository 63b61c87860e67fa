// SPDX-License-Identifier: Apache-2.0
// What many tests need: a folder that goes away again, the shared data, and the message of the Error that a call
// throws.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/files.h"

namespace weft {

class ScratchFolder {
 public:
  ScratchFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() / join("weft-test-", ::getpid(), "-", count++);
    make_folder(path_);
  }
  ~ScratchFolder() { std::filesystem::remove_all(path_); }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  Path operator/(const std::string& name) const { return path_ / name; }
  const Path& path() const { return path_; }

 private:
  Path path_;
};

// A folder of the shared data, or "" where it is not on this machine.
inline Path shared_data(const std::string& name) {
  const char* variable = std::getenv("WEFT_SHARED_DATA");
  const Path folder = (variable ? Path(variable) : Path(WEFT_SOURCE_DIR) / ".." / "shared" / "data") / name;
  return std::filesystem::exists(folder) ? folder : Path();
}

// "" where body throws none.
template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace weft
