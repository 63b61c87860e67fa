// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <sstream>
#include <string>

namespace weft {
namespace {

// /proc has no size to ask for, so it is read until it ends.
std::string read_proc(const char* path) {
  std::string text;
  if (FILE* file = std::fopen(path, "r")) {
    char piece[512];
    for (size_t got; (got = std::fread(piece, 1, sizeof piece, file)) > 0;) text.append(piece, got);
    std::fclose(file);
  }
  return text;
}

// Field 22 of /proc/self/stat (proc(5)), in clock ticks since boot; the command's name in field 2 may hold blanks.
double start_seconds_after_boot() {
  const std::string stat = read_proc("/proc/self/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string field;
  for (int number = 3; number <= 22; ++number) fields >> field;
  return std::strtod(field.c_str(), nullptr) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

double seconds_since_process_start() {
  static const double start = start_seconds_after_boot();
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec) - start;
}

double resident_memory_mib() {
  std::istringstream pages(read_proc("/proc/self/statm"));  // size, resident, ... (proc(5))
  double size = 0, resident = 0;
  pages >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double peak_memory_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace weft
