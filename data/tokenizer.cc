// SPDX-License-Identifier: Apache-2.0
// The tokenizers' one face, and which file is which.  Training is in data/tokenizer_training.cc.
#include "data/tokenizer.h"

#include <algorithm>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "data/formats/inflate.h"
#include "data/text_coder.h"

namespace weft {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kGzip = "\x1f\x8b"sv, kProtobuf = "\n"sv;  // sentencepiece's field 1, the pieces
constexpr std::string_view kClipHeader = "bpe_simple_vocab_16e6";
constexpr size_t kClipMerges = 48894;                    // CLIP's file holds 262,144 and uses these
constexpr uint64_t kMostVocabulary = uint64_t{1} << 28;  // bytes unpacked

std::string unpacked(const Path& file) {
  std::string content = read_text(file);
  if (!content.starts_with(kGzip)) return content;
  const Bytes bytes = in_context(
      [&] {
        return inflated(reinterpret_cast<const uint8_t*>(content.data()), content.size(), Framing::gzip,
                        kMostVocabulary);
      },
      "unpacking ", file.string());
  return std::string(bytes.begin(), bytes.end());
}

std::unique_ptr<TextCoder> read_merges(const std::string& content, const std::string& name) {
  std::istringstream lines(content);
  std::string line;
  std::getline(lines, line);
  const bool is_clip = line.find(kClipHeader) != std::string::npos;
  check(is_clip || line.starts_with('#'), name, ":1: wanted a header ('", kMergesHeader,
        "' or CLIP's '#version: 0.2') or a sentencepiece model, found '", line.substr(0, 60), "'");
  Merges merges;
  const auto where = [&](size_t merge) { return join(name, ":", merge + 2); };
  while ((!is_clip || merges.size() < kClipMerges) && std::getline(lines, line)) {
    const size_t space = line.find(' ');
    const bool is_pair = space != std::string::npos && space > 0 && space + 1 < line.size() &&
                         line.find(' ', space + 1) == std::string::npos;
    check(is_pair, where(merges.size()), ": wanted two symbols with one space between, found '", line.substr(0, 60),
          "'");
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  check(!is_clip || merges.size() == kClipMerges, name, ": breaks off after ", merges.size(), " merges; CLIP's has ",
        kClipMerges, " and more");
  return make_byte_pairs(std::move(merges), where);
}

}  // namespace

Tokenizer::Tokenizer(const Path& file) {
  const std::string content = unpacked(file);
  coder_ =
      content.starts_with(kProtobuf) ? make_sentencepiece(content, file.string()) : read_merges(content, file.string());
}

Tokenizer::Tokenizer(Merges merges)
    : coder_(make_byte_pairs(std::move(merges), [](size_t merge) { return join("merge ", merge); })) {}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

int32_t Tokenizer::size() const {
  return coder_->size();
}
int32_t Tokenizer::start() const {
  return coder_->start();
}
int32_t Tokenizer::end() const {
  return coder_->end();
}
int32_t Tokenizer::pad() const {
  return coder_->pad();
}

std::vector<int32_t> Tokenizer::encode(const std::string& text, int context, bool fills) const {
  WEFT_ASSERT(context >= 2);
  const auto most = static_cast<size_t>(context);
  std::vector<int32_t> out;
  if (start() >= 0) out.push_back(start());
  coder_->append(text, most, out);
  out.resize(std::min(out.size(), most - 1));
  out.push_back(end());
  if (fills) out.resize(most, pad());
  return out;
}

std::string Tokenizer::decode(const std::vector<int32_t>& ids) const {
  return coder_->decode(ids);
}

void Tokenizer::save(const Path& file) const {
  write_atomically(file, coder_->file());
}

}  // namespace weft
