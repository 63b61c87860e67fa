// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/comm.h"
#include "base/error.h"
#include "base/files.h"

namespace weft {

struct EvaluateRequest {
  Path run_folder;
  std::vector<std::string> overrides;
  int ranks_of_host = 1;
};

// Ranks the images of evaluate.split for every text of the judged layers, and the texts for every image.  Writes
// evaluation.json (figures and pictures), queries.json (average precision by text) and report.html into the run folder.
Exit run_evaluate(const EvaluateRequest& request, Comm& comm);

}  // namespace weft
