// SPDX-License-Identifier: Apache-2.0
// Samples whose bytes stayed where they were at import (tar members, pictures of a large collection): the store keeps
// (file, offset, length, checksum).  A file is named relative to the dataset's folder where it lies in it or beside it,
// so that both can move together, and by its absolute path otherwise.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/files.h"

namespace weft {

std::string link_text(const Path& dataset_folder, const Path& file);

// Reads from any thread; the files used last stay open.
class LinkedFiles {
 public:
  explicit LinkedFiles(Path dataset_folder, size_t most_open = 64);
  ~LinkedFiles();
  // Fills `into`, whose size is wanted.  An Error where the file is gone or ends before.
  void read(const std::string& link, uint64_t offset, Bytes& into);

 private:
  class Opened;
  std::shared_ptr<Opened> open(const std::string& link);

  const Path folder_;
  const size_t most_open_;
  std::mutex mutex_;
  std::list<std::pair<std::string, std::shared_ptr<Opened>>> recent_;  // the one used last comes first
  std::unordered_map<std::string, decltype(recent_)::iterator> by_link_;
};

}  // namespace weft
