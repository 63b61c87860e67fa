// SPDX-License-Identifier: Apache-2.0
#include "data/linked_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace weft {

namespace fs = std::filesystem;

// Through symbolic links, because that is how the system follows "..".
std::string link_text(const Path& dataset_folder, const Path& file) {
  std::error_code error;
  const Path folder = fs::canonical(dataset_folder, error);
  check(!error, dataset_folder.string(), ": cannot find the folder: ", error.message());
  const Path holder = fs::canonical(file.has_parent_path() ? file.parent_path() : Path("."), error);
  check(!error, file.string(), ": cannot find its folder: ", error.message());
  const Path from_folder = (holder / file.filename()).lexically_relative(folder);
  auto part = from_folder.begin();
  const bool is_near = part != from_folder.end() && (*part != ".." || *++part != "..");
  return (is_near ? from_folder : fs::absolute(file).lexically_normal()).generic_string();
}

class LinkedFiles::Opened {
 public:
  explicit Opened(const Path& path) : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    check(descriptor_ >= 0, path.string(), ": cannot open the linked file: ", std::strerror(errno),
          errno == ENOENT ? "; the import linked to it instead of copying it" : "");
  }
  ~Opened() { ::close(descriptor_); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  void read(uint64_t offset, Bytes& into) const {
    for (size_t done = 0; done < into.size();) {
      const ssize_t got =
          ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      check(got >= 0, path_.string(), ": cannot read byte ", offset + done, ": ", std::strerror(errno));
      check(got > 0, path_.string(), ": ends at byte ", offset + done, ", wanted the bytes ", offset, " to ",
            offset + into.size(), "; the linked file was cut short after the import");
      done += static_cast<size_t>(got);
    }
  }

 private:
  const Path path_;
  const int descriptor_;
};

LinkedFiles::LinkedFiles(Path dataset_folder, size_t most_open)
    : folder_(std::move(dataset_folder)), most_open_(most_open) {}

LinkedFiles::~LinkedFiles() = default;

std::shared_ptr<LinkedFiles::Opened> LinkedFiles::open(const std::string& link) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_link_.find(link); found != by_link_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
  } else {
    recent_.emplace_front(link, std::make_shared<Opened>(folder_ / link));
    by_link_[link] = recent_.begin();
  }
  const std::shared_ptr<Opened> file = recent_.front().second;
  if (recent_.size() > most_open_) {  // who still reads from it keeps it open
    by_link_.erase(recent_.back().first);
    recent_.pop_back();
  }
  return file;
}

void LinkedFiles::read(const std::string& link, uint64_t offset, Bytes& into) {
  open(link)->read(offset, into);
}

}  // namespace weft
