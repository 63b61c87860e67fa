# SPDX-License-Identifier: Apache-2.0
"""Golden values of data/formats/rle.cc by pycocotools 2.0.11: strings, areas, boxes, polygons, merges and IoU.
Bitmaps come from a counter formula on both sides: pixel i (row-major) is ((i * 2654435761 + seed * 40503) mod 2^32) >> 24
< threshold, in blocks of `block` x `block` pixels.  Writes rle.json beside itself."""
import json
import random
from pathlib import Path

import numpy as np
from pycocotools import _mask

BITMAPS = [  # height, width, seed, threshold, block
    (1, 1, 0, 256, 1), (1, 1, 0, 0, 1), (7, 5, 1, 128, 1), (5, 7, 2, 40, 1), (5, 7, 3, 220, 1), (40, 33, 4, 128, 6),
    (64, 48, 5, 200, 9), (300, 2, 6, 128, 40), (2, 300, 7, 128, 40), (16, 16, 8, 0, 1), (16, 16, 9, 256, 1), (3, 11, 10, 128, 2),
]
SIZE = (40, 33)  # of the masks that are merged and compared
MEET = [(1, 128, 6), (2, 60, 4), (3, 200, 9), (4, 0, 1), (5, 256, 1)]  # seed, threshold, block


def bitmap(height, width, seed, threshold, block):
    y, x = np.mgrid[0:height, 0:width] // block
    i = (y * width + x).astype(np.uint64)
    return ((((i * 2654435761 + seed * 40503) & 0xFFFFFFFF) >> 24) < threshold).astype(np.uint8)


def encode(pixels):
    return _mask.encode(np.asfortranarray(pixels[:, :, None]))[0]


def described(rle):
    return {"counts": rle["counts"].decode(), "area": int(_mask.area([rle])[0]), "box": _mask.toBbox([rle])[0].tolist()}


def rings():
    """height, width, x0 y0 x1 y1 ...: plain ones, beyond the picture on every side, on the grid, repeated corners, lines."""
    draw = random.Random(7)
    yield 20, 30, [5, 5, 15, 5, 15, 12, 5, 12]
    yield 20, 30, [5, 5, 5, 12, 15, 12, 15, 5]
    yield 20, 30, [5.2, 5.7, 15.1, 5.3, 10, 14.9]
    yield 20, 30, [-1e6, -1e6, 1e6, -1e6, 1e6, 1e6, -1e6, 1e6]
    yield 20, 30, [0, 0, 30, 0, 30, 20, 0, 20]
    yield 20, 30, [0, 0, 29, 0, 29, 19, 0, 19]
    yield 20, 30, [40, 5, 50, 5, 45, 9]
    yield 20, 30, [5, -9, 9, -2, 7, -1]
    yield 20, 30, [5, 5, 5, 5, 5, 5]
    yield 20, 30, [5, 5, 15, 5, 5, 5]
    yield 20, 30, [5, 5, 5, 15, 5, 5]
    yield 20, 30, [2, 2, 20, 15, 20, 2, 2, 15]
    yield 20, 30, [5, 5]
    yield 20, 30, [5, 5, 9, 9]
    for k in range(60):
        height, width = draw.randint(1, 40), draw.randint(1, 40)
        corners = draw.randint(3, 9)
        low, high, step = [(-10, 50, 0), (-3, 45, 1), (-4, 40, .2), (-500, 500, 0), (-1, 1, 0), (0, 40, .5)][k % 6]
        ring = []
        for _ in range(corners):
            at = [draw.uniform(low, high), draw.uniform(low, high)]
            at = [round(v / step) * step if step else round(v, 4) for v in at]
            ring += at * (2 if draw.random() < .15 else 1)
        yield height, width, ring


met = [encode(bitmap(*SIZE, *shape)) for shape in MEET]
golden = {
    "bitmaps": [{"shape": shape, **described(encode(bitmap(*shape)))} for shape in BITMAPS],
    "polygons": [{"height": h, "width": w, "xy": ring, **described(_mask.frPoly([np.array(ring, np.double)], h, w)[0])}
                 for h, w, ring in rings()],
    "meet": MEET,
    "iou": _mask.iou(met, met, np.zeros(len(met), np.uint8)).tolist(),
    "iou_crowd": _mask.iou(met, met, np.ones(len(met), np.uint8)).tolist(),
    "union": [[_mask.merge([a, b], 0)["counts"].decode() for b in met] for a in met],
    "intersection": [[_mask.merge([a, b], 1)["counts"].decode() for b in met] for a in met],
    "union_of_all": _mask.merge(met[:3], 0)["counts"].decode(),
    "intersection_of_all": _mask.merge(met[:3], 1)["counts"].decode(),
}
(Path(__file__).parent / "rle.json").write_text(json.dumps(golden, separators=(",", ":")).replace("},{", "},\n{") + "\n")
