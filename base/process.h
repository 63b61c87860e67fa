// SPDX-License-Identifier: Apache-2.0
// What the system says of this process.
#pragma once

namespace weft {

double seconds_since_process_start();  // from exec, libraries and start-up included
double resident_memory_mib();
double peak_memory_mib();  // largest resident size so far

}  // namespace weft
