#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of models/segmenter.cc from segment-anything 1.0: names, shapes and starting laws of two small models,
and, with counter-filled weights (counter_fill.py), their features and what they answer to prompts of every kind; and the
names and answers of transformers' SamModel, filled by its own names.  Of large tensors every STEP-th number is kept.
Writes sam.json beside itself."""
import json
from functools import partial
from pathlib import Path

import torch
import transformers
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

import counter_fill

DRAWS, IMAGES, STEP = 12, 2, 61
CONFIGS = {
    "test": dict(img_size=256, embed_dim=96, depth=4, num_heads=3, window_size=7, global_attn_indexes=(1, 3), out_chans=64),
    "wide": dict(img_size=128, embed_dim=64, depth=2, num_heads=2, window_size=3, global_attn_indexes=(1,), out_chans=128),
}
MLP, HIDDEN = 128, 64
CASES = [  # points with labels, box, mask
    {"points": [[100.0, 37.0]], "labels": [1]},
    {"points": [[3.0, 99.0], [64.5, 12.25], [127.0, 0.0]], "labels": [1, 0, 0]},
    {"box": [10.0, 20.0, 90.5, 77.0]},
    {"points": [[40.0, 41.0], [5.0, 6.0]], "labels": [1, 0], "box": [30.0, 22.0, 100.0, 60.0]},
    {"mask": True},
    {"points": [[88.0, 9.0]], "labels": [0], "mask": True},
    {},
]


def build(config):
    grid, out, size = config["img_size"] // 16, config["out_chans"], config["img_size"]
    return Sam(
        image_encoder=ImageEncoderViT(mlp_ratio=4, norm_layer=partial(torch.nn.LayerNorm, eps=1e-6), qkv_bias=True, use_rel_pos=True,
                                      patch_size=16, **config),
        prompt_encoder=PromptEncoder(embed_dim=out, image_embedding_size=(grid, grid), input_image_size=(size, size), mask_in_chans=16),
        mask_decoder=MaskDecoder(num_multimask_outputs=3, transformer=TwoWayTransformer(depth=2, embedding_dim=out, mlp_dim=MLP, num_heads=8),
                                 transformer_dim=out, iou_head_depth=3, iou_head_hidden_dim=HIDDEN))


def starts(config):
    drawn = {}
    for seed in range(DRAWS):
        torch.manual_seed(seed)
        for name, tensor in build(config).state_dict().items():
            drawn.setdefault(name, []).append(tensor.double().flatten())
    return {name: [torch.cat(all_).mean().item(), torch.cat(all_).std(correction=0).item()] for name, all_ in drawn.items()}


def sampled(tensor):
    return tensor.flatten()[::STEP].tolist()


def answer(sam, features, case, multimask):
    side = sam.prompt_encoder.mask_input_size[0]
    points = (torch.tensor([case["points"]]), torch.tensor([case["labels"]])) if "points" in case else None
    box = torch.tensor([case["box"]]) if "box" in case else None
    mask = torch.from_numpy(8 * counter_fill.values("mask", (1, 1, side, side))) if "mask" in case else None
    sparse, dense = sam.prompt_encoder(points=points, boxes=box, masks=mask)
    low, iou = sam.mask_decoder(image_embeddings=features, image_pe=sam.prompt_encoder.get_dense_pe(),
                                sparse_prompt_embeddings=sparse, dense_prompt_embeddings=dense, multimask_output=multimask)
    return {"sparse": sparse[0].flatten().tolist(), "dense": sampled(dense[0]), "low_res_masks": sampled(low[0]), "iou": iou[0].tolist()}


@torch.no_grad()
def case(config):
    sam = build(config).eval()
    counter_fill.fill(sam)
    pixels = torch.from_numpy(counter_fill.pixels(IMAGES, config["img_size"])).float()
    features = sam.image_encoder((pixels - sam.pixel_mean) / sam.pixel_std)
    parts = {"encoder": sam.image_encoder, "prompts": sam.prompt_encoder, "decoder": sam.mask_decoder}
    return {
        "shapes": {name: list(tensor.shape) for name, tensor in sam.state_dict().items()},
        "counts": {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()},
        "starts": starts(config),
        "features": [sampled(each) for each in features],
        "answers": [{"image": i % IMAGES, "case": each, "three": answer(sam, features[i % IMAGES, None], each, True),
                     "one": answer(sam, features[i % IMAGES, None], each, False)} for i, each in enumerate(CASES)],
    }


@torch.no_grad()
def hugging_face(config):
    side, out = config["img_size"], config["out_chans"]
    model = transformers.SamModel(transformers.SamConfig(
        vision_config=transformers.SamVisionConfig(
            hidden_size=config["embed_dim"], num_hidden_layers=config["depth"], num_attention_heads=config["num_heads"], image_size=side,
            window_size=config["window_size"], global_attn_indexes=list(config["global_attn_indexes"]), output_channels=out,
            mlp_dim=4 * config["embed_dim"], num_pos_feats=out // 2),
        prompt_encoder_config=transformers.SamPromptEncoderConfig(hidden_size=out, image_size=side),
        mask_decoder_config=transformers.SamMaskDecoderConfig(hidden_size=out, mlp_dim=MLP, iou_head_hidden_dim=HIDDEN))).eval()
    counter_fill.fill(model)
    name = "shared_image_embedding.positional_embedding"  # one matrix under two names
    for gaussian in (model.shared_image_embedding.positional_embedding, model.prompt_encoder.shared_embedding.positional_embedding):
        gaussian.copy_(torch.from_numpy(counter_fill.values(name, tuple(gaussian.shape))))
    sam = build(config)
    pixels = (torch.from_numpy(counter_fill.pixels(IMAGES, side)).float() - sam.pixel_mean) / sam.pixel_std
    case = CASES[1]
    found = model(pixel_values=pixels[:1], input_points=torch.tensor([[case["points"]]]), input_labels=torch.tensor([[case["labels"]]]))
    return {"shapes": {name: list(tensor.shape) for name, tensor in model.state_dict().items()},
            "answer": {"image": 0, "case": case, "three": {"low_res_masks": sampled(found.pred_masks), "iou": found.iou_scores.flatten().tolist()}}}


if __name__ == "__main__":
    golden = {"images": IMAGES, "step": STEP} | {name: case(config) for name, config in CONFIGS.items()} | {"hugging_face": hugging_face(CONFIGS["wide"])}
    Path(__file__).with_name("sam.json").write_text(json.dumps(golden) + "\n")
