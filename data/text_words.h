// SPDX-License-Identifier: Apache-2.0
// A text on its way to the byte-pair encoder (data/tokenizer.h): clean, split into words, spell each word in printable
// characters, one per byte.  As CLIP's tokenizer does it, save that CLIP's repairs mis-decoded text first (ftfy: also
// curly quotes, ligatures and wide letters), where here a text only becomes NFC, and that a text which spells a start
// or end sign is text like any other.
#pragma once

#include <array>
#include <string>
#include <vector>

namespace weft {

// NFC, references resolved twice (data/html_references.h), lower case (Unicode's full mapping), runs of white space one
// space, none at the ends.  Error where the text is not UTF-8.
// Canonical: also without ASCII's punctuation, "_" a space.
enum class Clean { lower, canonical };
std::string clean_text(const std::string& text, Clean clean = Clean::lower);

// Of a clean text, the matches of  's|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+  in order.
std::vector<std::string> split_words(const std::string& clean);

// The printable character (in UTF-8) of every byte: 33-126, 161-172 and 174-255 are their own code point, the others
// are 256, 257, ... in order.
const std::array<std::string, 256>& byte_characters();

constexpr const char* kWordEnd = "</w>";  // ends the last symbol of a word

// The word's bytes as characters, the last with kWordEnd.
std::vector<std::string> word_symbols(const std::string& word);

}  // namespace weft
