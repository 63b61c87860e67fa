// SPDX-License-Identifier: Apache-2.0
// The verbs of the command line: one table from which dispatch, help and completion follow.
#pragma once

#include <string>
#include <vector>

#include "base/comm.h"
#include "base/error.h"

namespace weft {

struct CommandLine {
  std::vector<std::string> words;  // after the verb
  bool dry_run = false;
};

struct Verb {
  const char* name;
  const char* usage;  // after "weft "
  const char* describe;
  bool all_ranks;  // runs on every rank; otherwise rank 0 alone
  Exit (*run)(const CommandLine& line, Comm& comm, int ranks_of_host);
};

extern const std::vector<Verb> kVerbs;

std::string help_text();
std::string completion_script();  // for bash

}  // namespace weft
