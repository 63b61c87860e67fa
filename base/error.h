// SPDX-License-Identifier: Apache-2.0
// What a user can mend is an Error: it says what was found, what was wanted and where.  Layers add where while it
// unwinds; only launch/main.cc catches it.  A bug of our own is a WEFT_ASSERT, which aborts.
#pragma once

#include <exception>
#include <sstream>
#include <string>
#include <utility>

namespace weft {

// The exit codes of every verb.
enum class Exit : int {
  done = 0,
  failed = 1,       // anything without a code of its own
  user_error = 2,   // a recipe, a file or a flag is wrong
  diverged = 3,     // too many non-finite steps in a row
  data_budget = 4,  // more damaged samples than the recipe allows
  peer_lost = 5,    // a rank died or missed a deadline
  preempted = 75,   // stopped by a signal, after a save
};

class Error : public std::exception {
 public:
  explicit Error(std::string message, Exit exit = Exit::user_error) : message_(std::move(message)), exit_(exit) {}
  const char* what() const noexcept override { return message_.c_str(); }
  Exit exit() const { return exit_; }
  void add_context(const std::string& where) { message_ += "\n  ... while " + where; }

 private:
  std::string message_;
  Exit exit_;
};

template <class... Parts>
std::string join(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  throw Error(join(parts...));
}

template <class... Parts>
void check(bool holds, const Parts&... parts) {
  if (!holds) fail(parts...);
}

// Runs body; an Error that leaves it carries "... while <parts>".
template <class Body, class... Parts>
decltype(auto) in_context(Body&& body, const Parts&... parts) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_context(join(parts...));
    throw;
  }
}

[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);

// The known name nearest to `wrong` by edit distance, or "" where none is near enough to suggest.
template <class Names>
std::string nearest(const std::string& wrong, const Names& known);
int edit_distance(const std::string& a, const std::string& b);

template <class Names>
std::string nearest(const std::string& wrong, const Names& known) {
  std::string best;
  int least = 1 + static_cast<int>(wrong.size()) / 3;
  for (const auto& name : known) {
    const int distance = edit_distance(wrong, name);
    if (distance <= least && (best.empty() || distance < least)) least = distance, best = name;
  }
  return best;
}

}  // namespace weft

#define WEFT_ASSERT(condition) ((condition) ? void(0) : ::weft::assertion_failed(#condition, __FILE__, __LINE__))
