// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/comm.h"
#include "base/error.h"

namespace weft {

// Tries in a few seconds what a training run needs, on every rank, and prints one line for each thing: ok, warning or
// FAILED, with what to do.  Exit::done where nothing failed, else Exit::failed; the same on every rank.
Exit run_doctor(Comm& comm);

}  // namespace weft
