# SPDX-License-Identifier: Apache-2.0
# A dataset of version 1 as docs/FORMATS.md described it, written by the Python packages h5py (3.x) and xxhash, so that
# what people imported then still opens: python make_dataset_v1.py.  Chunks are 4 KiB instead of 4 MiB to keep it small.
# tests/data/store_versions_test.cc knows its content: two grey PNGs, a split, two statements.
import json
import pathlib
import struct
import zlib

import h5py
import numpy as np
import xxhash
from crc32c import crc32c

FOLDER = pathlib.Path(__file__).with_name("dataset_v1")
CHUNK = 4096


def png(width, height, shade):
    def part(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\0" + bytes([shade] * width) for _ in range(height))
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", header) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


def strings(file, name, texts):
    encoded = [text.encode() for text in texts]
    file[name + "_ptr"] = np.cumsum([0] + [len(text) for text in encoded]).astype("<u8")
    file[name + "_blob"] = np.frombuffer(b"".join(encoded), "u1")


def mark(file, name):
    file.attrs.create("format", np.bytes_(name))
    file.attrs.create("version", 1, dtype="<u4")


def entry(path, **more):
    data = path.read_bytes()
    return {"file": path.name, **more, "bytes": len(data), "xxh3": xxhash.xxh3_64_hexdigest(data)}


SAMPLES = [("a.png", "pets", png(5, 4, 10)), ("b.png", "birds", png(3, 7, 200))]
UIDS = [xxhash.xxh3_128_intdigest(content) for _, _, content in SAMPLES]
(FOLDER / "evidence/tags").mkdir(parents=True, exist_ok=True)

shard = FOLDER / "images-00000.h5"
with h5py.File(shard, "w") as file:
    mark(file, "weft.images")
    blob = b"".join(content for _, _, content in SAMPLES)
    file.create_dataset("blob", data=np.frombuffer(blob, "u1"), chunks=(CHUNK,), maxshape=(None,), fletcher32=True)
    sizes = [len(content) for _, _, content in SAMPLES]
    file["index/offset"] = np.array([0, sizes[0]], "<u8")
    file["index/bytes"] = np.array(sizes, "<u4")
    file["index/width"], file["index/height"] = np.array([5, 3], "<u4"), np.array([4, 7], "<u4")
    file["index/channels"], file["index/codec"] = np.array([1, 1], "u1"), np.array([2, 2], "u1")
    file["index/crc"] = np.array([crc32c(content) for _, _, content in SAMPLES], "<u4")
    file["index/uid_high"] = np.array([uid >> 64 for uid in UIDS], "<u8")
    file["index/uid_low"] = np.array([uid & 2**64 - 1 for uid in UIDS], "<u8")
    strings(file, "index/key", [key for key, _, _ in SAMPLES])
    strings(file, "index/group", [group for _, group, _ in SAMPLES])

part = FOLDER / "evidence/tags/part-0.h5"
said = sorted([(UIDS[0], 0, 0, 1.0), (UIDS[1], 1, 3, 0.75)])  # uid, row, kind (pos, soft), confidence
with h5py.File(part, "w") as file:
    mark(file, "weft.evidence")
    strings(file, "vocabulary/text", ["dog", "bird"])
    file["records/item_high"] = np.array([uid >> 64 for uid, *_ in said], "<u8")
    file["records/item_low"] = np.array([uid & 2**64 - 1 for uid, *_ in said], "<u8")
    for name in ("scope", "region"):
        file["records/" + name] = np.zeros(2, "u1")
    file["records/concept_row"] = np.array([row for _, row, _, _ in said], "<u4")
    file["records/kind"] = np.array([kind for _, _, kind, _ in said], "u1")
    file["records/confidence"] = np.array([confidence for *_, confidence in said], "<f4")
    file["records/geometry_ptr"], file["records/geometry_blob"] = np.zeros(3, "<u8"), np.zeros(0, "u1")

layer = {"format": "weft.evidence", "version": 1, "name": "tags", "records": 2, "parts": [entry(part, records=2)]}
(FOLDER / "evidence/tags/layer.json").write_text(json.dumps(layer, indent=2) + "\n")
manifest = {
    "format": "weft.dataset",
    "version": 1,
    "name": "golden",
    "licence": "CC0",
    "samples": 2,
    "shards": [entry(shard, samples=2)],
    "layers": [{"name": "tags", "records": 2}],
    "splits": {"held_back": ["birds"]},
    "subsets": {"gallery": [f"{UIDS[0]:032x}"]},
    "tokenizer": None,
}
(FOLDER / "dataset.json").write_text(json.dumps(manifest, indent=2) + "\n")
