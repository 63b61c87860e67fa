// SPDX-License-Identifier: Apache-2.0
// Faults on purpose.  A plan is a list of
//   kind:rank:step[:argument][@point]      kill:1:7   exit:*:5:42@update   slow:0:3+:200   nan:0:*   kill:1:~20/7
// from the recipe (engine.faults) or the environment (WEFT_FAULTS, separated by commas); it is compiled in always and
// empty by default.  rank: a number, or * for every one.  step: a number; N+ for every step from N on; * for every
// step; ~N/seed for one of the steps 0 .. N-1, drawn from the seed.  argument: a number.  point: where a fault that
// acts by itself strikes (kPoints; batch where none is given).  docs/CLUSTER.md says what each kind does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft::fault {

// The points of a step, in its order; round: after the first round of a segmenter's episodes; the last is passed where
// a checkpoint begins.
inline constexpr const char* kPoints[] = {"batch", "forward", "backward", "round", "update", "checkpoint"};

// Adds to the plan of the whole process.  Throws Error where an item is not of the form above.
void add_plan(const std::vector<std::string>& items);
void add_plan_from_environment();
void clear();

// Both ask for the rank that the thread is bound to (log::bind_rank).  An item strikes once for each rank and step.

// The argument (0 where it has none) of the first item of this kind that strikes now.
std::optional<double> due(const char* kind, int64_t step);

// Faults that act by themselves: kill, exit, abort, throw, segv, stop, slow, usr1.  Costs one branch where no plan is.
void at(const char* point, int64_t step);

}  // namespace weft::fault
