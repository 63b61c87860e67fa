// SPDX-License-Identifier: Apache-2.0
// A file that is read and written at chosen positions, by several processes at once if need be.  Every Error names the
// file, the position and the system's reason.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/files.h"

namespace weft {

class PositionalFile {
 public:
  enum class Mode { read, write };  // write: made where it is not there, and never cut

  PositionalFile(const Path& path, Mode mode);
  ~PositionalFile();
  PositionalFile(const PositionalFile&) = delete;
  PositionalFile& operator=(const PositionalFile&) = delete;

  const Path& path() const { return path_; }
  uint64_t size() const;
  void resize(uint64_t bytes);
  void read(uint64_t at, void* data, size_t bytes) const;
  void write(uint64_t at, const void* data, size_t bytes);
  void sync();

 private:
  Path path_;
  int descriptor_;
};

}  // namespace weft
