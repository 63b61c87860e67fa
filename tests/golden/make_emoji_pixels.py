#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of tests/data/emoji_test.cc: pixels of Noto Color Emoji's own PNG files, read from its CBDT table by
fontTools and decoded by Pillow (neither FreeType nor HarfBuzz takes part).
Usage: pip install fonttools pillow; tests/golden/make_emoji_pixels.py > tests/golden/emoji_pixels.json"""
import io
import json

from fontTools.ttLib import TTFont
from PIL import Image

font = TTFont("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf")
glyph_of = font.getBestCmap()
bitmaps = font["CBDT"].strikeData[0]

entries = []
for code_point in (0x1F600, 0x1F34E, 0x1F433, 0x1F49A, 0x2603):
    image = Image.open(io.BytesIO(bitmaps[glyph_of[code_point]].imageData)).convert("RGBA")
    alpha = image.getchannel("A").tobytes()
    points = [(x, y) for y in range(4, image.height, 20) for x in range(4, image.width, 12)]
    opaque = [[x, y, *image.getpixel((x, y))[:3]] for x, y in points if image.getpixel((x, y))[3] == 255]
    entries.append({"code_point": code_point, "width": image.width, "height": image.height,
                    "alpha_sum": sum(alpha), "opaque": opaque})
print("[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]")
