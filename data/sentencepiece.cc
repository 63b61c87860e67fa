// SPDX-License-Identifier: Apache-2.0
// SigLIP's texts (open_clip's "canonicalize" cleaning) by the library sentencepiece.  SigLIP was trained with the c4
// vocabulary, which has no <s>, and padded with </s>; SigLIP 2 with Gemma's, padded with <pad>.
#include <sentencepiece_processor.h>

#include "base/error.h"
#include "data/text_coder.h"
#include "data/text_words.h"

namespace weft {
namespace {

class SentencePieces final : public TextCoder {
 public:
  SentencePieces(std::string model, const std::string& name) : model_(std::move(model)) {
    const auto status = pieces_.LoadFromSerializedProto(model_);
    check(status.ok(), name, ": neither merges nor a sentencepiece model: ", status.ToString());
    check(pieces_.eos_id() >= 0, name, ": has no </s>, which ends every text of SigLIP");
    check(pad() >= 0, name, ": has <s> and no <pad>; wanted a vocabulary of SigLIP or SigLIP 2");
  }

  int32_t size() const override { return pieces_.GetPieceSize(); }
  int32_t start() const override { return -1; }
  int32_t end() const override { return pieces_.eos_id(); }
  int32_t pad() const override { return pieces_.bos_id() < 0 ? end() : pieces_.pad_id(); }

  void append(const std::string& text, size_t, std::vector<int32_t>& ids) const override {
    std::vector<int> found;
    const auto status = pieces_.Encode(clean_text(text, Clean::canonical), &found);
    check(status.ok(), "sentencepiece on a text of ", text.size(), " bytes: ", status.ToString());
    ids.insert(ids.end(), found.begin(), found.end());
  }

  std::string decode(const std::vector<int32_t>& ids) const override {
    for (const int32_t id : ids) check(id >= 0 && id < size(), "token ", id, " is not one of the tokenizer's ", size());
    std::string text;
    const auto status = pieces_.Decode(ids, &text);
    check(status.ok(), "sentencepiece on ", ids.size(), " tokens: ", status.ToString());
    return text;
  }

  std::string file() const override { return model_; }

 private:
  std::string model_;
  sentencepiece::SentencePieceProcessor pieces_;
};

}  // namespace

std::unique_ptr<TextCoder> make_sentencepiece(const std::string& model, const std::string& name) {
  return std::make_unique<SentencePieces>(model, name);
}

}  // namespace weft
