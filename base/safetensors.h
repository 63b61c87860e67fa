// SPDX-License-Identifier: Apache-2.0
// Reader and writer of the safetensors format (huggingface/safetensors), torch-free.  The reader enforces every rule of
// the format and refuses duplicate keys; the writer gives the same bytes as the Python package.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;            // "F32", "BF16", "I64", ...
  std::vector<int64_t> shape;   // empty for a scalar
  uint64_t begin = 0, end = 0;  // bytes, from the start of the data
};

// A file mapped into memory; entries ordered by offset.
class SafetensorsReader {
 public:
  explicit SafetensorsReader(const Path& path);
  ~SafetensorsReader();
  SafetensorsReader(const SafetensorsReader&) = delete;
  SafetensorsReader& operator=(const SafetensorsReader&) = delete;

  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  const SafetensorsEntry* find(const std::string& name) const;  // nullptr where there is none
  const uint8_t* data(const SafetensorsEntry& entry) const { return data_ + entry.begin; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  void* map_ = nullptr;
  size_t map_size_ = 0;
  const uint8_t* data_ = nullptr;
  std::vector<SafetensorsEntry> entries_;
  std::map<std::string, size_t> by_name_;
  std::map<std::string, std::string> metadata_;
};

// The header's rules alone, on memory (the fuzzers' way in).  Throws Error.
struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
  uint64_t data_offset = 0;
};
SafetensorsHeader parse_safetensors(const uint8_t* data, size_t size);
SafetensorsHeader read_safetensors_header(const Path& path);

struct SafetensorsTensor {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  const void* data = nullptr;  // contiguous, little-endian; bytes follow from dtype and shape
};
// Length and header of a file whose data follow in this order.
std::string safetensors_header(const std::vector<SafetensorsTensor>& tensors,
                               const std::map<std::string, std::string>& metadata = {});
// Widest dtype first, then by name; written to path + ".tmp", synced, renamed.
void write_safetensors(const Path& path, std::vector<SafetensorsTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {});

uint64_t bits_of_dtype(const std::string& dtype);  // Error on an unknown one

}  // namespace weft
