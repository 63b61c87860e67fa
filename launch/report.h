// SPDX-License-Identifier: Apache-2.0
// report.html: what a run did, in one file that opens anywhere, without a server, a network or a script.
#pragma once

#include "base/files.h"

namespace weft {

// Reads recipe.toml, env.json, metrics.jsonl and evaluation.json of the folder; what is missing is said in its place.
void write_report(const Path& run_folder);

}  // namespace weft
