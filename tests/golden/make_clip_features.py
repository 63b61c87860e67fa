#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of models/two_tower.cc and models/pretrained.cc from open_clip and timm: names, shapes and starting
laws of small CLIP and SigLIP models, their features with counter-filled weights (counter_fill.py), and resized position
embeddings.  Needs open_clip_torch and timm.  Writes clip_features.json beside itself."""
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
import torch.nn.functional as F
from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg, resize_pos_embed, resize_text_pos_embed
from open_clip.transformer import LayerNorm, TextTransformer
from timm.models.vision_transformer import VisionTransformer

import counter_fill

IMAGES, SIDE, DRAWS = 2, 16, 40
TEXTS = [[38, 3, 39], [38, 5, 7, 11, 39], [38, 1, 2, 3, 4, 5, 6, 39]]  # CLIP: start, ids, end (the highest id)
PADDED = [[3, 2, 1, 1, 1, 1, 1, 1], [5, 7, 11, 2, 1, 1, 1, 1], [9, 1, 2, 3, 4, 5, 6, 2]]  # SigLIP: ids, end 2, pad 1


def clip(quick_gelu=False):
    vision = CLIPVisionCfg(layers=2, width=32, head_width=16, patch_size=8, image_size=SIDE)
    text = CLIPTextCfg(context_length=8, vocab_size=40, width=32, heads=2, layers=2)
    return CLIP(24, vision, text, quick_gelu=quick_gelu)


class SigLip(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.visual = torch.nn.Module()
        self.visual.trunk = VisionTransformer(img_size=SIDE, patch_size=8, embed_dim=32, depth=2, num_heads=2, class_token=False,
                                              global_pool="map", num_classes=0)
        self.text = TextTransformer(8, 40, 32, 2, 2, output_dim=32, no_causal_mask=True, proj_bias=True, pool_type="last",
                                    norm_layer=lambda width: LayerNorm(width, eps=1e-6))
        self.logit_scale = torch.nn.Parameter(torch.tensor(np.log(10), dtype=torch.float32))
        self.logit_bias = torch.nn.Parameter(torch.tensor(-10.0))

    def encode_image(self, pixels):
        return self.visual.trunk(pixels)

    def encode_text(self, ids):
        return self.text(ids)


def starts(build):
    """Mean and standard deviation of every tensor over many starts."""
    drawn = {}
    for seed in range(DRAWS):
        torch.manual_seed(seed)
        for name, tensor in build().state_dict().items():
            drawn.setdefault(name, []).append(tensor.double().numpy().ravel())
    return {name: [float(np.mean(all_)), float(np.std(all_))] for name, all_ in drawn.items()}


@torch.no_grad()
def case(build, mean, std, ids):
    model = build().eval()
    counter_fill.fill(model)
    pixels = torch.from_numpy(counter_fill.pixels(IMAGES, SIDE)).float() / 255
    pixels = (pixels - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
    return {
        "shapes": {name: list(tensor.shape) for name, tensor in model.state_dict().items()},
        "starts": starts(build),
        "image": F.normalize(model.encode_image(pixels), dim=-1).tolist(),
        "text": F.normalize(model.encode_text(torch.tensor(ids)), dim=-1).tolist(),
    }


def resized(name, rows, to, width=4):
    table = torch.from_numpy(counter_fill.values(name, (rows, width)))
    state = {name: table}
    side = int((to - 1) ** 0.5)
    if name.startswith("visual."):
        resize_pos_embed(state, SimpleNamespace(visual=SimpleNamespace(grid_size=(side, side))))
    else:
        resize_text_pos_embed(state, SimpleNamespace(positional_embedding=torch.empty(to, width)))
    return {"name": name, "from": [rows, width], "to": [to, width], "values": state[name].tolist()}


MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
padded = [text + [0] * (8 - len(text)) for text in TEXTS]
golden = {
    "images": IMAGES, "texts": TEXTS, "padded": PADDED,
    "clip": case(clip, MEAN, STD, padded),
    "quick_gelu": case(lambda: clip(True), MEAN, STD, padded),
    "siglip": case(SigLip, (0.5,) * 3, (0.5,) * 3, PADDED),
    "resized": [resized("visual.positional_embedding", 1 + 9, 1 + 25), resized("visual.positional_embedding", 1 + 49, 1 + 9),
                resized("positional_embedding", 8, 13), resized("positional_embedding", 13, 8)],
}
del golden["quick_gelu"]["starts"], golden["quick_gelu"]["shapes"]
Path(__file__).with_name("clip_features.json").write_text(json.dumps(golden) + "\n")
