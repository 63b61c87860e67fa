// SPDX-License-Identifier: Apache-2.0
// CLIP's byte pairs.  A text that spells a start or end sign is text like any other.  A product that two merges spell
// has the id of the later one, as in CLIP's own dictionary.
#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "data/text_coder.h"
#include "data/text_words.h"

namespace weft {
namespace {

constexpr size_t kCachedWords = 1 << 16, kCachedBytes = 64;

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
}

class BytePairs final : public TextCoder {
 public:
  BytePairs(Merges given, const std::function<std::string(size_t)>& where) : merges_(std::move(given)) {
    std::array<std::string, 256> characters = byte_characters();
    std::sort(characters.begin(), characters.end());  // by code point, which is the order of CLIP's ids
    for (const char* end : {"", kWordEnd})
      for (const std::string& character : characters) symbols_.push_back(character + end);
    for (size_t byte = 0; byte < 256; ++byte) byte_of_[byte_characters()[byte]] = static_cast<uint8_t>(byte);
    for (const std::string& symbol : symbols_) ids_.emplace(symbol, static_cast<int32_t>(ids_.size()));
    for (size_t i = 0; i < merges_.size(); ++i) {
      const auto& [left, right] = merges_[i];
      for (const std::string& part : {left, right})
        check(ids_.contains(part), where(i), ": '", part,
              "' is neither a byte's character nor made by an earlier merge");
      check(!left.ends_with(kWordEnd), where(i), ": '", left, "' ends a word, so nothing can follow it");
      symbols_.push_back(left + right);
      ids_[symbols_.back()] = static_cast<int32_t>(symbols_.size() - 1);
    }
    for (size_t i = 0; i < merges_.size(); ++i) {
      const auto& [left, right] = merges_[i];
      const Merge merge{static_cast<int32_t>(i), ids_.at(left + right)};
      const bool is_new = merge_of_.emplace(pair_key(ids_.at(left), ids_.at(right)), merge).second;
      check(is_new, where(i), ": the merge '", left, " ", right, "' is there already");
    }
  }

  int32_t size() const override { return end() + 1; }
  int32_t start() const override { return static_cast<int32_t>(symbols_.size()); }
  int32_t end() const override { return start() + 1; }
  int32_t pad() const override { return 0; }

  void append(const std::string& text, size_t most, std::vector<int32_t>& ids) const override {
    for (const std::string& word : split_words(clean_text(text))) {
      if (ids.size() >= most) return;
      append_word(word, ids);
    }
  }

  std::string decode(const std::vector<int32_t>& ids) const override {
    std::string out;
    for (const int32_t id : ids) {
      if (id == start() || id == end()) continue;
      check(id >= 0 && id < start(), "token ", id, " is not one of the tokenizer's ", size());
      std::string symbol = symbols_[static_cast<size_t>(id)];
      const bool ends_word = symbol.ends_with(kWordEnd);
      if (ends_word) symbol.resize(symbol.size() - std::string_view(kWordEnd).size());
      for (size_t i = 0; i < symbol.size();) {
        const size_t length = static_cast<uint8_t>(symbol[i]) < 0x80 ? 1 : 2;  // no character is above U+07FF
        out += static_cast<char>(byte_of_.at(symbol.substr(i, length)));
        i += length;
      }
      if (ends_word) out += ' ';
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
  }

  std::string file() const override {
    std::string content = join(kMergesHeader, "\n");
    for (const auto& [left, right] : merges_) content += join(left, " ", right, "\n");
    return content;
  }

 private:
  struct Merge {
    int32_t rank, product;
  };

  std::vector<int32_t> merged(const std::string& word) const {
    std::vector<int32_t> parts;
    for (const std::string& symbol : word_symbols(word)) parts.push_back(ids_.at(symbol));
    while (true) {
      Merge best{std::numeric_limits<int32_t>::max(), 0};
      uint64_t best_key = 0;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto found = merge_of_.find(pair_key(parts[i], parts[i + 1]));
        if (found != merge_of_.end() && found->second.rank < best.rank) best = found->second, best_key = found->first;
      }
      if (best.rank == std::numeric_limits<int32_t>::max()) return parts;
      size_t kept = 0;
      for (size_t i = 0; i < parts.size(); ++i, ++kept) {
        const bool is_pair = i + 1 < parts.size() && pair_key(parts[i], parts[i + 1]) == best_key;
        parts[kept] = is_pair ? best.product : parts[i];
        if (is_pair) ++i;
      }
      parts.resize(kept);
    }
  }

  void append_word(const std::string& word, std::vector<int32_t>& out) const {
    if (word.size() <= kCachedBytes) {
      const std::shared_lock lock(mutex_);
      if (const auto found = cache_.find(word); found != cache_.end()) {
        out.insert(out.end(), found->second.begin(), found->second.end());
        return;
      }
    }
    std::vector<int32_t> parts = merged(word);
    out.insert(out.end(), parts.begin(), parts.end());
    if (word.size() > kCachedBytes) return;
    const std::unique_lock lock(mutex_);
    if (cache_.size() < kCachedWords) cache_.emplace(word, std::move(parts));
  }

  Merges merges_;
  std::vector<std::string> symbols_;                  // by id, without start and end
  std::unordered_map<std::string, int32_t> ids_;      // of symbols
  std::unordered_map<uint64_t, Merge> merge_of_;      // by pair_key
  std::unordered_map<std::string, uint8_t> byte_of_;  // by printable character
  mutable std::shared_mutex mutex_;
  mutable std::unordered_map<std::string, std::vector<int32_t>> cache_;
};

}  // namespace

std::unique_ptr<TextCoder> make_byte_pairs(Merges merges, const std::function<std::string(size_t)>& where) {
  return std::make_unique<BytePairs>(std::move(merges), where);
}

}  // namespace weft
