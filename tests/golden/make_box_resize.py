# SPDX-License-Identifier: Apache-2.0
# Writes box_resize.txt: what Pillow's Image.resize(BILINEAR, box=...) makes of images given by a formula (those of
# make_resize.py).     python make_box_resize.py > box_resize.txt
# A line: channels width height  x0 y0 x1 y1  to_width to_height  the bytes in hex
import PIL
from PIL import Image

SIZES = [(64, 48, None, (32, 24)), (37, 53, None, (40, 30)), (101, 67, None, (11, 13)), (1, 1, None, (5, 7)),
         (2, 3, None, (1, 1)), (97, 89, (3, 5, 60, 80), (20, 24)), (97, 89, (40, 0, 97, 89), (24, 17)),
         (211, 73, (10, 3, 201, 70), (9, 5)), (31, 29, (7, 8, 12, 11), (33, 14)), (300, 200, None, (16, 7))]



def noisy(width, height, channels):
    return bytes((i * 2654435761 & 0xFFFFFFFF) >> 24 for i in range(width * height * channels))


def blocky(width, height, channels):
    return bytes(255 if (x // 5 + y // 3 + c) % 2 else 0 for y in range(height) for x in range(width)
                 for c in range(channels))


print("#", "Pillow", PIL.__version__)
for line, (channels, (width, height, box, to)) in enumerate((c, s) for c in (1, 3) for s in SIZES):
    pixels = (noisy, blocky)[line % 2](width, height, channels)
    box = box or (0, 0, width, height)
    image = Image.frombytes({1: "L", 3: "RGB"}[channels], (width, height), pixels)
    print(channels, width, height, *box, *to, image.resize(to, Image.Resampling.BILINEAR, box=box).tobytes().hex())
