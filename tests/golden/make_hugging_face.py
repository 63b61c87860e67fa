#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of models/naming.cc from transformers 5: names and shapes of small CLIPModel and SiglipModel, and their
features with weights filled by their own names (counter_fill.py).  Needs torch and transformers.  Writes
hugging_face.json beside itself."""
import json
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel

import counter_fill

IMAGES, SIDE = 2, 16
TEXTS = [[38, 3, 39], [38, 5, 7, 11, 39], [38, 1, 2, 3, 4, 5, 6, 39]]
PADDED = [[3, 2, 1, 1, 1, 1, 1, 1], [5, 7, 11, 2, 1, 1, 1, 1], [9, 1, 2, 3, 4, 5, 6, 2]]

TEXT = dict(vocab_size=40, hidden_size=32, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2, max_position_embeddings=8,
            hidden_act="gelu", bos_token_id=38, eos_token_id=39, pad_token_id=0)
VISION = dict(hidden_size=32, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2, image_size=SIDE, patch_size=8, hidden_act="gelu")


def rows(found):
    found = found if torch.is_tensor(found) else found.pooler_output
    return F.normalize(found, dim=-1).tolist()


@torch.no_grad()
def case(model, mean, std, ids):
    model = model.eval()
    counter_fill.fill(model)
    pixels = torch.from_numpy(counter_fill.pixels(IMAGES, SIDE)).float() / 255
    pixels = (pixels - torch.tensor(mean).view(1, 3, 1, 1)) / torch.tensor(std).view(1, 3, 1, 1)
    return {
        "shapes": {name: list(tensor.shape) for name, tensor in model.state_dict().items()},
        "image": rows(model.get_image_features(pixel_values=pixels)),
        "text": rows(model.get_text_features(input_ids=torch.tensor(ids))),
    }


MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
golden = {
    "texts": TEXTS, "padded": PADDED,
    "clip": case(CLIPModel(CLIPConfig(text_config=TEXT, vision_config=VISION, projection_dim=24)), MEAN, STD,
                 [text + [0] * (8 - len(text)) for text in TEXTS]),
    "siglip": case(SiglipModel(SiglipConfig(text_config={**TEXT, "layer_norm_eps": 1e-6, "projection_size": 32},
                                            vision_config={**VISION, "layer_norm_eps": 1e-6})), (0.5,) * 3, (0.5,) * 3, PADDED),
}
Path(__file__).with_name("hugging_face.json").write_text(json.dumps(golden) + "\n")
