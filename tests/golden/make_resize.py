# SPDX-License-Identifier: Apache-2.0
# Writes resize.txt: what Pillow's Image.resize(BICUBIC, box=...) makes of images given by a formula.  Run with
# Pillow 13 (12 and before take the horizontal pass first in every case, which rounds 4 of the 75 otherwise):
#   python make_resize.py > resize.txt
# A line: channels width height  x0 y0 x1 y1  to_width to_height  crc32c-of-the-bytes  four bytes (at i * size // 4)
# Byte i of an image is ((i * 2654435761 mod 2^32) >> 24) in the noisy ones, and a blocky pattern with hard edges else:
# 255 where (x // 5 + y // 3 + channel) is odd, 0 elsewhere.  Lines 0, 2, 4, ... are noisy.
import sys

import PIL
from crc32c import crc32c
from PIL import Image

SIZES = [  # width, height, box or None, to
    (64, 48, None, (32, 24)), (64, 48, None, (33, 17)), (37, 53, None, (64, 64)), (101, 67, None, (23, 91)),
    (1, 1, None, (5, 7)), (1, 40, None, (3, 9)), (40, 1, None, (11, 4)), (2, 3, None, (1, 1)),
    (136, 128, None, (51, 48)), (136, 128, None, (58, 54)), (200, 150, None, (7, 5)), (31, 29, None, (31, 57)),
    (31, 29, None, (60, 29)), (31, 29, None, (31, 29)), (97, 89, (3.25, 5.5, 60.125, 80.75), (32, 32)),
    (97, 89, (0.1, 0.2, 96.9, 88.3), (64, 64)), (97, 89, (10.7, 20.3, 30.9, 33.1), (48, 40)),
    (97, 89, (40, 0, 97, 89), (57, 89)), (97, 89, (0, 30, 97, 59), (97, 29)), (97, 89, (96.5, 88.5, 97, 89), (8, 8)),
    (255, 3, (17.77, 0.5, 251.3, 2.5), (50, 2)), (3, 255, (0.33, 100.01, 2.99, 254.99), (9, 224)),
    (320, 240, (12.34, 23.45, 301.5, 222.2), (224, 224)), (211, 73, None, (186, 64)),
    (73, 211, (1 / 3, 2 / 3, 70.1, 199.9), (30, 30)),
]
MODES = {1: "L", 3: "RGB", 4: "CMYK"}  # CMYK: four channels, each by itself, as weft treats four


def noisy(width, height, channels):
    return bytes((i * 2654435761 & 0xFFFFFFFF) >> 24 for i in range(width * height * channels))


def blocky(width, height, channels):
    return bytes(255 if (x // 5 + y // 3 + c) % 2 else 0 for y in range(height) for x in range(width)
                 for c in range(channels))


print("#", "Pillow", PIL.__version__)
line = 0
for channels, mode in MODES.items():
    for width, height, box, to in SIZES:
        pixels = (noisy, blocky)[line % 2](width, height, channels)
        box = box or (0, 0, width, height)
        out = Image.frombytes(mode, (width, height), pixels).resize(to, Image.Resampling.BICUBIC, box=box).tobytes()
        picks = [out[i * len(out) // 4] for i in range(4)]
        print(channels, width, height, *(repr(float(v)) for v in box), *to, f"{crc32c(out):08x}", *picks)
        line += 1
print(line, "cases", file=sys.stderr)
