// SPDX-License-Identifier: Apache-2.0
// The encoder and its file.  A text that spells a start or end sign is text like any other.  A product that two merges
// spell has the id of the later one, as in CLIP's own dictionary.  Training is in data/tokenizer_training.cc.
#include "data/tokenizer.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "data/text_words.h"

namespace weft {
namespace {

constexpr const char* kHeader = "#weft byte-pair merges: 1";
constexpr std::string_view kClipHeader = "bpe_simple_vocab_16e6";
constexpr size_t kClipMerges = 48894;  // CLIP's file holds 262,144 and uses these
constexpr size_t kCachedWords = 1 << 16, kCachedBytes = 64;

using Merges = std::vector<std::pair<std::string, std::string>>;

uint64_t pair_key(int32_t left, int32_t right) {
  return static_cast<uint64_t>(left) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

struct Tokenizer::Impl {
  struct Merge {
    int32_t rank, product;
  };
  Merges merges;
  std::vector<std::string> symbols;                  // by id, without start and end
  std::unordered_map<std::string, int32_t> ids;      // of symbols
  std::unordered_map<uint64_t, Merge> merge_of;      // by pair_key
  std::unordered_map<std::string, uint8_t> byte_of;  // by printable character
  mutable std::shared_mutex mutex;
  mutable std::unordered_map<std::string, std::vector<int32_t>> cache;

  // `where(i)` names merge i in an Error.
  template <class Where>
  Impl(Merges given, const Where& where) : merges(std::move(given)) {
    std::array<std::string, 256> characters = byte_characters();
    std::sort(characters.begin(), characters.end());  // by code point, which is the order of CLIP's ids
    for (const char* end : {"", kWordEnd})
      for (const std::string& character : characters) symbols.push_back(character + end);
    for (size_t byte = 0; byte < 256; ++byte) byte_of[byte_characters()[byte]] = static_cast<uint8_t>(byte);
    for (const std::string& symbol : symbols) ids.emplace(symbol, static_cast<int32_t>(ids.size()));
    for (size_t i = 0; i < merges.size(); ++i) {
      const auto& [left, right] = merges[i];
      for (const std::string& part : {left, right})
        check(ids.contains(part), where(i), ": '", part,
              "' is neither a byte's character nor made by an earlier merge");
      check(!left.ends_with(kWordEnd), where(i), ": '", left, "' ends a word, so nothing can follow it");
      symbols.push_back(left + right);
      ids[symbols.back()] = static_cast<int32_t>(symbols.size() - 1);
    }
    for (size_t i = 0; i < merges.size(); ++i) {
      const auto& [left, right] = merges[i];
      const Merge merge{static_cast<int32_t>(i), ids.at(left + right)};
      const bool is_new = merge_of.emplace(pair_key(ids.at(left), ids.at(right)), merge).second;
      check(is_new, where(i), ": the merge '", left, " ", right, "' is there already");
    }
  }

  std::vector<int32_t> merged(const std::string& word) const {
    std::vector<int32_t> parts;
    for (const std::string& symbol : word_symbols(word)) parts.push_back(ids.at(symbol));
    while (true) {
      Merge best{std::numeric_limits<int32_t>::max(), 0};
      uint64_t best_key = 0;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto found = merge_of.find(pair_key(parts[i], parts[i + 1]));
        if (found != merge_of.end() && found->second.rank < best.rank) best = found->second, best_key = found->first;
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
      const std::shared_lock lock(mutex);
      if (const auto found = cache.find(word); found != cache.end()) {
        out.insert(out.end(), found->second.begin(), found->second.end());
        return;
      }
    }
    std::vector<int32_t> parts = merged(word);
    out.insert(out.end(), parts.begin(), parts.end());
    if (word.size() > kCachedBytes) return;
    const std::unique_lock lock(mutex);
    if (cache.size() < kCachedWords) cache.emplace(word, std::move(parts));
  }
};

Tokenizer::Tokenizer(const Path& file) {
  std::istringstream lines(read_text(file));
  std::string line;
  std::getline(lines, line);
  const bool is_clip = line.find(kClipHeader) != std::string::npos;
  check(is_clip || line.starts_with('#'), file.string(), ":1: wanted a header ('", kHeader,
        "' or CLIP's '#version: 0.2'), found '", line.substr(0, 60), "'");
  Merges merges;
  const auto where = [&](size_t merge) { return join(file.string(), ":", merge + 2); };
  while ((!is_clip || merges.size() < kClipMerges) && std::getline(lines, line)) {
    const size_t space = line.find(' ');
    const bool is_pair = space != std::string::npos && space > 0 && space + 1 < line.size() &&
                         line.find(' ', space + 1) == std::string::npos;
    check(is_pair, where(merges.size()), ": wanted two symbols with one space between, found '", line.substr(0, 60),
          "'");
    merges.emplace_back(line.substr(0, space), line.substr(space + 1));
  }
  impl_ = std::make_unique<Impl>(std::move(merges), where);
}

Tokenizer::Tokenizer(Merges merges)
    : impl_(std::make_unique<Impl>(std::move(merges), [](size_t merge) { return join("merge ", merge); })) {}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;

int32_t Tokenizer::size() const {
  return end() + 1;
}
int32_t Tokenizer::start() const {
  return static_cast<int32_t>(impl_->symbols.size());
}
int32_t Tokenizer::end() const {
  return start() + 1;
}

std::vector<int32_t> Tokenizer::encode(const std::string& text, int context) const {
  WEFT_ASSERT(context >= 2);
  const auto most = static_cast<size_t>(context);
  std::vector<int32_t> out{start()};
  for (const std::string& word : split_words(clean_text(text))) {
    if (out.size() >= most) break;
    impl_->append_word(word, out);
  }
  out.resize(std::min(out.size(), most - 1));
  out.push_back(end());
  return out;
}

std::string Tokenizer::decode(const std::vector<int32_t>& ids) const {
  std::string out;
  for (const int32_t id : ids) {
    if (id == start() || id == end()) continue;
    check(id >= 0 && id < start(), "token ", id, " is not one of the tokenizer's ", size());
    std::string symbol = impl_->symbols[static_cast<size_t>(id)];
    const bool ends_word = symbol.ends_with(kWordEnd);
    if (ends_word) symbol.resize(symbol.size() - std::string_view(kWordEnd).size());
    for (size_t i = 0; i < symbol.size();) {
      const size_t length = static_cast<uint8_t>(symbol[i]) < 0x80 ? 1 : 2;  // no character is above U+07FF
      out += static_cast<char>(impl_->byte_of.at(symbol.substr(i, length)));
      i += length;
    }
    if (ends_word) out += ' ';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

void Tokenizer::save(const Path& file) const {
  std::string content = join(kHeader, "\n");
  for (const auto& [left, right] : impl_->merges) content += join(left, " ", right, "\n");
  write_atomically(file, content);
}

}  // namespace weft
