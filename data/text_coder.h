// SPDX-License-Identifier: Apache-2.0
// What data/tokenizer.cc chooses between; the rest of weft includes data/tokenizer.h, which says what each means.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/files.h"

namespace weft {

class TextCoder {
 public:
  virtual ~TextCoder() = default;
  virtual int32_t size() const = 0;
  virtual int32_t start() const = 0;  // -1: nothing stands before a text
  virtual int32_t end() const = 0;
  virtual int32_t pad() const = 0;
  // Ids of the text alone; one that reads on may stop at `most` of them.
  virtual void append(const std::string& text, size_t most, std::vector<int32_t>& ids) const = 0;
  virtual std::string decode(const std::vector<int32_t>& ids) const = 0;
  virtual std::string file() const = 0;  // content of a file that gives the same coder
};

// byte_pairs.cc: CLIP's byte-level merges.  `where(i)` names merge i in an Error.
using Merges = std::vector<std::pair<std::string, std::string>>;
constexpr const char* kMergesHeader = "#weft byte-pair merges: 1";  // of a file that weft trained
std::unique_ptr<TextCoder> make_byte_pairs(Merges merges, const std::function<std::string(size_t)>& where);

// sentencepiece.cc, or no_sentencepiece.cc, whose is an Error: SigLIP's.
std::unique_ptr<TextCoder> make_sentencepiece(const std::string& model, const std::string& name);

}  // namespace weft
