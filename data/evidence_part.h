// SPDX-License-Identifier: Apache-2.0
// One part of an evidence layer: an HDF5 file of columns (docs/FORMATS.md) with a vocabulary and bags of its own.
#pragma once

#include "data/evidence.h"

namespace weft {

void write_part(const Path& path, const EvidenceLayer& part);
uint64_t records_of_part(const Path& path);
EvidenceLayer read_part(const Path& path, uint64_t records);  // of any version; every record is checked

void check_bag(const Bag& bag);
void check_bags_are_there(const std::vector<Record>& records, const std::vector<Bag>& bags);

}  // namespace weft
