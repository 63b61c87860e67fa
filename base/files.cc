// SPDX-License-Identifier: Apache-2.0
#include "base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace weft {
namespace {

std::string reason() {
  return std::strerror(errno);
}

class Descriptor {
 public:
  Descriptor(const Path& path, int flags, const char* purpose) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    check(fd_ >= 0, path.string(), ": cannot ", purpose, ": ", reason());
  }
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void write_all(int fd, const char* data, size_t size, const Path& path) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    check(written >= 0, path.string(), ": cannot write ", size, " more bytes: ", reason());
    data += written;
    size -= static_cast<size_t>(written);
  }
}

template <class Buffer>
Buffer read_all(const Path& path) {
  std::error_code error;
  check(!std::filesystem::is_directory(path, error), path.string(), ": is a folder, wanted a file");
  Descriptor file(path, O_RDONLY, "open for reading");
  const off_t size = ::lseek(file.get(), 0, SEEK_END);
  const bool back = size >= 0 && ::lseek(file.get(), 0, SEEK_SET) == 0;  // on its own: reason() is of the last call
  check(back, path.string(), ": cannot seek: ", reason());
  Buffer content(static_cast<size_t>(size), 0);
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + done, content.size() - done);
    if (got < 0 && errno == EINTR) continue;
    check(got > 0, path.string(), ": ended after ", done, " of ", content.size(), " bytes: ", reason());
    done += static_cast<size_t>(got);
  }
  return content;
}

}  // namespace

std::string read_text(const Path& path) {
  return read_all<std::string>(path);
}
Bytes read_bytes(const Path& path) {
  return read_all<Bytes>(path);
}

void sync_file(const Path& path) {
  Descriptor file(path, O_RDONLY, "open to sync");
  const bool synced = ::fsync(file.get()) == 0;
  check(synced, path.string(), ": cannot sync to disk: ", reason());
}

void publish(const Path& temporary, const Path& final) {
  sync_file(temporary);
  const bool renamed = ::rename(temporary.c_str(), final.c_str()) == 0;
  check(renamed, final.string(), ": cannot take the place: ", reason());
  sync_file(final.has_parent_path() ? final.parent_path() : Path("."));
}

void write_atomically(const Path& path, std::string_view content) {
  Path temporary = path;
  temporary += ".tmp";
  {
    Descriptor file(temporary, O_WRONLY | O_CREAT | O_TRUNC, "open for writing");
    write_all(file.get(), content.data(), content.size(), temporary);
  }
  publish(temporary, path);
}

void write_atomically(const Path& path, const Bytes& content) {
  write_atomically(path, std::string_view(reinterpret_cast<const char*>(content.data()), content.size()));
}

void make_folder(const Path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  check(!error && std::filesystem::is_directory(path), path.string(),
        ": cannot make the folder: ", error ? error.message() : std::string("a file has that name"));
}

void append_line(const Path& path, std::string_view line) {
  Descriptor file(path, O_WRONLY | O_CREAT | O_APPEND, "open for appending");
  std::string whole(line);
  whole += '\n';
  write_all(file.get(), whole.data(), whole.size(), path);
}

}  // namespace weft
