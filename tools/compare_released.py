#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares released weights between open_clip and weft: features of images and texts within 1e-4 in fp32.
Run it in a Python with open_clip_torch, where the weights can be downloaded.  Where weft was written they cannot, and this
script has not been run.  It needs the program released_shapes of a built tree.
   compare_released.py BUILD_FOLDER MODEL PRETRAINED IMAGE ...
   compare_released.py build/ci ViT-B-16 laion2b_s34b_b88k a.jpg b.png
Texts are read by open_clip's tokenizer and pixels prepared by its transform, so that what is compared is the towers."""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import open_clip
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

SIZES = {"ViT-B-32": "vit_b_32", "ViT-B-16": "vit_b_16", "ViT-L-14": "vit_l_14", "ViT-B-16-SigLIP": "siglip_b_16"}
TEXTS = ["a photo of a cat", "a photo of a dog", "a diagram", "blood cells under a microscope"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("model", choices=[name + end for name in SIZES for end in ("", "-quickgelu")])
    parser.add_argument("pretrained", help="a tag of open_clip.list_pretrained(), a file, or \"\" for random weights")
    parser.add_argument("images", nargs="+", type=Path)
    given = parser.parse_args()
    model, _, preprocess = open_clip.create_model_and_transforms(given.model, pretrained=given.pretrained or None, force_quick_gelu=given.model.endswith("quickgelu"))
    model.eval()
    views = []
    for file in given.images:
        image = Image.open(file)
        for step in preprocess.transforms[:-2]:  # before tensor and normalisation
            image = step(image)
        views.append(np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1)))
    ids = open_clip.get_tokenizer(given.model)(TEXTS) if given.pretrained or "SigLIP" not in given.model else torch.randint(2, 32000, (4, 64))
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        name = SIZES[given.model.removesuffix("-quickgelu")] + ("_quickgelu" if given.model.endswith("-quickgelu") else "")
        work = Path(folder)
        save_file({
            "pixels": torch.from_numpy(np.stack(views)), "ids": ids,
            "image": F.normalize(model.encode_image(torch.stack([preprocess(Image.open(file)) for file in given.images])), dim=-1),
            "text": F.normalize(model.encode_text(ids), dim=-1),
        }, work / f"{name}.safetensors")
        state = {key: tensor.contiguous() for key, tensor in model.state_dict().items()}
        save_file(state, work / f"{name}.weights")
        shapes = {key: list(tensor.shape) for key, tensor in state.items()}
        (work / f"{name}.json").write_text(json.dumps({"open_clip": given.model, "shapes": shapes}))
        raise SystemExit(subprocess.run([given.build / "tests/evidence/released_shapes", work]).returncode)


if __name__ == "__main__":
    main()
