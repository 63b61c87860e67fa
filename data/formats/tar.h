// SPDX-License-Identifier: Apache-2.0
// The members of a tar archive, one behind the other; one that is gzipped is unpacked while it is read.  Knows ustar
// and its prefixes, GNU's long names and numbers beyond octal, and pax headers (path, size).  An archive that ends
// before its two closing blocks of zeros is an Error with the offset, for it may have lost members. Source:
// POSIX.1-2001, pax interchange format and ustar; the GNU tar manual, "Basic Tar Format".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/files.h"

namespace weft {

struct TarMember {
  std::string name;
  char type = '0';      // as in the header: '0' a file, '1' and '2' links, '5' a folder
  uint64_t size = 0;    // of the content
  uint64_t offset = 0;  // of the content in the (unpacked) archive
  bool is_file() const { return type == '0' || type == '7'; }
};

class TarReader {
 public:
  explicit TarReader(const Path& file);
  ~TarReader();
  TarReader(TarReader&&) noexcept;

  bool is_compressed() const;
  // The next member; what was not read of the one before is skipped.  False behind the last.
  bool next(TarMember& member);
  Bytes content();  // of the member that next() gave, once

 private:
  class Source;
  std::optional<std::string> read_header();
  void read_fields(const std::string& block, TarMember& member) const;
  void read_pax(const std::string& records, TarMember& member, bool& has_path, bool& has_size) const;
  std::string read_text(uint64_t size, const char* what);
  void skip_rest();

  std::unique_ptr<Source> source_;
  uint64_t left_ = 0, padding_ = 0;  // of the member that is being read
};

}  // namespace weft
