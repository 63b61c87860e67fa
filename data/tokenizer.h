// SPDX-License-Identifier: Apache-2.0
// Texts to ids.  What a file is decides how:
//   merges      CLIP's byte-level byte pairs (data/text_words.h): texts are NFC, lower-cased, white space collapsed,
//   split
//               into words, spelt in printable characters, merged by lowest rank; the last symbol of a word carries
//               "</w>".  Ids: 256 bytes, 256 bytes with </w>, merges, start, end.  A file that weft trained, or CLIP's
//               own vocabulary file (also as .gz), of which the first 48,894 merges count.
//   a sentencepiece model   SigLIP's: texts are lower-cased, without punctuation, "_" a space; no start, the end is
//               </s>.  Where weft was built with that library.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace weft {

class TextCoder;

class Tokenizer {
 public:
  explicit Tokenizer(const Path& file);  // Error with file:line
  explicit Tokenizer(std::vector<std::pair<std::string, std::string>> merges);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  int32_t size() const;   // number of ids
  int32_t start() const;  // the id before every text, -1 where there is none
  int32_t end() const;    // after every text; of merges the highest id, where CLIP pools
  int32_t pad() const;    // where a model wants texts of one length: after the end
  // [start] ids [end], cut to `context` with the last id = end; filled up to it with pad() where all are to be as long.
  std::vector<int32_t> encode(const std::string& text, int context, bool fills = false) const;
  std::string decode(const std::vector<int32_t>& ids) const;
  void save(const Path& file) const;

 private:
  std::unique_ptr<TextCoder> coder_;
};

// Learns up to `num_merges` merges from texts: the most frequent pair first, ties by the pair's text; a pair that
// occurs once is not merged.
Tokenizer train_tokenizer(const std::vector<std::string>& texts, int num_merges);

}  // namespace weft
