# SPDX-License-Identifier: Apache-2.0
# Writes nnunet.json: small raw datasets of nnU-Net 2 and what weft is to find in them.
#   python make_nnunet.py > nnunet.json          (nibabel, NumPy, Pillow; beside make_nifti.py)
# files: path to hex.  cases: shape (slices, channels, rows, columns), sums of each channel's values, and of each mask
# (slice, class, kind) its area and the sums of its pixels' x and y.
import gzip
import io
import json

import nibabel as nib
import numpy as np
from PIL import Image

from make_nifti import affine_of, shown, varied

SHAPE = (6, 5, 4)


def nifti(data, axes, tilt=0.1):
    image = nib.Nifti1Image(data, affine_of(axes, tilt=tilt))
    image.header.set_data_dtype(data.dtype)
    return image, gzip.compress(image.to_bytes(), 9, mtime=0).hex()


def png(data):
    stream = io.BytesIO()
    Image.fromarray(data).save(stream, "PNG")
    return stream.getvalue().hex()


def masks_of(slices, classes):
    """slices: (slice, row, column) of numbers; classes: name to (numbers, kind)."""
    found = []
    for z, plane in enumerate(slices):
        for name, (numbers, kind) in classes.items():
            y, x = np.nonzero(np.isin(plane, numbers))
            if len(x):
                found.append([z, name, kind, len(x), int(x.sum()), int(y.sum())])
    return found


def labels_of(shape, count, seed):
    return ((np.arange(np.prod(shape)) * 7919 + seed) % 31 % count).reshape(shape).astype(np.uint8)


def volumes():
    classes = {"liver": ([1, 2], "pos"), "tumour": ([2], "pos"), "*": ([3], "unknown")}
    files = {"dataset.json": json.dumps({
        "channel_names": {"0": "CT", "1": "PET"}, "numTraining": 2, "file_ending": ".nii.gz",
        "labels": {"background": 0, "liver": [1, 2], "tumour": 2, "ignore": 3}, "regions_class_order": [1, 2],
    }).encode().hex()}
    cases = {}
    for folder, name, axes in [("Tr", "case_a", "LPS"), ("Tr", "case_b", "PSL"), ("Ts", "case_c", "RAS")]:
        channels, sums = [], []
        for i, dtype in enumerate(("i2", "f4")):
            image, files[f"images{folder}/{name}_000{i}.nii.gz"] = nifti(varied(dtype, 120).reshape(SHAPE), axes)
            channels.append(shown(image, np.asarray(image.dataobj).astype(float), "3")[0])
            sums.append(float(channels[-1].astype("f4").astype(float).sum()))
        z, y, x = channels[0].shape
        case = {"shape": [z, 2, y, x], "sums": sums, "split": "train" if folder == "Tr" else "test", "masks": None}
        if folder == "Tr":
            image, files[f"labelsTr/{name}.nii.gz"] = nifti(labels_of(SHAPE, 4, len(cases)), axes)
            case["masks"] = masks_of(shown(image, np.asarray(image.dataobj), "3")[0], classes)
        cases[f"images{folder}/{name}"] = case
    return {"name": "volumes", "classes": ["liver", "tumour"], "files": files, "cases": cases}


def pictures(channels):
    classes = {"road": ([1], "pos"), "roof": ([2], "pos")}
    names = ["red", "green", "blue"] if channels == "colour" else [f"band {i}" for i in range(channels)]
    files = {"dataset.json": json.dumps({
        "channel_names": {str(i): name for i, name in enumerate(names)}, "numTraining": 2, "file_ending": ".png",
        "labels": {"background": 0, "road": 1, "roof": 2}}).encode().hex()}
    cases = {}
    for n in range(2):
        data = varied("u1", 7 * 8 * 3).reshape(7, 8, 3) + np.uint8(n)
        if channels == "colour":
            files[f"imagesTr/p{n}_0000.png"] = png(data)
            sums = data.astype(float).sum((0, 1)).tolist()
        else:
            for i in range(channels):
                files[f"imagesTr/p{n}_000{i}.png"] = png(data[..., i])
            sums = data[..., :channels].astype(float).sum((0, 1)).tolist()
            sums = sums * 3 if channels == 1 else sums  # a grey PNG decodes to three equal channels
        label = labels_of((7, 8), 3, n)
        files[f"labelsTr/p{n}.png"] = png(label)
        cases[f"imagesTr/p{n}"] = {"shape": [1, len(sums), 7, 8], "sums": sums, "split": None,
                                   "masks": masks_of(label[None], classes)}
    return {"name": f"pictures of {channels} channels", "classes": ["road", "roof"], "files": files, "cases": cases}


print("[\n" + ",\n".join(json.dumps(one, separators=(",", ":"))
                         for one in (volumes(), pictures(1), pictures(2), pictures("colour"))) + "\n]")
