// SPDX-License-Identifier: Apache-2.0
#include "data/formats/tar.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/error.h"

namespace weft {
namespace {

constexpr size_t kBlock = 512;
constexpr uint64_t kMostHeaderText = uint64_t{1} << 20;  // of a long name or a pax header
constexpr uint64_t kMostContent = uint64_t{1} << 40;
constexpr size_t kPiece = size_t{1} << 20;  // memory grows with what was read, not with what a header promises

uint64_t padding_of(uint64_t size) {
  return (kBlock - size % kBlock) % kBlock;
}

std::string field_of(std::string_view block, size_t at, size_t length) {
  const std::string_view field = block.substr(at, length);
  return std::string(field.substr(0, field.find('\0')));
}

// Octal digits between blanks and zeros, or GNU's big-endian binary number behind a byte of 80 (hex).
std::optional<uint64_t> number_in(std::string_view field) {
  if (static_cast<uint8_t>(field[0]) == 0x80) {
    uint64_t value = 0;
    for (const char c : field.substr(1)) {
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | static_cast<uint8_t>(c);
    }
    return value;
  }
  while (field.starts_with(' ')) field.remove_prefix(1);
  field = field.substr(0, field.find_first_of(std::string_view(" \0", 2)));
  if (field.empty()) return 0;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value, 8);
  if (error != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return value;
}

// The sum of the header's bytes with its own field as blanks; old programs added signed bytes.
bool has_true_checksum(std::string_view block) {
  constexpr size_t kAt = 148, kLength = 8;
  uint64_t plain = 0;
  int64_t with_signs = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const char c = i >= kAt && i < kAt + kLength ? ' ' : block[i];
    plain += static_cast<uint8_t>(c);
    with_signs += static_cast<signed char>(c);
  }
  const auto stated = number_in(block.substr(kAt, kLength));
  return stated && (*stated == plain || static_cast<int64_t>(*stated) == with_signs);
}

}  // namespace

// zlib reads plain files through the same calls, and seeks in them.
class TarReader::Source {
 public:
  explicit Source(const Path& file) : name_(file.string()) {
    check(std::filesystem::is_regular_file(file), name_, ": wanted an archive, and there is no such file");
    file_ = gzopen(file.c_str(), "rb");
    check(file_ != nullptr, name_, ": cannot open the archive");
    gzbuffer(file_, 1 << 17);
    is_compressed_ = gzdirect(file_) == 0;
    if (!is_compressed_) size_ = std::filesystem::file_size(file);
  }
  ~Source() { gzclose(file_); }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  const std::string& name() const { return name_; }
  bool is_compressed() const { return is_compressed_; }
  uint64_t offset() const { return offset_; }

  size_t read(void* into, size_t size) {
    size_t done = 0;
    while (done < size) {
      const auto part = static_cast<unsigned>(std::min<size_t>(size - done, kPiece));
      const int got = gzread(file_, static_cast<uint8_t*>(into) + done, part);
      int error = Z_OK;
      const char* message = gzerror(file_, &error);
      check(got >= 0 && (error == Z_OK || error == Z_STREAM_END), name_, ": damaged or cut short at offset ", offset_,
            " of the unpacked archive: ", message);
      done += static_cast<size_t>(got);
      offset_ += static_cast<uint64_t>(got);
      if (got == 0) break;
    }
    return done;
  }
  void read_all(void* into, size_t size, const char* what) {
    const uint64_t begun = offset_;
    const size_t got = read(into, size);
    check(got == size, name_, ": is cut short at offset ", begun + got, ", within ", what);
  }
  void skip(uint64_t size, const char* what) {
    if (is_compressed_) {
      std::string piece(std::min<uint64_t>(size, kPiece), '\0');
      for (uint64_t left = size; left > 0; left -= std::min<uint64_t>(left, kPiece))
        read_all(piece.data(), std::min<uint64_t>(left, kPiece), what);
      return;
    }
    check(offset_ + size <= size_, name_, ": is cut short at offset ", size_, ", within ", what);
    offset_ += size;
    check(gzseek(file_, static_cast<z_off_t>(offset_), SEEK_SET) >= 0, name_, ": cannot go to offset ", offset_);
  }

 private:
  std::string name_;
  gzFile file_ = nullptr;
  bool is_compressed_ = false;
  uint64_t offset_ = 0, size_ = 0;
};

TarReader::TarReader(const Path& file) : source_(std::make_unique<Source>(file)) {}
TarReader::~TarReader() = default;
TarReader::TarReader(TarReader&&) noexcept = default;

bool TarReader::is_compressed() const {
  return source_->is_compressed();
}

// Nothing at the archive's end, which is a block of zeros (and another one, which some programs leave out).
std::optional<std::string> TarReader::read_header() {
  const uint64_t at = source_->offset();
  std::string block(kBlock, '\0');
  const size_t got = source_->read(block.data(), kBlock);
  check(got == kBlock, source_->name(), ": is cut short at offset ", at + got,
        at + got == 0 ? ": it is empty" : ", before the blocks of zeros that end an archive");
  if (block.find_first_not_of('\0') == std::string::npos) return std::nullopt;
  check(has_true_checksum(block), source_->name(), ": there is no tar header at offset ", at,
        " (its checksum is wrong)");
  return block;
}

void TarReader::read_fields(const std::string& block, TarMember& member) const {
  member.name = field_of(block, 0, 100);
  // GNU's own headers ("ustar  ") keep times where POSIX ones keep the prefix.
  if (block.compare(257, 6, std::string_view("ustar\0", 6)) == 0) {
    const std::string prefix = field_of(block, 345, 155);
    if (!prefix.empty()) member.name = prefix + "/" + member.name;
  }
  member.type = block[156] == '\0' ? '0' : block[156];
  const auto size = number_in(std::string_view(block).substr(124, 12));
  check(size && *size <= kMostContent, source_->name(), ": the header at offset ", source_->offset() - kBlock,
        " states no usable size");
  member.size = *size;
  if (member.type == '0' && member.name.ends_with('/')) member.type = '5';  // a folder before POSIX
}

// Records "<length> <key>=<value>\n", where the length counts the record itself.
void TarReader::read_pax(const std::string& records, TarMember& member, bool& has_path, bool& has_size) const {
  std::string_view rest = records;
  const auto refuse = [&] {
    fail(source_->name(), ": the pax header that ends at offset ", source_->offset(), " has a malformed record");
  };
  while (!rest.empty() && rest[0] != '\0') {
    size_t length = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    const size_t digits = static_cast<size_t>(end - rest.data());
    if (error != std::errc() || length > rest.size() || length < digits + 2 || rest[digits] != ' ') refuse();
    const std::string_view record = rest.substr(digits + 1, length - digits - 1);
    const size_t equals = record.find('=');
    if (!record.ends_with('\n') || equals == std::string_view::npos) refuse();
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1, record.size() - equals - 2);
    check(!key.starts_with("GNU.sparse"), source_->name(), ": holds a sparse file at offset ", source_->offset(),
          ", which is not supported");
    if (key == "path") {
      member.name = value;
      has_path = true;
    } else if (key == "size") {
      const auto [last, fault] = std::from_chars(value.data(), value.data() + value.size(), member.size);
      if (fault != std::errc() || last != value.data() + value.size() || member.size > kMostContent) refuse();
      has_size = true;
    }
    rest.remove_prefix(length);
  }
}

std::string TarReader::read_text(uint64_t size, const char* what) {
  check(size <= kMostHeaderText, source_->name(), ": ", what, " at offset ", source_->offset(), " has ", size,
        " bytes, at most ", kMostHeaderText, " are believable");
  std::string text(size, '\0');
  source_->read_all(text.data(), size, what);
  source_->skip(padding_of(size), what);
  return text;
}

bool TarReader::next(TarMember& member) {
  skip_rest();
  TarMember said;  // by the extended headers before the member's own
  bool has_path = false, has_size = false;
  while (true) {
    const auto block = read_header();
    if (!block) {
      check(!has_path && !has_size, source_->name(), ": ends at offset ", source_->offset(),
            " behind an extended header, before its member");
      return false;
    }
    TarMember found;
    read_fields(*block, found);
    if (found.type == 'L') {
      said.name = read_text(found.size, "a long name");
      said.name.resize(std::min(said.name.size(), said.name.find('\0')));
      has_path = true;
    } else if (found.type == 'x') {
      read_pax(read_text(found.size, "a pax header"), said, has_path, has_size);
    } else if (found.type == 'g' || found.type == 'K') {
      read_text(found.size, "an extended header");  // of the whole archive, or a link's target: nothing we want
    } else {
      check(found.type != 'S', source_->name(), ": holds a sparse file at offset ", source_->offset(),
            ", which is not supported");
      if (has_path) found.name = said.name;
      if (has_size) found.size = said.size;
      // Links state the size of what they point to, or none; no content follows them.
      const bool has_content = found.type != '1' && found.type != '2' && found.type != '5';
      left_ = has_content ? found.size : 0;
      padding_ = padding_of(left_);
      found.offset = source_->offset();
      member = found;
      return true;
    }
  }
}

Bytes TarReader::content() {
  Bytes content;
  while (left_ > 0) {
    const size_t part = std::min<uint64_t>(left_, kPiece);
    content.resize(content.size() + part);
    source_->read_all(content.data() + content.size() - part, part, "a member");
    left_ -= part;
  }
  return content;
}

void TarReader::skip_rest() {
  source_->skip(left_ + padding_, "a member");
  left_ = padding_ = 0;
}

}  // namespace weft
