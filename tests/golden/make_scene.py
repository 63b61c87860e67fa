#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden pixels of tests/data/importers/import_scenes_test.cc: three pieces with alpha laid on a ground, by NumPy.
Usage: python tests/golden/make_scene.py > tests/golden/scene.json"""
import json

import numpy as np

WIDTH, HEIGHT = 14, 11
PIECES = [(6, 5, 1, 2), (7, 6, 4, 4), (5, 9, -2, 5)]  # width, height, x, y


def channels(width, height, seed, count):
    y, x, c = np.mgrid[0:height, 0:width, 0:count]
    return (x * 37 + y * 59 + c * 83 + seed * 101 + x * y * 13) % 256


picture = channels(WIDTH, HEIGHT, 0, 3).astype(np.int64)
owner = np.zeros((HEIGHT, WIDTH), int)
for number, (width, height, left, top) in enumerate(PIECES, 1):
    piece = channels(width, height, number, 4)
    for y in range(height):
        for x in range(width):
            if not (0 <= left + x < WIDTH and 0 <= top + y < HEIGHT):
                continue
            *colour, alpha = (int(v) for v in piece[y, x])
            below = picture[top + y, left + x]
            picture[top + y, left + x] = [(c * alpha + b * (255 - alpha) + 127) // 255 for c, b in zip(colour, below)]
            if alpha >= 128:
                owner[top + y, left + x] = number
print(json.dumps({"width": WIDTH, "height": HEIGHT, "pieces": PIECES, "picture": picture.ravel().tolist(),
                  "owner": owner.ravel().tolist()}))
