// SPDX-License-Identifier: Apache-2.0
// Faults on purpose.  A plan is a list of `kind:rank:step[:argument]`, from the recipe (engine.faults) or the
// environment (WEFT_FAULTS, separated by commas); it is compiled in always and empty by default.  The code that can fail
// asks at named points whether its fault is due.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft::fault {

// Throws Error where an item is not of a known form.  Adds to the plan of the whole process.
void add_plan(const std::vector<std::string>& items);
void add_plan_from_environment();
void clear();

// True once for each item of this kind, rank (log::bound_rank()) and step; gives its argument (0 where it has none).
std::optional<double> due(const char* kind, int64_t step);

// Faults that end or stop the process by themselves, at the named point ("batch", "backward", "reduce", "update", "checkpoint", ...):
// kill, exit, abort, throw, segv, stop, slow, usr1.  Costs one branch where there is no plan.
void at(const char* point, int64_t step);

}  // namespace weft::fault
