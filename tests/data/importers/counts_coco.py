#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts what COCO, LVIS and SA-1B files hold, with no code of weft: json, and zlib for panoptic pictures; the areas of
polygons with pycocotools where that is installed (2.0.11 made the number in coco_shared_test.cc).

    counts_coco.py FILE.json ...        prints one JSON object, summed over the files
"""
import collections
import json
import pathlib
import struct
import sys
import zlib

try:
    from pycocotools import mask as coco_mask
except ImportError:
    coco_mask = None


def counts_of_string(text):
    counts = []
    number = shift = 0
    for letter in text:
        group = ord(letter) - 48
        number |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        if group & 16:
            number -= 1 << shift
        counts.append(number + (counts[-2] if len(counts) > 2 else 0))
        number = shift = 0
    return counts


def area_of(segmentation, height, width):
    """None where only pycocotools could say."""
    if isinstance(segmentation, dict):
        counts = segmentation["counts"]
        return sum((counts_of_string(counts) if isinstance(counts, str) else counts)[1::2])
    if coco_mask is None:
        return None
    return int(coco_mask.area(coco_mask.merge(coco_mask.frPyObjects(segmentation, height, width))))


def colours_of(path):
    """How many pixels of an 8-bit RGB PNG have which id."""
    content = path.read_bytes()
    width, height, bits, kind = struct.unpack(">IIBB", content[16:26])
    assert (bits, kind) == (8, 2), "wanted 8-bit RGB"
    packed, at = b"", 8
    while at < len(content):
        size, name = struct.unpack(">I4s", content[at:at + 8])
        if name == b"IDAT":
            packed += content[at + 8:at + 8 + size]
        at += size + 12
    raw, line, pixels = zlib.decompress(packed), [0] * (3 * width), collections.Counter()
    for y in range(height):
        start = y * (3 * width + 1)
        method, above, line = raw[start], line, list(raw[start + 1:start + 1 + 3 * width])
        for i in range(3 * width):
            left, corner = (line[i - 3], above[i - 3]) if i >= 3 else (0, 0)
            guess = left + above[i] - corner
            nearest = min((abs(guess - left), 0, left), (abs(guess - above[i]), 1, above[i]), (abs(guess - corner), 2, corner))
            line[i] = (line[i] + (0, left, above[i], (left + above[i]) // 2, nearest[2])[method]) % 256
        for x in range(width):
            pixels[line[3 * x] + 256 * line[3 * x + 1] + 65536 * line[3 * x + 2]] += 1
    return pixels


def count(path, total):
    data = json.loads(path.read_text())
    if "image" in data:  # SA-1B
        data["images"] = [dict(data["image"], id=data["image"]["image_id"])]
    images = {image["id"]: image for image in data["images"]}
    total["images"] += len(images)
    total["category_names"] |= {category["name"] for category in data.get("categories", [])}
    for image in images.values():
        total["negatives"] += len(image.get("neg_category_ids", []))
        total["not_exhaustive"] += len(image.get("not_exhaustive_category_ids", []))
    pairs = set()
    for annotation in data["annotations"]:
        image = images[annotation.get("image_id", next(iter(images)))]
        pairs.add((image["id"], annotation.get("category_id")))
        total["captions"] += "caption" in annotation
        total["keypoints"] += sum(v > 0 for v in annotation.get("keypoints", [])[2::3])
        total["boxes"] += "bbox" in annotation and min(annotation["bbox"][2:]) > 0
        segmentation = annotation.get("segmentation") or None
        if segmentation:
            total["masks"] += 1
            area = area_of(segmentation, image["height"], image["width"])
            total["mask_area"] = None if area is None or total["mask_area"] is None else total["mask_area"] + area
        if "segments_info" in annotation:
            pixels = colours_of(path.parent / path.stem / annotation["file_name"])
            total["void"] += pixels[0]
            total["masks"] += len(annotation["segments_info"])
            total["mask_area"] += sum(pixels[segment["id"]] for segment in annotation["segments_info"])
    total["image_category_pairs"] += len(pairs)


def main():
    total = collections.Counter()
    total.update(dict.fromkeys(["images", "negatives", "not_exhaustive", "captions", "keypoints", "boxes", "masks",
                                "mask_area", "void", "image_category_pairs"], 0))
    total["category_names"] = set()
    for name in sys.argv[1:]:
        count(pathlib.Path(name), total)
    total["categories"] = len(total.pop("category_names"))
    print(json.dumps(total))


if __name__ == "__main__":
    main()
