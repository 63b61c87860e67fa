// SPDX-License-Identifier: Apache-2.0
// Loaded into weft by LD_PRELOAD, it makes the system fail:
//   FAIL_CALL=write|fsync|pread FAIL_PATH=part of a path [FAIL_AFTER=calls that succeed]   EIO
//   CLOCK_JUMP=seconds CLOCK_JUMP_AFTER=seconds                                          the time of day jumps
#include <dlfcn.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

const char* setting(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? "" : text;
}

bool fails(const char* call, int descriptor) {
  static const char* const failing = setting("FAIL_CALL");
  if (std::strcmp(call, failing) != 0) return false;
  char link[32], path[512] = "";
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  if (::readlink(link, path, sizeof path - 1) < 0 || std::strstr(path, setting("FAIL_PATH")) == nullptr) return false;
  static std::atomic<int> left{std::atoi(setting("FAIL_AFTER"))};
  if (left-- > 0) return false;
  errno = EIO;
  return true;
}

time_t jump() {
  static const auto real = next<int(clockid_t, timespec*)>("clock_gettime");
  static const time_t by = std::atol(setting("CLOCK_JUMP")), after = std::atol(setting("CLOCK_JUMP_AFTER"));
  timespec now{};
  static const time_t start = (real(CLOCK_MONOTONIC, &now), now.tv_sec);
  real(CLOCK_MONOTONIC, &now);
  return now.tv_sec - start >= after ? by : 0;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto real = next<int(clockid_t, timespec*)>("clock_gettime");
  const int status = real(clock, time);
  if (clock == CLOCK_REALTIME) time->tv_sec += jump();
  return status;
}

int gettimeofday(timeval* time, void* zone) noexcept {
  static const auto real = next<int(timeval*, void*)>("gettimeofday");
  const int status = real(time, zone);
  time->tv_sec += jump();
  return status;
}

time_t time(time_t* out) noexcept {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}

ssize_t write(int descriptor, const void* data, size_t bytes) {
  static const auto real = next<ssize_t(int, const void*, size_t)>("write");
  return fails("write", descriptor) ? -1 : real(descriptor, data, bytes);
}

ssize_t pwrite(int descriptor, const void* data, size_t bytes, off_t at) {
  static const auto real = next<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return fails("write", descriptor) ? -1 : real(descriptor, data, bytes, at);
}

ssize_t pwrite64(int descriptor, const void* data, size_t bytes, off64_t at) {
  return pwrite(descriptor, data, bytes, at);
}

ssize_t pread(int descriptor, void* data, size_t bytes, off_t at) {
  static const auto real = next<ssize_t(int, void*, size_t, off_t)>("pread");
  return fails("pread", descriptor) ? -1 : real(descriptor, data, bytes, at);
}

ssize_t pread64(int descriptor, void* data, size_t bytes, off64_t at) {
  return pread(descriptor, data, bytes, at);
}

int fsync(int descriptor) {
  static const auto real = next<int(int)>("fsync");
  return fails("fsync", descriptor) ? -1 : real(descriptor);
}
}
