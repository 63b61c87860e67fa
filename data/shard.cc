// SPDX-License-Identifier: Apache-2.0
#include "data/shard.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <unordered_map>

#include "base/error.h"
#include "data/utf8.h"

namespace weft {
namespace {

constexpr const char* kFormat = "weft.images";
constexpr uint32_t kVersion = 2;
constexpr uint32_t kNoLink = 0xffffffffu;

std::vector<std::string> texts_of(const H5Strings& strings, const Path& path, const char* name) {
  std::vector<std::string> texts;
  for (size_t i = 0; i < strings.size(); ++i) {
    texts.emplace_back(strings.at(i));
    check(is_utf8(texts.back()), path.string(), ": ", name, " of row ", i, " is not UTF-8");
  }
  return texts;
}

void check_info(const SampleInfo& info, uint64_t offset, uint64_t blob_bytes) {
  const int codec = static_cast<int>(info.codec), channels = info.channels, orientation = info.orientation;
  check(info.codec >= Codec::jpeg && info.codec <= Codec::volume, "codec ", codec, " is unknown");
  const bool is_volume = info.codec == Codec::volume, is_linked = !info.link.empty();
  check(info.bytes > 0 && (is_linked || (offset <= blob_bytes && info.bytes <= blob_bytes - offset)), "bytes ", offset,
        " to ", offset, " + ", info.bytes, " are not within the blob's ", blob_bytes);
  check(info.width > 0 && info.height > 0, "its size is ", info.width, " x ", info.height);
  check(channels >= 1 && (channels <= 4 || is_volume), "it has ", channels, " channels, wanted 1 to 4");
  check(orientation >= 1 && orientation <= 8, "its orientation is ", orientation, ", wanted 1 to 8");
  check(info.bits == 8 || info.bits == 16 || info.bits == 32, "it has ", int{info.bits}, " bits, wanted 8, 16 or 32");
  check(info.views >= 1 && (info.views == 1 || is_volume), "it has ", info.views, " views, wanted 1 of what is no ",
        "volume");
  for (const float spacing : info.spacing)
    check(std::isfinite(spacing) && spacing >= 0, "its spacing is ", spacing, " mm, wanted 0 (unknown) or more");
}

// The columns that version 1 did not have.
void read_second_version(const H5File& file, const Path& path, std::vector<SampleInfo>& infos,
                         const std::vector<uint64_t>& offsets) {
  const size_t samples = infos.size();
  const auto orientation = file.read<uint8_t>("index/orientation", samples),
             bits = file.read<uint8_t>("index/bits", samples);
  const auto views = file.read<uint32_t>("index/views", samples), link = file.read<uint32_t>("index/link", samples);
  const auto spacing = file.read<float>("index/spacing", 3 * samples);
  const uint64_t ends = file.rows("links/file_ptr");
  check(ends > 0, path.string(), ": links/file_ptr is empty, wanted at least one row");
  const std::vector<std::string> files = texts_of(file.read_strings("links/file", ends - 1), path, "links/file");
  for (size_t i = 0; i < samples; ++i) {
    SampleInfo& info = infos[i];
    info.orientation = orientation[i], info.bits = bits[i], info.views = views[i];
    std::copy_n(spacing.begin() + static_cast<int64_t>(3 * i), 3, info.spacing.begin());
    if (link[i] == kNoLink) continue;
    check(link[i] < files.size() && !files[link[i]].empty(), path.string(), ": sample ", i, " is linked to the file ",
          link[i], " of ", files.size());
    info.link = files[link[i]], info.link_offset = offsets[i];
  }
}

std::vector<SampleInfo> read_index(const H5File& file, const Path& path, uint64_t samples) {
  const auto bytes = file.read<uint32_t>("index/bytes", samples), crc = file.read<uint32_t>("index/crc", samples);
  const auto width = file.read<uint32_t>("index/width", samples), height = file.read<uint32_t>("index/height", samples);
  const auto channels = file.read<uint8_t>("index/channels", samples),
             codec = file.read<uint8_t>("index/codec", samples);
  const auto high = file.read<uint64_t>("index/uid_high", samples), low = file.read<uint64_t>("index/uid_low", samples);
  std::vector<std::string> keys = texts_of(file.read_strings("index/key", samples), path, "key");
  std::vector<std::string> groups = texts_of(file.read_strings("index/group", samples), path, "group");
  std::vector<SampleInfo> infos;
  for (uint64_t i = 0; i < samples; ++i)
    infos.push_back({.uid = {high[i], low[i]},
                     .key = std::move(keys[i]),
                     .group = std::move(groups[i]),
                     .codec = static_cast<Codec>(codec[i]),
                     .bytes = bytes[i],
                     .width = width[i],
                     .height = height[i],
                     .channels = channels[i],
                     .crc = crc[i]});
  return infos;
}

template <class T, class Member>
std::vector<T> column(const std::vector<SampleInfo>& infos, Member member) {
  std::vector<T> values;
  for (const SampleInfo& info : infos) values.push_back(static_cast<T>(member(info)));
  return values;
}

// Each linked file once, and which of them a sample is in.
void write_links(H5File& file, const std::vector<SampleInfo>& infos) {
  H5Strings files;
  std::unordered_map<std::string, uint32_t> rows;
  std::vector<uint32_t> link;
  for (const SampleInfo& info : infos) {
    if (info.link.empty()) {
      link.push_back(kNoLink);
      continue;
    }
    const auto [place, is_new] = rows.try_emplace(info.link, static_cast<uint32_t>(rows.size()));
    if (is_new) files.add(info.link);
    link.push_back(place->second);
  }
  file.write("index/link", link);
  file.write_strings("links/file", files);
}

}  // namespace

uint64_t ShardLayout::place(uint64_t bytes) {
  const uint64_t within = end_ % kChunkBytes;
  if (within > 0 && bytes > kChunkBytes - within) end_ += kChunkBytes - within;
  const uint64_t offset = end_;
  end_ += bytes;
  return offset;
}

ShardWriter::ShardWriter(const Path& path) : file_(H5File::create(path)), blob_(file_, "blob", kChunkBytes) {
  file_.set_format(kFormat, kVersion);
}

void ShardWriter::add(const Bytes& content, const SampleInfo& info) {
  const bool is_linked = !info.link.empty();
  offsets_.push_back(is_linked ? info.link_offset : layout_.place(content.size()));
  infos_.push_back(info);
  if (is_linked) return;
  const Bytes gap(offsets_.back() - appended_, 0);
  append(gap.data(), gap.size());
  append(content.data(), content.size());
}

void ShardWriter::append(const uint8_t* data, size_t size) {
  appended_ += size;
  while (size > 0) {
    const size_t piece = std::min<size_t>(size, kChunkBytes - chunk_.size());
    chunk_.insert(chunk_.end(), data, data + piece);
    data += piece, size -= piece;
    if (chunk_.size() == kChunkBytes) blob_.append(chunk_), chunk_.clear();
  }
}

void ShardWriter::close() {
  if (!chunk_.empty()) blob_.append(chunk_);
  blob_.close();
  H5Strings keys, groups;
  std::vector<float> spacing;
  for (const SampleInfo& info : infos_) {
    keys.add(info.key), groups.add(info.group);
    spacing.insert(spacing.end(), info.spacing.begin(), info.spacing.end());
  }
  file_.write("index/offset", offsets_);
  file_.write("index/bytes", column<uint32_t>(infos_, [](const auto& info) { return info.bytes; }));
  file_.write("index/width", column<uint32_t>(infos_, [](const auto& info) { return info.width; }));
  file_.write("index/height", column<uint32_t>(infos_, [](const auto& info) { return info.height; }));
  file_.write("index/channels", column<uint8_t>(infos_, [](const auto& info) { return info.channels; }));
  file_.write("index/orientation", column<uint8_t>(infos_, [](const auto& info) { return info.orientation; }));
  file_.write("index/bits", column<uint8_t>(infos_, [](const auto& info) { return info.bits; }));
  file_.write("index/views", column<uint32_t>(infos_, [](const auto& info) { return info.views; }));
  file_.write("index/spacing", spacing);
  file_.write("index/codec", column<uint8_t>(infos_, [](const auto& info) { return info.codec; }));
  file_.write("index/crc", column<uint32_t>(infos_, [](const auto& info) { return info.crc; }));
  file_.write("index/uid_high", column<uint64_t>(infos_, [](const auto& info) { return info.uid.high; }));
  file_.write("index/uid_low", column<uint64_t>(infos_, [](const auto& info) { return info.uid.low; }));
  file_.write_strings("index/key", keys);
  file_.write_strings("index/group", groups);
  write_links(file_, infos_);
  file_.close();
}

ShardReader::ShardReader(const Path& path, std::optional<uint64_t> wanted) : name_(path.filename().string()) {
  const H5File file = H5File::open(path);
  const uint32_t version = file.version_of(kFormat, kVersion);
  check(wanted || version == kVersion, path.string(), ": is of version ", version, ", wanted ", kVersion);
  const uint64_t samples = wanted ? *wanted : file.rows("index/offset");
  chunks_ = file.chunks("blob");
  offsets_ = file.read<uint64_t>("index/offset", samples);
  infos_ = read_index(file, path, samples);
  if (version >= 2) read_second_version(file, path, infos_, offsets_);
  for (uint64_t i = 0; i < samples; ++i)
    in_context([&] { check_info(infos_[i], offsets_[i], chunks_.size); }, "opening sample ", i, " (", infos_[i].key,
               ") of ", path);
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  check(descriptor_ >= 0, path.string(), ": cannot open for reading: ", std::strerror(errno),
        errno == EMFILE ? "; hint: raise `ulimit -n`, a dataset keeps one file open per shard" : "");
}

ShardReader::~ShardReader() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

ShardReader::ShardReader(ShardReader&& other) noexcept
    : name_(std::move(other.name_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      chunks_(std::move(other.chunks_)),
      offsets_(std::move(other.offsets_)),
      infos_(std::move(other.infos_)) {}

void ShardReader::read(uint64_t sample, Bytes& into, uint64_t from) const {
  uint64_t at = offsets_[sample] + from;
  for (size_t done = 0; done < into.size();) {
    const uint64_t within = at % chunks_.chunk_bytes;
    const size_t wanted = std::min<uint64_t>(into.size() - done, chunks_.chunk_bytes - within);
    const uint64_t address = chunks_.addresses[at / chunks_.chunk_bytes] + within;
    const ssize_t got = ::pread(descriptor_, into.data() + done, wanted, static_cast<off_t>(address));
    if (got < 0 && errno == EINTR) continue;
    check(got > 0, "cannot read byte ", address, " of the file: ", got < 0 ? std::strerror(errno) : "it ends before");
    done += static_cast<size_t>(got), at += static_cast<uint64_t>(got);
  }
}

}  // namespace weft
