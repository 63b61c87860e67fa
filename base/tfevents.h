// SPDX-License-Identifier: Apache-2.0
// TensorBoard's event files, written without TensorBoard or libprotobuf.  A file is a row of records
//   u64 length | u32 masked CRC-32C of the length | Event | u32 masked CRC-32C of the Event      (little-endian)
// and is only ever appended to, one write(2) per record, so that a killed run leaves a readable file.  A resumed run
// begins a file of its own in the same folder; TensorBoard reads them as one run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/files.h"

namespace weft {

class EventWriter {
 public:
  // A new file events.out.tfevents.<seconds>.weft.<pid>.<n>: where TensorBoard would put the host's name stands "weft".
  explicit EventWriter(const Path& folder);
  ~EventWriter();
  EventWriter(const EventWriter&) = delete;
  EventWriter& operator=(const EventWriter&) = delete;

  const Path& path() const { return path_; }

  // wall_time: seconds since 1970.
  void scalar(std::string_view tag, int64_t step, double value, double wall_time);
  void image(std::string_view tag, int64_t step, const Bytes& png, int width, int height, double wall_time);
  void flush();  // to the disk, not only to the system

 private:
  void append(const std::string& event);

  Path path_;
  int file_ = -1;
};

}  // namespace weft
