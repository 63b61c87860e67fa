#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The split, the baseline and the ceiling of docs/protocols/nuclei.md (row segmenter.2).  Needs numpy, pillow, scipy, scikit-image.

nuclei_baseline.py split FOLDER             one line a picture: split, modality, name
nuclei_baseline.py judge FOLDER NAMES.txt   mIoU@1 of Otsu + distance watershed, and the mask grid's ceiling, per modality
nuclei_baseline.py tune FOLDER NAMES.txt    the baseline for each distance between its seeds

FOLDER/<name>/images/*.png is a picture, FOLDER/<name>/masks/*.png one nucleus each.
"""
import argparse
import hashlib
import json
import pathlib

import numpy as np
from PIL import Image
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.filters import threshold_otsu
from skimage.segmentation import watershed

SEED_DISTANCE = 2  # pixels between seeds: the best of 2, 3, 5, 7, 10 on the train split (tune)
SMALL = 40  # pixels: smaller nuclei are also counted apart


def picture(folder, name):
    return np.asarray(Image.open(next((folder / name / "images").glob("*.png"))).convert("RGB")).astype(float)


def objects(folder, name):
    found = (np.asarray(Image.open(path).convert("L")) > 127 for path in sorted((folder / name / "masks").glob("*.png")))
    return [mask for mask in found if mask.any()]


def modality(rgb):
    """The frozen colour rule."""
    grey = np.median(rgb.mean(2))
    if (rgb.max(2) - rgb.min(2)).mean() >= 10:
        return "stained"
    if grey >= 100:
        return "grey_light"
    return "grey_dark_low" if grey < 10 else "grey_dark_high"


def rounded(share):
    return int(np.floor(share + 0.5))


def split(folder):
    """{name: (split, modality)}: within a modality, by the SHA-256 of the name; a fifth held back, the next tenth dev."""
    names = sorted(path.name for path in folder.iterdir() if (path / "images").is_dir())
    kinds = {name: modality(picture(folder, name)) for name in names}
    result = {}
    for kind in sorted(set(kinds.values())):
        of_kind = sorted((n for n in names if kinds[n] == kind), key=lambda n: hashlib.sha256(n.encode()).hexdigest())
        held_back, dev = rounded(len(of_kind) / 5), rounded(len(of_kind) / 10)
        for place, name in enumerate(of_kind):
            result[name] = ("held_back" if place < held_back else "dev" if place < held_back + dev else "train", kind)
    return result


def centre(mask):
    """Row and column of the first of the pixels farthest from the outside; the picture is ringed by outside."""
    depth = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    return np.unravel_index(depth.argmax(), depth.shape)


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def nuclei_of(rgb, kind, seed_distance):
    """Otsu's threshold, holes filled, cut by a watershed of the distance to the ground from its maxima."""
    grey = rgb.mean(2)
    inside = grey < threshold_otsu(grey) if kind in ("stained", "grey_light") else grey > threshold_otsu(grey)
    inside = ndimage.binary_fill_holes(inside)
    depth = ndimage.gaussian_filter(ndimage.distance_transform_edt(inside), 1)
    seeds = np.zeros(grey.shape, int)
    at = peak_local_max(depth, min_distance=seed_distance, labels=ndimage.label(inside)[0], exclude_border=False)
    seeds[tuple(at.T)] = np.arange(1, len(at) + 1)
    return watershed(-depth, seeds, mask=inside)


def under_click(labels, click):
    return labels == labels[click] if labels[click] else np.zeros(labels.shape, bool)


def through_grid(mask, cell):
    """The mask as a grid of one number per `cell` x `cell` pixels can hold it: area means - 0.5, bilinear, > 0."""
    height, width = mask.shape
    means = mask.reshape(height // cell, cell, width // cell, cell).mean((1, 3)) - 0.5
    at = lambda length, cells: np.clip((np.arange(length) + 0.5) / cell - 0.5, 0, cells - 1)
    grid = np.meshgrid(at(height, height // cell), at(width, width // cell), indexing="ij")
    return ndimage.map_coordinates(means, grid, order=1) > 0


def judge(folder, names, seed_distance):
    rows = []
    for name in names:
        rgb = picture(folder, name)
        kind = modality(rgb)
        labels = nuclei_of(rgb, kind, seed_distance)
        for mask in objects(folder, name):
            rows.append((kind, mask.sum(), iou(under_click(labels, centre(mask)), mask), iou(through_grid(mask, 4), mask), iou(through_grid(mask, 2), mask)))
    return rows


def figures(rows):
    area = np.array([row[1] for row in rows])
    values = np.array([row[2:] for row in rows])
    result = {"objects": len(rows), "baseline": values[:, 0].mean(), "ceiling": values[:, 1].mean(), "ceiling_enlarged": values[:, 2].mean()}
    big = area >= SMALL
    result["of_40_pixels"] = {"objects": int(big.sum()), "baseline": values[big, 0].mean(), "ceiling": values[big, 1].mean(), "ceiling_enlarged": values[big, 2].mean()}
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["split", "judge", "tune"])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("names", type=pathlib.Path, nargs="?")
    asked = parser.parse_args()
    if asked.what == "split":
        for name, (part, kind) in split(asked.folder).items():
            print(part, kind, name)
        return
    if not asked.names:
        parser.error(f"{asked.what} wants a file of names, one a line")
    names = asked.names.read_text().split()
    if asked.what == "tune":
        for seed_distance in (2, 3, 5, 7, 10):
            print(seed_distance, f"{figures(judge(asked.folder, names, seed_distance))['baseline']:.4f}")
        return
    rows = judge(asked.folder, names, SEED_DISTANCE)
    by_kind = {kind: [row for row in rows if row[0] == kind] for kind in sorted({row[0] for row in rows})}
    result = {"pictures": len(names), "all": figures(rows), **{kind: figures(part) for kind, part in by_kind.items()}}
    print(json.dumps(result, indent=1, default=float))


if __name__ == "__main__":
    main()
