// SPDX-License-Identifier: Apache-2.0
#include "base/positional_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace weft {

PositionalFile::PositionalFile(const Path& path, Mode mode)
    : path_(path),
      descriptor_(::open(path.c_str(), O_CLOEXEC | (mode == Mode::read ? O_RDONLY : O_RDWR | O_CREAT), 0666)) {
  check(descriptor_ >= 0, path_.string(), ": cannot open: ", std::strerror(errno));
}

PositionalFile::~PositionalFile() {
  ::close(descriptor_);
}

uint64_t PositionalFile::size() const {
  struct stat status{};
  const bool known = ::fstat(descriptor_, &status) == 0;  // on its own: errno is of the last call
  check(known, path_.string(), ": has no size: ", std::strerror(errno));
  check(S_ISREG(status.st_mode), path_.string(), ": is not a file");
  return static_cast<uint64_t>(status.st_size);
}

void PositionalFile::resize(uint64_t bytes) {
  const bool resized = ::ftruncate(descriptor_, static_cast<off_t>(bytes)) == 0;
  check(resized, path_.string(), ": cannot get the size of ", bytes, " bytes: ", std::strerror(errno));
}

void PositionalFile::read(uint64_t at, void* data, size_t bytes) const {
  auto* to = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t done = ::pread(descriptor_, to, bytes, static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    check(done >= 0, path_.string(), ": cannot read ", bytes, " bytes at ", at, ": ", std::strerror(errno));
    check(done > 0, path_.string(), ": ends at byte ", at, ", ", bytes, " bytes too early");
    to += done, at += static_cast<uint64_t>(done), bytes -= static_cast<size_t>(done);
  }
}

void PositionalFile::write(uint64_t at, const void* data, size_t bytes) {
  const auto* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t done = ::pwrite(descriptor_, from, bytes, static_cast<off_t>(at));
    if (done < 0 && errno == EINTR) continue;
    check(done >= 0, path_.string(), ": cannot write ", bytes, " bytes at ", at, ": ", std::strerror(errno));
    from += done, at += static_cast<uint64_t>(done), bytes -= static_cast<size_t>(done);
  }
}

void PositionalFile::sync() {
  const bool synced = ::fsync(descriptor_) == 0;
  check(synced, path_.string(), ": cannot sync to disk: ", std::strerror(errno));
}

}  // namespace weft
