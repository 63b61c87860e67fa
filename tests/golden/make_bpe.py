#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of tests/data/tokenizer_test.cc: the cleaning, splitting, training and encoding that data/tokenizer.h
describes, written from that description with the standard library alone and in the plainest way (every pair is counted
anew for every merge).  Usage: tests/golden/make_bpe.py > tests/golden/bpe.json"""
import collections
import html
import json
import re
import unicodedata

TEXTS = [
    "a photo of a cat", "A photo of a {dog}.", "it's 2024!!", "chest x-ray: no pleural effusion",
    "grinning face", "grinning face with big eyes", "beaming face with smiling eyes", "woman's hat", "man's shoe",
    "flag: Côte d’Ivoire", "cafe\u0301 CAFÉ café", "Straße, GROẞ, ÅNGSTRÖM \u212b", "ΣΑΣ Ελλάδα", "İstanbul",
    "日本語のテキスト", "👩🏽‍💻 and 🏳️‍🌈", "１２３ ½ ² Ⅷ ٣", "we're they've i'm she'll he'd can't 'tis 'Salt'",
    "\u0130\u03a3 \u03a3 A\u0345\u03a3\u02b0 A\u03a3.b \u24b6\u03a3 '\u017ft", "&copy2024 &notit; &frac12 &CounterClockwiseContourIntegral; &#x80;&#1;&#x110000;|&lt&gt",
    "AT&amp;T &amp;lt;b&amp;gt; &#233; &#xE9; &quot;x&quot; &apos;&nbsp;y &bogus; & &#; &#0; &#xD800;",
    "", "   \t\n ", "\u00a0\u2003em\u3000space\u2028line\x1fend", "aaaaaaaaaaaaaaa aaaa aaa aa a", "e" + "\u0301" * 5,
    "\u1100\u1161\u11a8 \ud55c\uad6d\uc5b4", "नमस्ते ไทย", "face face face smiling smiling smile smiles",
]
NUM_MERGES = 120
CONTEXT = 77
EXTRA = ["unseen wörds &amp; signs #42", "grinning " * 60, "x" * 500, "</w> <|endoftext|>", "face's"]


def byte_characters():
    own = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    out, spare = {}, 256
    for b in range(256):
        out[b] = chr(b if b in own else spare)
        spare += b not in own
    return own + [b for b in range(256) if b not in own], out


ORDER, CHARACTER = byte_characters()


def clean(text):
    text = html.unescape(html.unescape(unicodedata.normalize("NFC", text)))
    return " ".join(text.split()).lower()


def words(text):
    def kind(c):
        return " " if c.isspace() or c == "\u0345" else unicodedata.category(c)[0] if unicodedata.category(c)[0] in "LN" else "o"

    out, i = [], 0
    while i < len(text):
        short = re.match(r"'[s\u017f]|'t|'re|'ve|'m|'ll|'d", text[i:])
        if short:
            out.append(short.group())
            i += len(short.group())
            continue
        j = i + 1
        while kind(text[i]) in "Lo" and j < len(text) and kind(text[j]) == kind(text[i]):
            j += 1
        if kind(text[i]) != " ":
            out.append(text[i:j])
        i = j
    return out


def spell(word):
    symbols = [CHARACTER[b] for b in word.encode()]
    return symbols[:-1] + [symbols[-1] + "</w>"]


def join_pair(symbols, pair):
    """Left to right; a product takes no further part in the pass."""
    out, i = [], 0
    while i < len(symbols):
        here = tuple(symbols[i:i + 2]) == pair
        out.append(pair[0] + pair[1] if here else symbols[i])
        i += 2 if here else 1
    return out


def train(texts, num_merges):
    counts = collections.Counter(word for text in texts for word in words(clean(text)))
    spelled = {word: spell(word) for word in counts}
    merges = []
    while len(merges) < num_merges:
        pairs = collections.Counter()
        for word, symbols in spelled.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += counts[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        if pairs[best] < 2:
            break
        merges.append(best)
        spelled = {word: join_pair(symbols, best) for word, symbols in spelled.items()}
    return merges


def encode(text, merges, context):
    vocabulary = [CHARACTER[b] for b in ORDER]
    vocabulary += [c + "</w>" for c in vocabulary] + [a + b for a, b in merges]
    ids = {symbol: i for i, symbol in enumerate(vocabulary)}
    rank = {pair: i for i, pair in enumerate(merges)}
    out = [len(vocabulary)]
    for word in words(clean(text)):
        symbols = spell(word)
        while True:
            known = [pair for pair in zip(symbols, symbols[1:]) if pair in rank]
            if not known:
                break
            symbols = join_pair(symbols, min(known, key=rank.get))
        out += [ids[symbol] for symbol in symbols]
    return out[: context - 1] + [len(vocabulary) + 1]


merges = train(TEXTS, NUM_MERGES)
cases = [{"text": t, "clean": clean(t), "words": words(clean(t)), "ids": encode(t, merges, CONTEXT)} for t in TEXTS + EXTRA]
print(json.dumps({"texts": TEXTS, "num_merges": NUM_MERGES, "context": CONTEXT, "merges": merges, "cases": cases}, indent=1))
