# SPDX-License-Identifier: Apache-2.0
"""What annotation files say, counted by nothing but Python's own modules: the importers must find the same.

    counts_files.py voc|cvat|yolo|labelme|masks|nuclei|mvtec|pairs FOLDER [foreground=VALUE] [names=A,B,...]

A line per count: "images<TAB>N", then "LAYER SCOPE KIND TEXT<TAB>N", and for masks the sum of their pixels as scope "area".
Pictures of equal content are one, and so is a statement that is made twice of one picture.
"""
import collections
import csv
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree
import zlib

import tiny_png

COUNTS = collections.Counter()
IMAGES = {}   # content -> name
SAID = set()  # so that what is said twice counts once


def picture(path):
    return IMAGES.setdefault(path.read_bytes(), str(path))


def say(name, layer, scope, kind, text, shape=(), area=None):
    if (name, layer, scope, kind, text, shape) in SAID:
        return
    SAID.add((name, layer, scope, kind, text, shape))
    COUNTS[f"{layer} {scope} {kind} {text}"] += 1
    if area is not None:
        COUNTS[f"{layer} area {kind} {text}"] += area


def size_of(path):
    return tiny_png.size_of(path.read_bytes())


def pixels_of(path):
    return tiny_png.pixels_of(path.read_bytes())


def values_of(path):
    return collections.Counter(value for row in pixels_of(path) for value in row)


def is_nonzero(value):
    return value != 0 if isinstance(value, int) else value[-1] != 0 if len(value) in (2, 4) else any(value)


def nonzero_in(path):
    return sum(count for value, count in values_of(path).items() if is_nonzero(value))


def clipped(box, size):
    x0, y0, x1, y1 = box
    box = max(x0, 0), max(y0, 0), min(x1, size[0]), min(y1, size[1])
    return box if box[0] < box[2] and box[1] < box[3] else None


def pictures_below(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))


def voc(folder):
    photos = {path.stem: path for path in pictures_below(folder) if not path.parent.name.startswith("Segmentation")}
    for path in photos.values():
        picture(path)
    for path in sorted(folder.rglob("*.xml")):
        root = ElementTree.parse(path).getroot()
        name, size = picture(photos[path.stem]), size_of(photos[path.stem])
        is_complete = True  # a box that is left out leaves it open what else is there
        for parent in root.iter("object"):
            for thing in [parent] + parent.findall("part"):
                xmin, ymin, xmax, ymax = (float(thing.find("bndbox").find(tag).text)
                                          for tag in ("xmin", "ymin", "xmax", "ymax"))
                box = clipped((xmin - 1, ymin - 1, xmax, ymax), size)
                if xmin < xmax and ymin < ymax and box:
                    say(name, "objects", "box", "pos", thing.find("name").text, box)
                else:
                    is_complete = False
        if is_complete:
            say(name, "objects", "image", "exhaustive", "*")
    for path in sorted(folder.glob("ImageSets/Main/*_*.txt")):
        for line in path.read_text().splitlines():
            stem, sign = line.split()
            kind = {"1": "pos", "-1": "neg", "0": "unknown"}[sign]
            say(picture(photos[stem]), "class_lists", "image", kind, path.stem.rsplit("_", 1)[0])


def cvat(folder):
    for path in pictures_below(folder):
        picture(path)
    for path in sorted(folder.rglob("*.xml")):
        root = ElementTree.parse(path).getroot()
        shown = [(image.get("name"), image.get("subset") or "", shape, shape.get("label"))
                 for image in root.findall("image") for shape in image]
        shown += [(f"frame_{int(shape.get('frame')):06d}.png", "", shape, track.get("label"))
                  for track in root.findall("track") for shape in track if shape.get("outside") == "0"]
        for file, subset, shape, label in shown:
            where = path.parent / "images" / subset / file
            name, text = picture(where), label or "*"
            size = size_of(where)
            if shape.tag == "box":
                box = clipped([float(shape.get(side)) for side in ("xtl", "ytl", "xbr", "ybr")], size)
                say(name, "shapes", "box", "pos", text, box)
            elif shape.tag == "points":
                for point in shape.get("points").split(";"):
                    x, y = map(float, point.split(","))
                    if 0 <= x <= size[0] and 0 <= y <= size[1]:
                        say(name, "shapes", "point", "pos", text, point)
            else:
                scope = {"polyline": "scribble", "polygon": "mask"}[shape.tag]
                say(name, "shapes", scope, "pos", text, shape.get("points"))


def yolo(folder):
    names = [line for path in folder.glob("obj.names") for line in path.read_text().split()]
    for path in pictures_below(folder):
        name = picture(path)
        swapped = {"images": "labels", "Images": "Annotations"}
        beside = pathlib.Path(*(swapped.get(part, part) for part in path.parts)).with_suffix(".txt")
        if not beside.exists():
            continue
        say(name, "objects", "image", "exhaustive", "*")
        for line in beside.read_text().splitlines():
            row = line.split()
            number = int(row[0])
            say(name, "objects", "box", "pos", names[number] if names else f"class {number}", tuple(row[1:]))


def labelme(folder):
    for path in sorted(folder.glob("Annotations/**/*.xml")):
        inside = path.parent.relative_to(folder / "Annotations")
        root = ElementTree.parse(path).getroot()
        name = picture(folder / "Images" / inside / root.find("filename").text)
        for thing in root.iter("object"):
            text = thing.find("name").text
            if thing.find("deleted").text == "1":
                continue
            if thing.find("segm") is None:
                corners = tuple(node.text for point in thing.iter("pt") for node in point)
                scope = "box" if thing.findtext("type") == "bounding_box" else "mask"
                say(name, "regions", scope, "pos", text, corners)
                continue
            mask = folder / "Masks" / inside / thing.find("segm/mask").text
            say(name, "regions", "mask", "pos", text, mask.name, nonzero_in(mask))
            for scribble in thing.findall("segm/scribbles/scribble_name"):
                for y, row in enumerate(pixels_of(folder / "Scribbles" / inside / scribble.text)):
                    painted = "".join("01"[is_nonzero(value)] for value in row)
                    for run in re.finditer("1+", painted):
                        say(name, "regions", "scribble", "pos", text, (y, run.span()))


def meaning_in(folder):
    """value or colour -> text, the background left out; None where nothing says so."""
    if (folder / "labelmap.csv").exists():
        rows = list(csv.DictReader((folder / "labelmap.csv").open()))
        return {value: row["name"] for value, row in enumerate(rows) if row["name"] != "background"}
    if (folder / "dataset_meta.json").exists():
        meta = json.loads((folder / "dataset_meta.json").read_text())
        return {tuple(colour): text for colour, (number, text) in zip(meta["segmentation_colors"], meta["label_map"].items())
                if number != meta["background_label"]}
    return None


def masks(folder, foreground=None):
    images, labels = next((a, b) for a, b in (("images", "masks"), ("image", "label")) if (folder / a).exists())
    meaning = meaning_in(folder)
    for path in pictures_below(folder / images):
        name = picture(path)
        label = folder / labels / path.name.replace("image_", "gt_")
        say(name, "masks", "image", "exhaustive", "*")
        rows = [list(row) for row in pixels_of(label)]
        values = collections.Counter(value for row in rows for value in row)
        if meaning is None:
            area = values[int(foreground)] if foreground else sum(n for value, n in values.items() if value)
            say(name, "masks", "mask", "pos", "*", label.read_bytes(), area)
            continue
        for value, area in values.items():
            if value in meaning:
                covered = tuple((x, y) for y, row in enumerate(rows) for x, one in enumerate(row) if one == value)
                say(name, "masks", "mask", "pos", meaning[value], covered, area)


def nuclei(folder):
    for path in sorted(folder.glob("*/images/*.png")):
        name = picture(path)
        say(name, "masks", "image", "exhaustive", "*")
        for mask in sorted((path.parent.parent / "masks").glob("*.png")):
            say(name, "masks", "mask", "pos", "nucleus", zlib.crc32(b"".join(map(bytes, pixels_of(mask)))), nonzero_in(mask))


def mvtec(folder):
    for category in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in pictures_below(category):
            if path.parent.parent.name == "ground_truth":
                continue
            name, text = picture(path), path.parent.name.replace("_", " ")
            say(name, "categories", "image", "pos", category.name.replace("_", " "))
            say(name, "defects", "image", "pos", text)
            mask = category / "ground_truth" / path.parent.name / f"{path.stem}_mask.png"
            if mask.exists():
                say(name, "defects", "image", "exhaustive", text)
                say(name, "defects", "mask", "pos", text, mask.name, nonzero_in(mask))


def pairs(folder, names="open,short,mousebite,spur,copper,pin-hole"):
    names = names.split(",")
    for path in sorted(folder.rglob("*_test.jpg")):
        tested, template = picture(path), picture(path.with_name(path.name.replace("_test", "_temp")))
        say(tested, "pairs", "pair", "pos", "defect-free template", template)
        say(tested, "defects", "image", "exhaustive", "*")
        for text in names + ["*"]:
            say(template, "defects", "image", "neg", text)
        boxes = path.parent.with_name(path.parent.name + "_not") / path.name.replace("_test.jpg", ".txt")
        for line in boxes.read_text().splitlines():
            *box, kind = map(int, line.split())
            say(tested, "defects", "box", "pos", names[kind - 1], tuple(box))


def main():
    given = dict(word.split("=", 1) for word in sys.argv[3:])
    {"voc": voc, "cvat": cvat, "yolo": yolo, "labelme": labelme, "masks": masks, "nuclei": nuclei, "mvtec": mvtec,
     "pairs": pairs}[sys.argv[1]](pathlib.Path(sys.argv[2]), **given)
    COUNTS["images"] = len(IMAGES)
    for name, count in sorted(COUNTS.items()):
        print(f"{name}\t{count}")


if __name__ == "__main__":
    main()
