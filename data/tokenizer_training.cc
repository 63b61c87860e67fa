// SPDX-License-Identifier: Apache-2.0
// Byte-pair training (Sennrich et al., arXiv 1508.07909) on counted words.  A merge touches only the words that hold
// its pair; the queue of pairs keeps outdated counts and corrects them when they come up.
#include <cstdint>
#include <map>
#include <queue>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "data/text_words.h"
#include "data/tokenizer.h"

namespace weft {
namespace {

using Symbol = uint32_t;
using Pair = std::pair<Symbol, Symbol>;

struct PairHash {
  size_t operator()(const Pair& pair) const noexcept {
    return (uint64_t{pair.first} << 32 | pair.second) * 0x9e3779b97f4a7c15ull;
  }
};

class Training {
 public:
  explicit Training(const std::vector<std::string>& texts) {
    std::map<std::string, int64_t> counts;
    for (const std::string& text : texts)
      for (const std::string& word : split_words(clean_text(text))) ++counts[word];
    for (const auto& [word, count] : counts) {
      words_.push_back({{}, count});
      for (const std::string& symbol : word_symbols(word)) words_.back().symbols.push_back(symbol_of(symbol));
      count_pairs(words_.size() - 1, +1);
    }
    for (const auto& [pair, state] : pairs_) queue_.push(candidate(pair, state.count));
  }

  // The pair that occurs most often, merged everywhere; false where none occurs twice.
  bool merge_best(std::pair<std::string, std::string>& merge) {
    while (!queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      const int64_t count = pairs_[best.pair].count;
      if (count != best.count) {
        if (count >= 2 && count < best.count) queue_.push(candidate(best.pair, count));
        continue;
      }
      if (count < 2) return false;
      merge = {best.left, best.right};
      merge_everywhere(best.pair);
      return true;
    }
    return false;
  }

 private:
  struct Word {
    std::vector<Symbol> symbols;
    int64_t count;
  };
  struct PairState {
    int64_t count = 0;
    std::unordered_set<size_t> words;  // where it is, or was
  };
  struct Candidate {
    int64_t count;
    std::string left, right;
    Pair pair;
    bool operator<(const Candidate& other) const {  // the top of the queue is the largest
      if (count != other.count) return count < other.count;
      return std::tie(left, right) > std::tie(other.left, other.right);
    }
  };

  Symbol symbol_of(const std::string& text) {
    const auto [found, is_new] = ids_.emplace(text, static_cast<Symbol>(texts_.size()));
    if (is_new) texts_.push_back(text);
    return found->second;
  }

  Candidate candidate(const Pair& pair, int64_t count) const {
    return {count, texts_[pair.first], texts_[pair.second], pair};
  }

  void count_pairs(size_t index, int sign) {
    const Word& word = words_[index];
    for (size_t i = 0; i + 1 < word.symbols.size(); ++i) {
      const Pair pair{word.symbols[i], word.symbols[i + 1]};
      PairState& state = pairs_[pair];
      state.count += sign * word.count;
      if (sign > 0) state.words.insert(index);
    }
  }

  void merge_everywhere(const Pair& pair) {
    const Symbol product = symbol_of(texts_[pair.first] + texts_[pair.second]);
    const std::unordered_set<size_t> where = std::exchange(pairs_[pair].words, {});
    std::set<Pair> grown;  // only pairs with the product occur more often than before
    for (const size_t index : where) {
      count_pairs(index, -1);
      std::vector<Symbol>& symbols = words_[index].symbols;
      size_t kept = 0;
      for (size_t i = 0; i < symbols.size(); ++i, ++kept) {
        const bool is_pair = i + 1 < symbols.size() && Pair{symbols[i], symbols[i + 1]} == pair;
        symbols[kept] = is_pair ? product : symbols[i];
        if (is_pair) ++i;
      }
      symbols.resize(kept);
      count_pairs(index, +1);
      for (size_t i = 0; i + 1 < symbols.size(); ++i)
        if (symbols[i] == product || symbols[i + 1] == product) grown.emplace(symbols[i], symbols[i + 1]);
    }
    for (const Pair& more : grown) queue_.push(candidate(more, pairs_[more].count));
  }

  std::vector<std::string> texts_;  // of symbols
  std::unordered_map<std::string, Symbol> ids_;
  std::vector<Word> words_;
  std::unordered_map<Pair, PairState, PairHash> pairs_;
  std::priority_queue<Candidate> queue_;
};

}  // namespace

Tokenizer train_tokenizer(const std::vector<std::string>& texts, int num_merges) {
  Training training(texts);
  std::vector<std::pair<std::string, std::string>> merges;
  std::pair<std::string, std::string> merge;
  while (static_cast<int>(merges.size()) < num_merges && training.merge_best(merge)) merges.push_back(merge);
  return Tokenizer(std::move(merges));
}

}  // namespace weft
