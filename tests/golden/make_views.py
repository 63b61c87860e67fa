# SPDX-License-Identifier: Apache-2.0
# Writes views.txt: CLIP's evaluation preprocessing by Pillow (10 to 13 agree): the short side to S, the long side to
# int(S * long / short), bicubic, the centre cut out at int(round((side - S) / 2)).  Images are the noisy ones of
# make_resize.py.     python make_views.py > views.txt
# A line: width height S  crc32c of the S * S * 3 bytes, plane by plane
from crc32c import crc32c
from PIL import Image

SIZES = [(64, 64, 32), (101, 67, 32), (67, 101, 33), (640, 427, 64), (50, 51, 224), (333, 500, 96), (19, 7, 48),
         (64, 97, 64), (97, 64, 63), (3, 1, 16), (129, 128, 64)]


for width, height, size in SIZES:
    pixels = bytes((i * 2654435761 & 0xFFFFFFFF) >> 24 for i in range(width * height * 3))
    short = min(width, height)
    to = (int(size * width / short), int(size * height / short))
    whole = Image.frombytes("RGB", (width, height), pixels).resize(to, Image.Resampling.BICUBIC)
    left, top = (int(round((side - size) / 2.0)) for side in to)
    view = whole.crop((left, top, left + size, top + size))
    planes = b"".join(band.tobytes() for band in view.split())
    print(width, height, size, f"{crc32c(planes):08x}")
