// SPDX-License-Identifier: Apache-2.0
// What a dataset holds and whether it is whole: `weft data check`, its fingerprint.  Reads every byte: files against
// their hashes, samples against checksum, uid and image header, and decodes every picture.  A dataset that cannot be
// opened at all is an Error, as for any reader.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/files.h"
#include "data/check/labels.h"
#include "data/check/pictures.h"
#include "data/check/shuffle.h"
#include "data/check/twins.h"

namespace weft {

struct CheckSettings {
  int threads = 0;                       // 0: one a core
  int near_bits = 4;                     // of 64, by which the hashes of pictures that look alike may differ
  size_t most_values = size_t{1} << 20;  // of each channel, for the intensities
  size_t most_listed = 1000;             // pairs of pictures, contradictions
  int64_t shuffle_batch = 0;             // > 0: examine the order of batches of this size, too
};

struct DatasetCheck {
  std::string name, licence;
  size_t samples = 0;
  PictureStatistics pictures;
  LabelStatistics labels;
  TwinStatistics twins;
  std::optional<ShuffleStatistics> shuffle;
  std::map<std::string, size_t> split_groups, split_samples;  // split -> number

  // What is wrong, one sentence each; empty for a sound dataset.
  std::vector<std::string> repeated_keys;  // different content under one key: legal, but worth knowing
  std::vector<std::string> straddling;     // groups in two splits
  std::vector<std::string> damaged;        // files and samples
  std::vector<uint32_t> unreadable;        // the samples among them

  bool is_sound() const { return straddling.empty() && damaged.empty(); }
  // What is no fault of the files but of what they hold, one sentence each: leaks, contradictions, one-sided labels.
  std::vector<std::string> remarks() const;
  std::string text(size_t most_concepts = 20) const;  // for a terminal of 100 columns
  std::string json() const;
};

DatasetCheck check_dataset(const Path& folder, const CheckSettings& settings = {});

}  // namespace weft
