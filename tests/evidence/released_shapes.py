#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""open_clip's side of contrastive.1.
   released_shapes.py make FOLDER IMAGE ...   models of released sizes, filled by counters: names, features, pixels
   released_shapes.py check FOLDER            reads the weights that weft wrote, strictly, and compares every bit"""
import json
import sys
from pathlib import Path

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors.torch import load_file, save_file

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "golden"))
import counter_fill  # noqa: E402

MODELS = {"vit_b_32": "ViT-B-32", "vit_b_16": "ViT-B-16", "vit_b_16_quickgelu": "ViT-B-16-quickgelu", "siglip_b_16": "ViT-B-16-SigLIP"}
TEXTS = ["a photo of a cat", "blood cells under a microscope", "not a polyp", "chest x-ray: no pleural effusion",
         "an electron micrograph of a membrane, 512 pixels wide", "a"]


def tokens(model):
    if isinstance(model, open_clip.CLIP):
        return open_clip.tokenizer.SimpleTokenizer()(TEXTS)
    # SigLIP's vocabulary cannot be had here: made-up ids, end 1, padded with 1.
    ids = (counter_fill.bits("texts", len(TEXTS) * 64) % np.uint64(31998)).astype(np.int64).reshape(-1, 64) + 2
    for row, length in zip(ids, (3, 7, 12, 20, 40, 63)):
        row[length:] = 1
    return torch.from_numpy(ids)


def view(path, transforms):
    """What the network sees before tensor and normalisation, u8 [3, S, S]."""
    image = Image.open(path)
    for step in transforms[:-2]:
        image = step(image)
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))


def build(name):
    model = open_clip.create_model(name, pretrained=None).eval()
    counter_fill.fill(model)
    return model


@torch.no_grad()
def make(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for ours, name in MODELS.items():
        model = build(name)
        cfg = PreprocessCfg(**open_clip.get_model_preprocess_cfg(model))
        if "SigLIP" in name:  # as the hub's config of the released model says
            cfg = PreprocessCfg(size=224, mean=(0.5,) * 3, std=(0.5,) * 3, interpolation="bicubic", resize_mode="squash")
        preprocess = image_transform_v2(cfg, is_train=False)
        ids = tokens(model)
        images = torch.stack([preprocess(Image.open(file)) for file in files])
        save_file({
            "pixels": torch.from_numpy(np.stack([view(file, preprocess.transforms) for file in files])),
            "ids": ids,
            "image": F.normalize(model.encode_image(images), dim=-1),
            "text": F.normalize(model.encode_text(ids), dim=-1),
        }, folder / f"{ours}.safetensors")
        shapes = {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
        (folder / f"{ours}.json").write_text(json.dumps({"open_clip": name, "shapes": shapes, "files": [str(file) for file in files]}))
        print(f"{name}: {len(shapes)} tensors, features of {len(files)} images and {len(ids)} texts", flush=True)


def check(folder):
    bad = 0
    for ours, name in MODELS.items():
        model = open_clip.create_model(name, pretrained=None)
        model.load_state_dict(load_file(folder / f"{ours}.weft.safetensors"), strict=True)
        wrong = [key for key, tensor in model.state_dict().items()
                 if not np.array_equal(tensor.numpy(), counter_fill.values(key, tuple(tensor.shape)))]
        print(f"{name} reads weft's file: {len(wrong)} tensors differ", flush=True)
        bad += len(wrong)
    return bad > 0


if __name__ == "__main__":
    if sys.argv[1] == "check":
        sys.exit(check(Path(sys.argv[2])))
    make(Path(sys.argv[2]), [Path(file) for file in sys.argv[3:]])
