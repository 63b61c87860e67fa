// SPDX-License-Identifier: Apache-2.0
// The HDF5 library behind a few verbs: 1-D columns of numbers, byte strings as pointer + bytes, and a chunked blob
// whose chunks can be found and read without the library.  Every status of the library meets h5_check in h5.cc, which
// puts the library's own words into the Error.  Files carry no times, so that equal content gives equal bytes.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/files.h"

namespace weft {

// An id of the library and the call that gives it back.
class H5Id {
 public:
  using Close = herr_t (*)(hid_t);
  H5Id() = default;
  H5Id(hid_t id, Close close) : id_(id), close_(close) {}
  ~H5Id() { release(); }
  H5Id(H5Id&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  H5Id& operator=(H5Id&& other) noexcept {
    if (this != &other) release(), id_ = std::exchange(other.id_, -1), close_ = other.close_;
    return *this;
  }
  hid_t get() const { return id_; }
  herr_t release() { return id_ < 0 ? 0 : close_(std::exchange(id_, -1)); }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

// Byte strings one behind the other: string i is bytes[ptr[i], ptr[i + 1]).
struct H5Strings {
  std::vector<uint64_t> ptr{0};
  Bytes bytes;

  void add(const void* data, size_t size) {
    const auto* first = static_cast<const uint8_t*>(data);
    bytes.insert(bytes.end(), first, first + size);
    ptr.push_back(bytes.size());
  }
  void add(std::string_view text) { add(text.data(), text.size()); }
  size_t size() const { return ptr.size() - 1; }
  std::string_view at(size_t i) const {
    return {reinterpret_cast<const char*>(bytes.data()) + ptr[i], static_cast<size_t>(ptr[i + 1] - ptr[i])};
  }
};

// Where the chunks of a blob lie in the file, for pread(2).  Every chunk is whole within the file.
struct H5Chunks {
  uint64_t size = 0;         // of the blob
  uint64_t chunk_bytes = 0;  // of every chunk
  std::vector<uint64_t> addresses;
};

class H5File {
 public:
  static H5File create(const Path& path);
  static H5File open(const Path& path);  // read-only and without a lock, which network file systems may not have
  void close();                          // after writing: a full disk is an Error here, in the destructor it is not

  // The root attributes "format" and "version".
  void set_format(const std::string& format, uint32_t version);
  void check_format(const std::string& format, uint32_t version) const;
  uint32_t version_of(const std::string& format, uint32_t newest) const;  // Error unless it is 1 to newest

  // T: uint8_t, uint32_t, uint64_t or float.  `name` is a path; groups on the way are made.
  template <class T>
  void write(const std::string& name, const std::vector<T>& values);
  void write_strings(const std::string& name, const H5Strings& strings);  // <name>_ptr and <name>_blob

  // An Error where the column is missing, has another type or not `count` rows.
  template <class T>
  std::vector<T> read(const std::string& name, uint64_t count) const;
  H5Strings read_strings(const std::string& name, uint64_t count) const;
  uint64_t rows(const std::string& name) const;

  H5Chunks chunks(const std::string& name) const;

 private:
  friend class H5Blob;
  struct Type {
    hid_t file, memory;
  };
  template <class T>
  static Type type_of();
  H5File(Path path, H5Id id) : path_(std::move(path)), id_(std::move(id)) {}
  H5Id dataset(const std::string& name) const;
  uint64_t rows(const H5Id& dataset, const std::string& name) const;
  void write_column(const std::string& name, Type type, const void* values, uint64_t count);
  void read_column(const std::string& name, Type type, void* values, uint64_t count) const;
  void check_fits(const std::string& name, uint64_t count, uint64_t width) const;

  Path path_;
  H5Id id_;
  uint64_t file_bytes_ = 0;  // of a file opened for reading: no column of ours is larger
};

// A blob being written: 1-D u8, chunked, Fletcher32, not compressed.
class H5Blob {
 public:
  H5Blob(const H5File& file, const std::string& name, uint64_t chunk_bytes);
  void append(const Bytes& piece);  // whole chunks, save for the last piece
  void close();

 private:
  Path path_;
  H5Id dataset_;
  uint64_t size_ = 0;
};

}  // namespace weft
