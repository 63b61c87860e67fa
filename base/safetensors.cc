// SPDX-License-Identifier: Apache-2.0
// The file: a u64 length N, N bytes of JSON, the data.  The JSON maps a name to {dtype, shape, data_offsets: [begin,
// end]} and "__metadata__" to texts.  In the order of their offsets the tensors fill the data to its last byte, without
// a hole or an overlap.  The header is read as a stream of events, because a JSON tree would have lost the duplicate
// keys.
#include "base/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/positional_file.h"

namespace weft {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian, and so is every copy here");

constexpr uint64_t kLengthBytes = 8;
constexpr uint64_t kLongestHeader = 100'000'000;
constexpr const char* kMetadata = "__metadata__";

struct Dtype {
  const char* name;
  uint64_t bits;
};
// In the format's own order: the writer puts the last first.
constexpr std::array<Dtype, 22> kDtypes = {
    {{"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6},     {"U8", 8},          {"I8", 8},
     {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"I16", 16},
     {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},        {"U32", 32},        {"F32", 32},
     {"C64", 64},    {"F64", 64},    {"I64", 64},    {"U64", 64}}};

size_t index_of_dtype(const std::string& dtype) {
  for (size_t i = 0; i < kDtypes.size(); ++i)
    if (dtype == kDtypes[i].name) return i;
  fail("unknown dtype \"", dtype, "\"");
}

uint64_t bytes_of(const std::string& name, const std::string& dtype, const std::vector<int64_t>& shape) {
  uint64_t bits = bits_of_dtype(dtype);
  for (const int64_t extent : shape) {
    check(extent >= 0, "tensor \"", name, "\" has a negative extent ", extent);
    check(!__builtin_mul_overflow(bits, static_cast<uint64_t>(extent), &bits), "tensor \"", name,
          "\" has a shape whose size exceeds 64 bits");
  }
  check(bits % 8 == 0, "tensor \"", name, "\" has ", bits, " bits of ", dtype, "; wanted whole bytes");
  return bits / 8;
}

// Takes the events of the one JSON shape the format knows; whatever else comes is refused where it comes.
class HeaderEvents final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderEvents(SafetensorsHeader& header) : header_(header) {}

  bool key(std::string& name) override {
    key_ = name;
    if (at_ == At::top) {
      check(names_.insert(name).second, "\"", name, "\" appears twice");
    } else if (at_ == At::entry) {
      check(name == "dtype" || name == "shape" || name == "data_offsets", "tensor \"", entry_.name,
            "\" has an unknown field \"", name, "\"");
      check(fields_.insert(name).second, "tensor \"", entry_.name, "\" has the field \"", name, "\" twice");
    } else {
      check(!header_.metadata.contains(name), "the metadata has the key \"", name, "\" twice");
    }
    return true;
  }
  bool start_object(size_t) override {
    if (at_ == At::outside) {
      at_ = At::top;
    } else if (at_ == At::top && key_ == kMetadata) {
      at_ = At::metadata;
    } else if (at_ == At::top) {
      at_ = At::entry;
      entry_ = {.name = key_};
      fields_.clear();
    } else {
      refuse("an object");
    }
    return true;
  }
  bool end_object() override {
    if (at_ == At::entry) {
      check(fields_.size() == 3, "tensor \"", entry_.name, "\" lacks a field; wanted dtype, shape and data_offsets");
      header_.entries.push_back(std::move(entry_));
    }
    at_ = at_ == At::top ? At::outside : At::top;
    return true;
  }
  bool start_array(size_t) override {
    if (at_ != At::entry || key_ == "dtype") refuse("an array");
    at_ = key_ == "shape" ? At::shape : At::offsets;
    offsets_.clear();
    return true;
  }
  bool end_array() override {
    if (at_ == At::offsets) {
      check(offsets_.size() == 2, "tensor \"", entry_.name, "\" has ", offsets_.size(), " data_offsets; wanted 2");
      entry_.begin = offsets_[0];
      entry_.end = offsets_[1];
    }
    at_ = At::entry;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (at_ == At::offsets) {
      offsets_.push_back(value);
    } else if (at_ == At::shape) {
      check(value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()), "tensor \"", entry_.name,
            "\" has an extent of ", value, "; wanted less than 2^63");
      entry_.shape.push_back(static_cast<int64_t>(value));
    } else {
      refuse("a number");
    }
    return true;
  }
  bool string(std::string& text) override {
    if (at_ == At::metadata) {
      header_.metadata[key_] = text;
    } else if (at_ == At::entry && key_ == "dtype") {
      entry_.dtype = text;
    } else {
      refuse("a string");
    }
    return true;
  }
  bool null() override { refuse("null"); }
  bool boolean(bool) override { refuse("a truth value"); }
  bool number_integer(number_integer_t) override { refuse("a negative number"); }
  bool number_float(number_float_t, const std::string&) override { refuse("a number that is no 64-bit integer"); }
  bool binary(nlohmann::json::binary_t&) override { refuse("binary data"); }
  bool parse_error(size_t byte, const std::string&, const nlohmann::json::exception&) override {
    fail("the header is not valid UTF-8 JSON at its byte ", byte);
  }

 private:
  enum class At { outside, top, entry, shape, offsets, metadata };

  [[noreturn]] void refuse(const char* found) const {
    fail("the header has ", found, " where the format has none, at the key \"", key_, "\"");
  }

  SafetensorsHeader& header_;
  At at_ = At::outside;
  std::string key_;
  SafetensorsEntry entry_;
  std::vector<uint64_t> offsets_;
  std::set<std::string> names_, fields_;
};

void check_layout(const std::vector<SafetensorsEntry>& entries, uint64_t data_bytes) {
  uint64_t filled = 0;
  for (const SafetensorsEntry& entry : entries) {
    check(entry.begin == filled, "tensor \"", entry.name, "\" begins at byte ", entry.begin, " of the data; wanted ",
          filled, ", where the one before ends");
    check(entry.end >= entry.begin, "tensor \"", entry.name, "\" ends before it begins");
    const uint64_t wanted = bytes_of(entry.name, entry.dtype, entry.shape);
    check(entry.end - entry.begin == wanted, "tensor \"", entry.name, "\" has ", entry.end - entry.begin,
          " bytes; wanted ", wanted, " by its dtype and shape");
    filled = entry.end;
  }
  check(filled == data_bytes, "the tensors fill ", filled, " bytes, but the data has ", data_bytes);
}

std::string quoted(const std::string& text) {
  try {
    return nlohmann::json(text).dump();
  } catch (const nlohmann::json::type_error&) {
    fail("a name or metadata text is not UTF-8");
  }
}

}  // namespace

std::string safetensors_header(const std::vector<SafetensorsTensor>& tensors,
                               const std::map<std::string, std::string>& metadata) {
  std::set<std::string> names;
  for (const SafetensorsTensor& tensor : tensors)
    check(names.insert(tensor.name).second, "two tensors have the name \"", tensor.name, "\"");
  std::string text = "{";
  const auto separate = [&](const char* before) { text += text.back() == '{' ? "" : before; };
  if (!metadata.empty()) {
    text += quoted(kMetadata) + ":{";
    for (const auto& [key, value] : metadata) {
      separate(",");
      text += quoted(key) + ":" + quoted(value);
    }
    text += "}";
  }
  uint64_t begin = 0;
  for (const SafetensorsTensor& tensor : tensors) {
    check(tensor.name != kMetadata, "no tensor can have the name ", kMetadata);
    const uint64_t end = begin + bytes_of(tensor.name, tensor.dtype, tensor.shape);
    separate(",");
    text += quoted(tensor.name) + ":{\"dtype\":" + quoted(tensor.dtype) +
            ",\"shape\":" + nlohmann::json(tensor.shape).dump() +
            ",\"data_offsets\":" + nlohmann::json{begin, end}.dump() + "}";
    begin = end;
  }
  text += "}";
  text.resize((text.size() + 7) / 8 * 8, ' ');
  check(text.size() <= kLongestHeader, "the header has ", text.size(), " bytes; the format allows ", kLongestHeader);
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), kLengthBytes) + text;
}

uint64_t bits_of_dtype(const std::string& dtype) {
  return kDtypes[index_of_dtype(dtype)].bits;
}

SafetensorsHeader parse_safetensors(const uint8_t* data, size_t size) {
  check(size >= kLengthBytes, "has ", size, " bytes; a safetensors file has at least ", kLengthBytes);
  uint64_t length = 0;
  std::memcpy(&length, data, kLengthBytes);
  check(length <= kLongestHeader, "claims a header of ", length, " bytes; the format allows ", kLongestHeader);
  check(length <= size - kLengthBytes, "claims a header of ", length, " bytes, but ", size - kLengthBytes, " follow");
  const uint8_t* begin = data + kLengthBytes;
  check(length > 0 && *begin == '{', "the header does not begin with {");

  SafetensorsHeader header;
  header.data_offset = kLengthBytes + length;
  HeaderEvents events(header);
  nlohmann::json::sax_parse(begin, begin + length, &events);
  std::sort(header.entries.begin(), header.entries.end(), [](const SafetensorsEntry& a, const SafetensorsEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  check_layout(header.entries, size - header.data_offset);
  return header;
}

SafetensorsHeader read_safetensors_header(const Path& path) {
  const PositionalFile file(path, PositionalFile::Mode::read);
  const uint64_t size = file.size();
  uint64_t length = 0;
  if (size >= kLengthBytes) file.read(0, &length, kLengthBytes);
  // A length that is not believed is refused by parse_safetensors, which looks at nothing behind the header.
  const bool fits = length <= kLongestHeader && size >= kLengthBytes + length;
  Bytes header(static_cast<size_t>(fits ? kLengthBytes + length : std::min(size, kLengthBytes)));
  file.read(0, header.data(), header.size());
  return in_context([&] { return parse_safetensors(header.data(), static_cast<size_t>(size)); }, "reading ",
                    path.string());
}

SafetensorsReader::SafetensorsReader(const Path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  check(file >= 0, path.string(), ": cannot open: ", std::strerror(errno));
  struct stat status{};
  const bool is_file = ::fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  map_size_ = is_file ? static_cast<size_t>(status.st_size) : 0;
  void* map = map_size_ > 0 ? ::mmap(nullptr, map_size_, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
  const int reason = errno;
  ::close(file);
  check(is_file, path.string(), ": is not a file");
  check(map_size_ > 0, path.string(), ": is empty");
  check(map != MAP_FAILED, path.string(), ": cannot map into memory: ", std::strerror(reason));
  const auto unmap = [this](void* p) { ::munmap(p, map_size_); };
  std::unique_ptr<void, decltype(unmap)> held(map, unmap);

  const auto* bytes = static_cast<const uint8_t*>(map);
  SafetensorsHeader header = in_context([&] { return parse_safetensors(bytes, map_size_); }, "reading ", path.string());
  data_ = bytes + header.data_offset;
  entries_ = std::move(header.entries);
  metadata_ = std::move(header.metadata);
  for (size_t i = 0; i < entries_.size(); ++i) by_name_[entries_[i].name] = i;
  map_ = held.release();
}

SafetensorsReader::~SafetensorsReader() {
  ::munmap(map_, map_size_);
}

const SafetensorsEntry* SafetensorsReader::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &entries_[found->second];
}

void write_safetensors(const Path& path, std::vector<SafetensorsTensor> tensors,
                       const std::map<std::string, std::string>& metadata) {
  std::sort(tensors.begin(), tensors.end(), [](const SafetensorsTensor& a, const SafetensorsTensor& b) {
    const size_t of_a = index_of_dtype(a.dtype), of_b = index_of_dtype(b.dtype);
    return of_a != of_b ? of_a > of_b : a.name < b.name;
  });
  const std::string header =
      in_context([&] { return safetensors_header(tensors, metadata); }, "writing ", path.string());

  Path temporary = path;
  temporary += ".tmp";
  std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
  const auto put = [&](const void* data, uint64_t bytes) {
    file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  };
  put(header.data(), header.size());
  for (const SafetensorsTensor& tensor : tensors) put(tensor.data, bytes_of(tensor.name, tensor.dtype, tensor.shape));
  file.close();
  check(file.good(), temporary.string(), ": cannot write: ", std::strerror(errno));
  publish(temporary, path);
}

}  // namespace weft
