# SPDX-License-Identifier: Apache-2.0
"""What a table says, counted by nothing but Python's own csv, json and tarfile: the importers must find the same.

    counts_tables.py csv TABLE IMAGES [separator=S] [columns=A,B,...] [box=xyxy|xywh] [columns_are_classes=yes]
    counts_tables.py imagenet_list FOLDER | openimages FOLDER | webdataset FOLDER | chexpert TABLE | nih TABLE

A line per count: "images N", then "LAYER SCOPE KIND TEXT N" in order; boxes and masks have their area (3 digits) behind.
Pictures of equal content are one; the same statement twice is one.  Pictures that are not there are left out.
"""
import csv
import hashlib
import json
import pathlib
import re
import sys
import tarfile
from collections import Counter, defaultdict

import tiny_png


class Said:
    def __init__(self):
        self.images, self.said = set(), set()

    def picture(self, data):
        name = hashlib.sha1(data).hexdigest()
        self.images.add(name)
        return name

    def say(self, picture, layer, scope, kind, text, shape=()):
        self.said.add((layer, scope, kind, text, picture, shape))

    def box(self, picture, layer, text, box, size, note=()):
        x0, y0, x1, y1 = box
        x0, x1 = max(x0, 0), min(x1, size[0])
        y0, y1 = max(y0, 0), min(y1, size[1])
        if x0 < x1 and y0 < y1:
            self.say(picture, layer, "box", "pos", text, (x0, y0, x1, y1) + tuple(note))
            return True
        return False

    def show(self):
        counts, areas = Counter(), defaultdict(float)
        for layer, scope, kind, text, _, shape in self.said:
            counts[layer, scope, kind, text] += 1
            if scope == "box":
                areas[layer, scope, kind, text] += (shape[2] - shape[0]) * (shape[3] - shape[1])
            elif scope == "mask":
                areas[layer, scope, kind, text] += len(shape)
        print("images", len(self.images))
        for row in sorted(counts):
            area = f" {areas[row]:.3f}" if row[1] in ("box", "mask") else ""
            print(*row, str(counts[row]) + area)


def find(folder, name):
    for ending in ("", ".jpg", ".jpeg", ".png"):
        if (folder / (name + ending)).is_file():
            return folder / (name + ending)
    return None


def count_csv(table, images, separator=",", columns="", box="", columns_are_classes=""):
    said, table, images = Said(), pathlib.Path(table), pathlib.Path(images)
    for file in sorted(table.glob("*.csv")) if table.is_dir() else [table]:
        rows = csv.reader(open(file, newline="", encoding="utf-8-sig"), delimiter=separator)
        names = columns.split(",") if columns else next(rows)
        for row in rows:
            row = dict(zip(names, row))
            file = find(images, row[names[0]])
            if not file:
                continue
            data = file.read_bytes()
            picture = said.picture(data)
            label = row.get("label_name", row.get("label", ""))
            if columns_are_classes:
                for name in names[1:]:
                    said.say(picture, "classes", "image", {"1": "pos", "0": "neg"}[row[name]], name)
            elif box:
                at = re.findall(r"[-\d.]+", row["bbox"]) if "bbox" in row else [
                    row[name] for name in names if name != names[0] and not name.startswith("label")]
                x0, y0, x1, y1 = map(float, at)
                if box == "xywh":
                    x1, y1 = x0 + x1, y0 + y1
                said.box(picture, "boxes", label or "*", (x0, y0, x1, y1), tiny_png.size_of(data))
            else:
                said.say(picture, "classes", "image", "pos", label)
    said.show()


def count_imagenet_list(folder):
    said, folder = Said(), pathlib.Path(folder)
    names = (folder / "synsets.txt").read_text().split("\n")
    for line in (folder / "train.txt").read_text().splitlines():
        name, number = line.rsplit(" ", 1)
        if (folder / "images" / name).exists():
            picture = said.picture((folder / "images" / name).read_bytes())
            said.say(picture, "classes", "image", "pos", names[int(number)])
    said.show()


def count_openimages(folder):
    said, folder = Said(), pathlib.Path(folder)
    tables = defaultdict(list)
    for file in sorted((folder / "annotations").glob("*.csv")):
        kind = "names" if "class-descriptions" in file.name else "boxes" if "bbox" in file.name else (
            "masks" if "segmentation" in file.name else "labels" if "imagelabels" in file.name else "other")
        with open(file, newline="") as text:
            tables[kind] += list(csv.reader(text)) if kind == "names" else list(csv.DictReader(text))
    names = {row[0]: row[1] for row in tables["names"] if row[0] != "LabelName"}
    data = {file.stem: file.read_bytes() for file in sorted((folder / "images").rglob("*.*"))}
    pictures = {id: said.picture(content) for id, content in data.items()}
    verified, boxed, partly = set(), set(), set()
    for row in tables["labels"]:
        picture, text = pictures[row["ImageID"]], names[row["LabelName"]]
        if row["Source"] == "machine":
            said.say(picture, "machine_labels", "image", "soft", text)
        else:
            said.say(picture, "human_labels", "image", "pos" if float(row["Confidence"]) else "neg", text)
            if float(row["Confidence"]):
                verified.add((picture, text))
    for row in tables["boxes"]:
        picture, text = pictures[row["ImageID"]], names[row["LabelName"]]
        width, height = tiny_png.size_of(data[row["ImageID"]])
        box = [float(row[edge]) * side for edge, side in
               (("XMin", width), ("YMin", height), ("XMax", width), ("YMax", height))]
        kept = said.box(picture, "boxes", text, box, (width, height))
        boxed.add((picture, text))
        if not kept or row["Source"] == "activemil":
            partly.add((picture, text))
    for row in tables["masks"]:
        picture, text = pictures[row["ImageID"]], names[row["LabelName"]]
        width, height = tiny_png.size_of(data[row["ImageID"]])
        mask = list(tiny_png.pixels_of(next((folder / "masks").rglob(row["MaskPath"])).read_bytes()))
        inside = tuple((x, y) for y in range(height) for x in range(width)
                       if mask[int((y + .5) * len(mask) / height)][int((x + .5) * len(mask[0]) / width)])
        said.say(picture, "masks", "mask", "pos", text, inside)
    for picture, text in (verified & boxed) - partly:
        said.say(picture, "boxes", "image", "exhaustive", text)
    said.show()


def count_webdataset(folder):
    said = Said()
    for shard in sorted(pathlib.Path(folder).glob("*.tar*")):
        samples = defaultdict(dict)
        with tarfile.open(shard) as tar:
            for member in tar.getmembers():
                name, ending = re.fullmatch(r"((?:.*/)?[^/.]*)\.(.*)", member.name).groups()
                samples[name][ending.lower()] = tar.extractfile(member).read()
        for sample in samples.values():
            picture = said.picture(sample["png"])
            if "txt" in sample:
                said.say(picture, "captions", "image", "pos", sample["txt"].decode().strip())
            if "cls" in sample:
                said.say(picture, "classes", "image", "pos", sample["cls"].decode().strip())
            for tag in json.loads(sample.get("json", b"{}")).get("tags", []):
                said.say(picture, "tags", "image", "pos", tag)
    said.show()


CHEXPERT_META = {"Path", "Sex", "Age", "Frontal/Lateral", "AP/PA"}


def count_chexpert(table):
    said, table = Said(), pathlib.Path(table)
    for row in csv.DictReader(open(table, newline="")):
        picture = said.picture((table.parent.parent / row["Path"]).read_bytes())
        for name, value in row.items():
            if name not in CHEXPERT_META and value:
                said.say(picture, "findings", "image", {1: "pos", 0: "neg", -1: "unknown"}[float(value)], name)
    said.show()


def count_nih(table):
    said, table = Said(), pathlib.Path(table)
    for row in csv.DictReader(open(table, newline="")):
        picture = said.picture(next(table.parent.rglob(row["Image Index"])).read_bytes())
        for name in row["Finding Labels"].split("|"):
            said.say(picture, "findings", "image", "pos", name.replace("_", " "))
    said.show()


if __name__ == "__main__":
    options = dict(word.split("=", 1) for word in sys.argv[2:] if "=" in word)
    globals()["count_" + sys.argv[1]](*[word for word in sys.argv[2:] if "=" not in word], **options)
