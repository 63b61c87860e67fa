// SPDX-License-Identifier: Apache-2.0
// What a person watching sees.  Rank 0 speaks on standard error; a warning or an error comes through from any rank,
// with its number; everything goes to the rank's own file once one is open.  On a terminal the progress line updates in
// place, elsewhere it is a plain line now and then.  Which rank a thread speaks for is bound per thread, so that
// threads can be ranks.
#pragma once

#include <string>

#include "base/error.h"
#include "base/files.h"

namespace weft {

namespace log {
void bind_rank(int rank);  // this thread speaks for that rank from now on
int bound_rank();
void open_file(const Path& path);  // the bound rank's file, appended to
void close_file();
void say(const std::string& line);
void warn(const std::string& line);
void error(const std::string& line);
// `line` replaces the one before on a terminal; elsewhere it is printed when `keep` is true.
void progress(const std::string& line, bool keep);
bool is_terminal();
}  // namespace log

template <class... Parts>
void log_info(const Parts&... parts) {
  log::say(join(parts...));
}
template <class... Parts>
void log_warning(const Parts&... parts) {
  log::warn(join(parts...));
}

}  // namespace weft
