// SPDX-License-Identifier: Apache-2.0
// Independent makers and counters of the tests are small Python programs (no package beside Python's own).
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "base/error.h"

namespace weft {

// What `python3 tests/<script> arguments...` prints; an Error where it fails.
inline std::string run_python(const std::string& script, const std::vector<std::string>& arguments) {
  std::string command = join("python3 '", WEFT_SOURCE_DIR, "/tests/", script, "'");
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  FILE* pipe = ::popen(command.c_str(), "r");
  check(pipe != nullptr, command, ": cannot start");
  std::string text(1 << 12, '\0'), all;
  for (size_t got = 0; (got = std::fread(text.data(), 1, text.size(), pipe)) > 0;) all.append(text, 0, got);
  check(::pclose(pipe) == 0, command, ": failed");
  return all;
}

}  // namespace weft
