// SPDX-License-Identifier: Apache-2.0
// Weights of other projects to start from, with a report of what became of every tensor.  Files are safetensors with
// the names of open_clip, segment-anything or transformers (Hugging Face), in F32, F16 or BF16.
#pragma once

#include <string>
#include <vector>

#include "base/files.h"
#include "configs/fields.h"
#include "models/naming.h"
#include "models/parameters.h"

namespace weft {

struct InitSettings final : Settings {
  std::string from;
  std::vector<std::string> may_lack, may_ignore;
  void fields(Fields& visit) override;
};

struct LoadReport {
  Naming naming = Naming::original;
  size_t matched = 0;
  std::vector<std::string> resized;     // positions, with both shapes
  std::vector<std::string> missing;     // allowed: they keep what they started with
  std::vector<std::string> unexpected;  // allowed: nothing here takes them
  std::vector<std::string> own;         // of ours, which no other project's file has
  std::vector<std::string> buffers;     // of other projects, which hold nothing that is trained
  std::string text() const;             // for the log
};

// Every parameter gets the file's value.  Position embeddings of another grid or context are resized as open_clip does:
// images bicubic with antialiasing, the class row kept; texts linear; and so are SAM's relative positions.  An Error
// lists what is missing, unexpected or of another shape, but for what the globs allow.
LoadReport load_pretrained(const InitSettings& settings, ParameterSet& parameters);

}  // namespace weft
