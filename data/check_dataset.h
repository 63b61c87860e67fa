// SPDX-License-Identifier: Apache-2.0
// What a dataset holds and whether it is whole: `weft data check`.  Reads every byte: files against their hashes,
// samples against checksum, uid and image header.  A dataset that cannot be opened at all is an Error, as for any
// reader.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

struct DatasetCheck {
  struct Spread {
    uint64_t least = 0, median = 0, most = 0;  // the lower median
  };
  std::string name, licence;
  size_t samples = 0;
  Spread width, height, bytes;
  std::map<std::string, size_t> codecs;                             // name -> samples
  std::map<int, size_t> channels;                                   // channels -> samples
  std::map<std::string, std::map<std::string, size_t>> statements;  // layer -> kind -> records
  size_t vocabulary = 0;
  std::map<size_t, size_t> texts_per_sample;  // distinct texts -> samples
  size_t without_text = 0;
  std::map<std::string, size_t> split_groups, split_samples;  // split -> number

  // What is wrong, one sentence each; empty for a sound dataset.
  std::vector<std::string> repeated_keys;  // different content under one key: legal, but worth knowing
  std::vector<std::string> straddling;     // groups in two splits
  std::vector<std::string> damaged;        // files and samples

  bool is_sound() const { return straddling.empty() && damaged.empty(); }
  std::string text() const;
  std::string json() const;
};

DatasetCheck check_dataset(const Path& folder);

}  // namespace weft
