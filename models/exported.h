// SPDX-License-Identifier: Apache-2.0
// Weights as other projects take them.
#pragma once

#include "models/model.h"
#include "models/naming.h"
#include "models/weights.h"

namespace weft {

// The values by the names of another project: LoRA is added into its matrices, our own parts stay behind.
NamedTensors exported(const ParameterSet& parameters, Naming naming);

// The same as a file; its metadata say what pixels go through, as open_clip's preprocess_cfg does.
void save_exported(const Path& file, const Model& model, Naming naming);

}  // namespace weft
