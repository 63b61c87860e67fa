#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains sentencepiece.model, a small model with the special ids of SigLIP's vocabulary (<pad> 0, </s> 1, <unk> 2, no <s>), and
writes what Python's sentencepiece makes of texts that went through the cleaning that open_clip calls "canonicalize".
Usage, with a Python that has sentencepiece: make_sentencepiece.py FOLDER    (FOLDER gets sentencepiece.model and .json)"""
import html
import json
import os
import string
import sys
import unicodedata

import sentencepiece

NOUNS = "cat dog house car tree polyp lesion face photo picture heart flag star hand eye man woman ball book river".split()
ADJECTIVES = "red green blue small large old new happy sad bright dark left right chest pleural smiling grinning".split()
CORPUS = [f"a {f} of the {a} {n} with {b} {m}" for i, n in enumerate(NOUNS) for j, a in enumerate(ADJECTIVES)
          for f, b, m in [(("photo", "picture", "drawing")[(i + j) % 3], ADJECTIVES[(3 * i + j) % 17], NOUNS[(i + 5 * j) % 20])]]
TEXTS = ["a photo of a cat", "A photo of a {DOG}, smiling!", "it's 2024!!", "snake_case_words", "", "  \t", "...", "chest x-ray: no pleural effusion",
         "grinning face &amp; heart-eyes", "naïve café Straße", "猫 and 犬", "😀", "ΣΑΣ-b ΣΑΣ", "a " * 80 + "cat", "one\u00a0two\u3000three"]
CONTEXT = 16


def clean(text):
    text = html.unescape(html.unescape(unicodedata.normalize("NFC", text))).strip()
    text = text.replace("_", " ").translate(str.maketrans("", "", string.punctuation)).lower()
    return " ".join(text.split())


folder = sys.argv[1]
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(CORPUS), model_prefix=f"{folder}/sentencepiece", vocab_size=180, hard_vocab_limit=False, model_type="unigram", pad_id=0, eos_id=1,
    unk_id=2, bos_id=-1, normalization_rule_name="identity", num_threads=1)
model = sentencepiece.SentencePieceProcessor(model_file=f"{folder}/sentencepiece.model")
cases = []
for text in TEXTS:
    ids = model.encode(clean(text))[:CONTEXT - 1] + [1]
    cases.append({"text": text, "ids": ids, "filled": ids + [1] * (CONTEXT - len(ids))})
with open(f"{folder}/sentencepiece.json", "w") as file:
    json.dump({"size": model.get_piece_size(), "context": CONTEXT, "cases": cases}, file, indent=1)
    file.write("\n")
os.remove(f"{folder}/sentencepiece.vocab")
