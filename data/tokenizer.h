// SPDX-License-Identifier: Apache-2.0
// Byte-level byte-pair encoding in CLIP's form: texts are NFC, lower-cased, white space collapsed, split into words
// (letters, single digits, runs of other signs), bytes mapped to printable characters, merged by lowest rank; the last
// symbol of a word carries "</w>".  The file has CLIP's layout (a header line, then one merge per line), and CLIP's own
// vocabulary file is read by the same reader.  Ids: 256 bytes, 256 bytes with </w>, merges, start, end.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/files.h"

namespace weft {

class Tokenizer {
 public:
  explicit Tokenizer(const Path& file);  // a merges file; Error with file:line
  explicit Tokenizer(std::vector<std::pair<std::string, std::string>> merges);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  int32_t size() const;   // number of ids
  int32_t start() const;  // the id before every text
  int32_t end() const;    // the highest id, after every text; CLIP pools there
  // [start] ids [end], cut to `context` with the last id = end.
  std::vector<int32_t> encode(const std::string& text, int context) const;
  std::string decode(const std::vector<int32_t>& ids) const;
  void save(const Path& file) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Learns up to `num_merges` merges from texts: the most frequent pair first, ties by the pair's text; a pair that
// occurs once is not merged.
Tokenizer train_tokenizer(const std::vector<std::string>& texts, int num_merges);

}  // namespace weft
