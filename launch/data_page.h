// SPDX-License-Identifier: Apache-2.0
// The fingerprint of a dataset as one page that opens anywhere, without a server, a network or a script.
#pragma once

#include <string>

#include "data/check_dataset.h"
#include "data/store.h"

namespace weft {

// The whole page; `store` gives the pictures that are shown on it.
std::string data_page(const DatasetCheck& found, const Store& store);

// Its parts (launch/data_page_labels.cc has those of the labels).
std::string concepts_part(const LabelStatistics& labels, size_t samples);
std::string layers_part(const LabelStatistics& labels, size_t samples);
std::string regions_part(const LabelStatistics& labels);
std::string parts_part(const LabelStatistics& labels);
std::string contradictions_part(const LabelStatistics& labels, const Store& store);

// Five quantiles as a box from 25 to 75 % with whiskers from 5 to 95 %, on an axis from `low` to `high`; logarithmic
// where low > 0.
std::string draw_quantiles(const Quantiles& quantiles, double low, double high);
std::string percent(double share);

}  // namespace weft
