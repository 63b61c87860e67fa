// SPDX-License-Identifier: Apache-2.0
// What a run draws from: the samples of one dataset, or of several, by one number, their texts by one vocabulary.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "configs/fields.h"
#include "data/mixture.h"
#include "data/store.h"

namespace weft {

struct SourceSettings : Settings {
  std::string dataset;
  std::string split = "train";
  std::string draw = "samples";
  double share = 1;
  std::string share_schedule;
  double foreground = 1.0 / 3;
  double repeat_threshold = 1e-3;
  std::string prefix;
  std::vector<std::string> templates, negation;
  void fields(Fields& visit) override;
};

class Sources {
 public:
  struct Source {
    std::string name;
    const SourceSettings* settings;
    ShareSchedule share;
    std::vector<uint32_t> samples;  // of its split, by this object's numbers
  };
  // A dataset that several sources name is opened once.
  explicit Sources(const std::map<std::string, SourceSettings>& settings);
  explicit Sources(const Path& dataset, const std::string& split = "train");

  size_t size() const;  // samples of all datasets
  const SampleInfo& info(uint32_t sample) const { return store_of(sample).info(sample - start_of(sample)); }
  void read_view(uint32_t sample, uint32_t view, Bytes& into) const {
    store_of(sample).read_view(sample - start_of(sample), view, into);
  }
  const std::vector<TextStatement>& texts(uint32_t sample) const;  // rows of vocabulary()
  std::vector<TextStatement> denied(uint32_t sample) const;        // as Store::denied, rows of vocabulary()
  const std::vector<Record>& records(uint32_t sample) const;       // rows of vocabulary()
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const std::vector<Source>& sources() const { return sources_; }
  const Store& store(size_t number) const { return *stores_.at(number); }
  size_t stores() const { return stores_.size(); }

 private:
  const Store& store_of(uint32_t sample) const;
  uint32_t start_of(uint32_t sample) const;
  size_t number_of(uint32_t sample) const;

  std::map<std::string, SourceSettings> settings_;
  std::vector<std::unique_ptr<Store>> stores_;
  std::vector<uint32_t> starts_;             // the number of each dataset's first sample
  std::vector<std::vector<uint32_t>> rows_;  // by dataset: the rows here of its rows
  Vocabulary vocabulary_;
  std::vector<std::vector<TextStatement>> texts_;  // where there are several datasets; else the store's own
  std::vector<std::vector<Record>> records_;
  std::vector<Source> sources_;
};

}  // namespace weft
