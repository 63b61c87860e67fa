// SPDX-License-Identifier: Apache-2.0
// What many tests need: a folder that goes away again, and the message of the Error that a call throws.
#pragma once

#include <unistd.h>

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
