// SPDX-License-Identifier: Apache-2.0
#include "base/tfevents.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <protozero/pbf_writer.hpp>

#include "base/error.h"
#include "base/hash.h"

namespace weft {
namespace {

// Field numbers of tensorflow/core's event.proto and summary.proto.
enum class EventField : protozero::pbf_tag_type { wall_time = 1, step = 2, file_version = 3, summary = 5 };
enum class SummaryField : protozero::pbf_tag_type { value = 1 };
enum class ValueField : protozero::pbf_tag_type { tag = 1, simple_value = 2, image = 4 };
enum class ImageField : protozero::pbf_tag_type { height = 1, width = 2, colorspace = 3, encoded = 4 };

constexpr int kRgb = 3;

template <class Field>
protozero::pbf_tag_type number(Field field) {
  return static_cast<protozero::pbf_tag_type>(field);
}

std::string event_of(double wall_time, int64_t step, const std::string& value) {
  std::string summary, event;
  protozero::pbf_writer(summary).add_message(number(SummaryField::value), value);
  protozero::pbf_writer writer(event);
  writer.add_double(number(EventField::wall_time), wall_time);
  writer.add_int64(number(EventField::step), step);
  writer.add_message(number(EventField::summary), summary);
  return event;
}

void put(std::string& out, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

// A checksum of data that holds checksums is turned, so that it does not check itself.
uint32_t masked_crc(std::string_view data) {
  const uint32_t crc = crc32c(data.data(), data.size());
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

}  // namespace

EventWriter::EventWriter(const Path& folder) {
  make_folder(folder);
  const std::time_t now = std::time(nullptr);
  for (int n = 0; file_ < 0; ++n) {
    char name[80];
    std::snprintf(name, sizeof name, "events.out.tfevents.%010lld.weft.%d.%d", static_cast<long long>(now), ::getpid(),
                  n);
    path_ = folder / name;
    file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    check(file_ >= 0 || errno == EEXIST, path_.string(), ": cannot create: ", std::strerror(errno));
  }
  std::string event;
  protozero::pbf_writer writer(event);
  writer.add_double(number(EventField::wall_time), static_cast<double>(now));
  writer.add_string(number(EventField::file_version), "brain.Event:2");
  append(event);
}

EventWriter::~EventWriter() {
  ::close(file_);
}

void EventWriter::scalar(std::string_view tag, int64_t step, double value, double wall_time) {
  std::string bytes;
  protozero::pbf_writer writer(bytes);
  writer.add_string(number(ValueField::tag), tag.data(), tag.size());
  writer.add_float(number(ValueField::simple_value), static_cast<float>(value));
  append(event_of(wall_time, step, bytes));
}

void EventWriter::image(std::string_view tag, int64_t step, const Bytes& png, int width, int height, double wall_time) {
  std::string image, bytes;
  protozero::pbf_writer fields(image);
  fields.add_int32(number(ImageField::height), height);
  fields.add_int32(number(ImageField::width), width);
  fields.add_int32(number(ImageField::colorspace), kRgb);
  fields.add_bytes(number(ImageField::encoded), reinterpret_cast<const char*>(png.data()), png.size());
  protozero::pbf_writer writer(bytes);
  writer.add_string(number(ValueField::tag), tag.data(), tag.size());
  writer.add_message(number(ValueField::image), image);
  append(event_of(wall_time, step, bytes));
}

void EventWriter::flush() {
  const bool synced = ::fsync(file_) == 0;
  check(synced, path_.string(), ": cannot sync to disk: ", std::strerror(errno));
}

void EventWriter::append(const std::string& event) {
  std::string record;
  put(record, event.size(), 8);
  put(record, masked_crc(record), 4);
  record += event;
  put(record, masked_crc(event), 4);
  const ssize_t written = ::write(file_, record.data(), record.size());
  check(written == static_cast<ssize_t>(record.size()), path_.string(), ": wrote ", written, " of ", record.size(),
        " bytes: ", written < 0 ? std::strerror(errno) : "is the disk full?");
}

}  // namespace weft
