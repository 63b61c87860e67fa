#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes sam_views.txt: what segment-anything 1.0 shows its model of odd pictures, before the mean is taken off, padded with the
mean's nearest bytes (it pads with 0 afterwards).     make_sam_views.py > sam_views.txt     (Pillow 13)
A line: width height size  crc32c of the planes.  The pictures are the noisy ones of make_resize.py, of three channels."""
import numpy as np
import PIL
from crc32c import crc32c
from segment_anything.utils.transforms import ResizeLongestSide

assert int(PIL.__version__.split(".")[0]) >= 13, PIL.__version__

SIZES = [(64, 64, 64), (1, 1, 32), (1, 40, 32), (37, 1, 37), (2, 3, 7), (3, 2, 16), (101, 67, 64), (67, 101, 65), (333, 500, 224),
         (640, 427, 256), (427, 640, 256), (129, 128, 64), (225, 224, 224), (97, 64, 63), (50, 51, 112), (19, 7, 48), (255, 254, 96),
         (256, 256, 256), (257, 255, 256), (1000, 31, 256), (1, 1000, 1024), (333, 500, 1024)]

for width, height, size in SIZES:
    count = width * height * 3
    noisy = np.array([(i * 2654435761 & 0xFFFFFFFF) >> 24 for i in range(count)], np.uint8).reshape(height, width, 3)
    view = np.empty((size, size, 3), np.uint8)
    view[:] = (124, 116, 104)
    seen = ResizeLongestSide(size).apply_image(noisy)
    view[: seen.shape[0], : seen.shape[1]] = seen
    print(width, height, size, f"{crc32c(np.ascontiguousarray(view.transpose(2, 0, 1)).tobytes()):08x}")
