#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes evaluation_views.txt: open_clip 3.3's evaluation transform (image_transform_v2, up to and including its conversion to
RGB) of odd pictures, in its three resize modes.     make_evaluation_views.py > evaluation_views.txt     (Pillow 13)
Pillow before 13 always takes the horizontal pass first, and rounds between the passes: 8 of these 96 views are other there.
A line: kind width height size  crc32c of the planes for shortest, squash, longest.  Kinds grey, rgb and rgba are the noisy
images of make_resize.py (opacity too); a jpeg has its file in hex instead of width and height."""
import io

import PIL
from crc32c import crc32c
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__

MODES = ("shortest", "squash", "longest")
NOISY = [  # kind, width, height, size
    ("rgb", 64, 64, 64), ("rgb", 224, 224, 224), ("rgb", 101, 67, 64), ("rgb", 67, 101, 65), ("rgb", 333, 500, 224), ("rgb", 640, 427, 224),
    ("rgb", 1, 1, 32), ("rgb", 1, 40, 32), ("rgb", 37, 1, 32), ("rgb", 2, 3, 7), ("rgb", 3, 2, 16), ("rgb", 19, 7, 48), ("rgb", 129, 128, 64),
    ("rgb", 225, 224, 224), ("rgb", 97, 64, 63), ("rgb", 50, 51, 112), ("rgb", 5, 300, 32), ("rgb", 255, 254, 96),
    ("grey", 83, 61, 64), ("grey", 1, 9, 16), ("grey", 30, 30, 64),
    ("rgba", 71, 53, 48), ("rgba", 40, 90, 64), ("rgba", 48, 48, 48), ("rgba", 9, 4, 32),
]
JPEGS = [("L", 83, 57, {}), ("RGB", 91, 64, {}), ("RGB", 64, 117, {"progressive": True, "quality": 95}), ("RGB", 33, 21, {"subsampling": 0}),
         ("CMYK", 75, 49, {}), ("CMYK", 31, 64, {"quality": 90}), ("CMYK", 1, 13, {})]
KIND = {"grey": "L", "rgb": "RGB", "rgba": "RGBA"}


def view(image, size, mode):
    transform = image_transform_v2(PreprocessCfg(size=size, resize_mode=mode, interpolation="bicubic"), is_train=False)
    for part in transform.transforms:
        if type(part).__name__ in ("MaybeToTensor", "ToTensor"):
            break
        image = part(image)
    assert image.mode == "RGB" and image.size == (size, size)
    return b"".join(band.tobytes() for band in image.split())


def crcs(image, size):
    return [f"{crc32c(view(image, size, mode)):08x}" for mode in MODES]


def smooth(mode, width, height):
    """Slopes and a hard edge, so that the files are small."""
    bands = len(Image.new(mode, (1, 1)).getbands())
    return Image.frombytes(mode, (width, height), bytes(
        (x * (3 + b) + y * (5 - b) + 90 * ((x // 9 + b) % 2)) % 256 for y in range(height) for x in range(width) for b in range(bands)))


for kind, width, height, size in NOISY:
    mode = KIND[kind]
    count = width * height * len(mode)
    image = Image.frombytes(mode, (width, height), bytes((i * 2654435761 & 0xFFFFFFFF) >> 24 for i in range(count)))
    print(kind, width, height, size, *crcs(image, size))
for mode, width, height, options in JPEGS:
    file = io.BytesIO()
    smooth(mode, width, height).save(file, "JPEG", **options)
    print("jpeg", file.getvalue().hex(), 48, *crcs(Image.open(file), 48))
