#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""segment-anything's side of segmenter_bench: segmenter_bench.py IMAGES MASKS THREADS [bf16] times the tiny model's image encoder
and its decoder rounds, forward and backward, image by image as Sam.forward calls it (loop), and with the repetition of
images done outside so that all prompts are one batch (batched)."""
import sys
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "evidence"))
import sam_parity  # noqa: E402


def best_of(runs, body):
    took = []
    for _ in range(runs + 1):
        begin = time.perf_counter()
        body()
        took.append(time.perf_counter() - begin)
    return 1e3 * min(took[1:])


def loop(sam, features, points, mask, multimask):
    per, low, iou = len(points[0]) // len(features), [], []
    for i, each in enumerate(features):
        s = slice(i * per, (i + 1) * per)
        sparse, dense = sam.prompt_encoder(points=(points[0][s], points[1][s]), boxes=None, masks=None if mask is None else mask[s])
        found = sam.mask_decoder(image_embeddings=each[None], image_pe=sam.prompt_encoder.get_dense_pe(), sparse_prompt_embeddings=sparse,
                                 dense_prompt_embeddings=dense, multimask_output=multimask)
        low.append(found[0]), iou.append(found[1])
    return torch.cat(low), torch.cat(iou)


def batched(sam, features, points, mask, multimask):
    d, place = sam.mask_decoder, sam.prompt_encoder.get_dense_pe()
    sparse, dense = sam.prompt_encoder(points=points, boxes=None, masks=mask)
    p = len(sparse)
    tokens = torch.cat([torch.cat([d.iou_token.weight, d.mask_tokens.weight])[None].expand(p, -1, -1), sparse], 1)
    image = features.repeat_interleave(p // len(features), 0) + dense
    seen, image = d.transformer(image, place.expand(p, -1, -1, -1), tokens)
    wide = d.output_upscaling(image.transpose(1, 2).reshape(p, -1, *features.shape[2:]))
    keep = range(1, 4) if multimask else range(1)
    weights = torch.stack([d.output_hypernetworks_mlps[k](seen[:, 1 + k]) for k in keep], 1)
    return (weights @ wide.flatten(2)).unflatten(2, wide.shape[2:]), d.iou_prediction_head(seen[:, 0])[:, list(keep)]


def main(images, masks, threads, narrow):
    torch.set_num_threads(threads)
    sam = sam_parity.build("tiny")
    pixels = torch.randint(0, 255, (images, 3, 256, 256)).float()
    context = torch.autocast("cpu", torch.bfloat16, enabled=narrow)

    def encode():
        with context:
            return sam.image_encoder((pixels - sam.pixel_mean) / sam.pixel_std)

    encoder = best_of(5, lambda: encode().float().square().sum().backward())
    features, p = encode().detach().requires_grad_(True), images * masks
    for name, way in (("loop", loop), ("batched", batched)):
        took = []
        for clicks, mask, multimask in ((1, None, True), (2, torch.rand(p, 1, 64, 64) * 10 - 5, False)):
            points = torch.rand(p, clicks, 2) * 256, torch.ones(p, clicks, dtype=torch.int)

            def step():
                with context:
                    low, iou = way(sam, features, points, mask, multimask)
                (low.float().square().sum() + iou.float().sum()).backward()

            took.append(best_of(9, step))
        print(f"segment-anything tiny {'bf16' if narrow else 'fp32'} {name}, {images} images x {masks} masks, {threads} threads, forward and backward: "
              f"encoder {encoder:.1f} ms, first round {took[0]:.1f} ms, later round {took[1]:.1f} ms")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), len(sys.argv) > 4)
