#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden ids of tests/data/clip_tokens_test.cc: open_clip's SimpleTokenizer with its own vocabulary file, its ftfy repair
replaced by NFC (what data/text_words.h promises), and as a second list what the repair would have changed.
Usage, with a Python that has open_clip 3.3:  make_clip_tokens.py [COUNT] > clip_tokens.json
A COUNT of some thousand and WEFT_CLIP_TOKENS=<that file> make the test a cross-check of as many random texts."""
import json
import random
import sys
import unicodedata

import open_clip.tokenizer as reference

WRITTEN = [
    "a photo of a cat", "A photo of a {dog}.", "it's 2024!!", "chest x-ray: no pleural effusion", "", " ", "'", "&", "...",
    "naïve façade, Ångström, señor, coöperate, São Paulo", "Straße GROẞ ﬁn ﬀ ŉ", "ΟΔΥΣΣΕΥΣ ΣΑΣ, Ἀθῆναι", "İstanbul ıI",
    "Ёлка и ёж; Київ", "日本語のテキスト 東京タワー", "中文：一只猫。", "한국어 고양이", "قطة صغيرة ١٢٣", "नमस्ते दुनिया", "ภาษาไทย", "שָׁלוֹם",
    "👍🏽 👩🏽‍💻 🏳️‍🌈 🇳🇴 5️⃣ ❤️‍🔥", "1234567890 3.14159 1,000,000 ½ ² Ⅷ １２３ ٣", "we're they've I'm she'll he'd CAN'T 'tis rock'n'roll",
    "it\u2019s \u201cquoted\u201d \u2018single\u2019", "O'SULLIVAN'S 'S 's 'll'd'm", "AT&amp;T &amp;lt;b&amp;gt; &eacute; &#233; &#xE9;",
    "fish &amp;amp;amp; chips &copy 2024 &notin; &notit; &bogus;", "&#128; &#0; &#x110000; &#xD800; &#1; &frac12",
    "\u00a0no\u2003break\u3000space\u2028line\u2029para\x1funit\x85next", "tab\tnew\nline\r\nend", "cafe\u0301 vs café", "\u212b \u2126 \u1e9b\u0323",
    "x" * 300, "supercalifragilisticexpialidocious " * 30, "!!!???---___***", "<start> </w> <|endoftext|>", "http://example.org/a_b?c=d&e=f#g",
    "user@example.org #hashtag @mention $5.00 50% C++ C# a/b", "¿Qué? ¡Sí! «oui» „ja“", "zero\u200bwidth\u200djoin\ufeffbom soft\u00adhyphen",
    "e\u0301\u0302\u0303", "\U0001d54f \U00020000 \U0001f9d1\u200d\U0001f384", "'ſt ſ", "A\u0345\u03a3 \u0391\u03a3' \u03a3\u03a3\u03a3 a.\u03a3.b",
]
WORDS = ("a photo of the cat dog small red House BIG chest x-ray lesion polyp no without left-sided pleural effusion München "
         "Zürich garçon piñata Москва кошка Αθήνα γάτα 猫 犬 高木 고양이 บ้าน كلب it's don't We'll o'clock's 12 2024 3.5cm 007 "
         "&amp; &lt;b&gt; &quot;q&quot; &nbsp; &eacute;t&eacute; &#8217; &#x1F600; R&D 😀 🐶🐱 🏴‍☠️ — … ™ € ½ (a) [b] {c} #1 %").split()
RANGES = [(0x20, 0x7f), (0x20, 0x7f), (0xa0, 0x250), (0x300, 0x370), (0x370, 0x400), (0x400, 0x530), (0x590, 0x700), (0x900, 0x980),
          (0xe00, 0xe80), (0x1100, 0x1200), (0x1e00, 0x2000), (0x2000, 0x2070), (0x2100, 0x2400), (0x2600, 0x27c0), (0x3040, 0x3100),
          (0x4e00, 0x5000), (0xac00, 0xad00), (0xfb00, 0xfb50), (0xff00, 0xffa0), (0x1f300, 0x1f650), (0x1d400, 0x1d800)]


def random_text(rng):
    parts = []
    for _ in range(rng.randint(1, 12)):
        if rng.random() < 0.6:
            word = rng.choice(WORDS)
            parts.append(rng.choice([str, str.upper, str.title])(word) if "&" not in word else word)
        else:
            low, high = rng.choice(RANGES)
            signs = [chr(rng.randrange(low, high)) for _ in range(rng.randint(1, 6))]
            parts.append("".join(c for c in signs if unicodedata.category(c) not in ("Cn", "Cc", "Cs", "Co")))
    return rng.choice([" ", " ", "  ", "", "-"]).join(parts)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    rng = random.Random(1)
    texts = WRITTEN + [random_text(rng) for _ in range(count - len(WRITTEN))]
    tokenizer = reference.SimpleTokenizer()
    as_it_is = [tokenizer.encode(text) for text in texts]
    reference.ftfy.fix_text = lambda text: unicodedata.normalize("NFC", text)
    tokenizer = reference.SimpleTokenizer()
    nfc = [tokenizer.encode(text) for text in texts]
    packed = tokenizer(texts, 77)
    cases = []
    for text, ids, repaired, row in zip(texts, nfc, as_it_is, packed.tolist()):
        length = min(len(ids) + 2, 77)
        assert not any(row[length:])
        cases.append({"text": text, "ids": row[:length], "repair_differs": ids != repaired})
    print("{\"context\": 77, \"cases\": [")
    print(",\n".join(json.dumps(case, ensure_ascii=True) for case in cases) + "\n]}")
    print(sum(c["repair_differs"] for c in cases), "of", len(cases), "differ by ftfy's repair", file=sys.stderr)


main()
