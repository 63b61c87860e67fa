// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <unistd.h>

#include <cstdio>
#include <ctime>
#include <map>
#include <mutex>

namespace weft::log {
namespace {

thread_local int bound = 0;

struct State {
  std::mutex mutex;
  std::map<int, Path> files;
  bool line_is_open = false;  // a progress line stands on the terminal without its end
};
State& state() {
  static State the_state;
  return the_state;
}

std::string now() {
  char text[32];
  const std::time_t seconds = std::time(nullptr);
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::strftime(text, sizeof text, "%H:%M:%S", &parts);
  return text;
}

void to_file(State& s, const std::string& line) {
  const auto file = s.files.find(bound);
  if (file != s.files.end()) append_line(file->second, now() + " " + line);
}

void to_screen(State& s, const std::string& line) {
  std::fprintf(stderr, "%s%s\n", s.line_is_open ? "\r\x1b[K" : "", line.c_str());
  s.line_is_open = false;
}

void from_any_rank(const char* what, const std::string& line) {
  State& s = state();
  std::lock_guard lock(s.mutex);
  to_file(s, join(what, ": ", line));
  to_screen(s, bound == 0 ? join(what, ": ", line) : join(what, " (rank ", bound, "): ", line));
}

}  // namespace

void bind_rank(int rank) {
  bound = rank;
}
int bound_rank() {
  return bound;
}
bool is_terminal() {
  static const bool terminal = ::isatty(STDERR_FILENO) == 1;
  return terminal;
}

void open_file(const Path& path) {
  std::lock_guard lock(state().mutex);
  state().files[bound] = path;
}

void close_file() {
  std::lock_guard lock(state().mutex);
  state().files.erase(bound);
}

void say(const std::string& line) {
  State& s = state();
  std::lock_guard lock(s.mutex);
  to_file(s, line);
  if (bound == 0) to_screen(s, line);
}

void warn(const std::string& line) {
  from_any_rank("warning", line);
}

void error(const std::string& line) {
  from_any_rank("error", line);
}

void progress(const std::string& line, bool keep) {
  State& s = state();
  std::lock_guard lock(s.mutex);
  if (keep) to_file(s, line);
  if (bound != 0) return;
  if (is_terminal()) {
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
    std::fflush(stderr);
    s.line_is_open = true;
  } else if (keep) {
    to_screen(s, line);
  }
}

}  // namespace weft::log
