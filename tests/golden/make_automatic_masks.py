#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of models/automatic_masks.cc from segment-anything 1.0's SamAutomaticMaskGenerator over a made-up decoder, so that
both sides have the same scores: of a click at (x, y), in quarters of a view's pixel, answer m has the logits
  (r^2 - (X - x)^2 - (Y - y)^2) / 4 at the low-resolution pixel (X, Y), less 16 within 1 of (x + 2, y),
with r = 3 + 2 m + ((3 i + m) mod 4), i the click's place in its batch, and the score 0.8 + ((7 i + 5 m) mod 16) / 64.
Every number has a short binary fraction where it can.  Writes automatic_masks.json beside itself."""
import json
from pathlib import Path

import numpy as np
import torch
from segment_anything import SamAutomaticMaskGenerator

import make_sam

CASES = [
    {"width": 150, "height": 100, "points_per_side": 8, "points_per_batch": 64, "pred_iou_thresh": 0.88, "stability_score_thresh": 0.7,
     "crop_n_layers": 0, "crop_n_points_downscale_factor": 1, "min_mask_region_area": 0},
    {"width": 430, "height": 300, "points_per_side": 6, "points_per_batch": 10, "pred_iou_thresh": 0.85, "stability_score_thresh": 0.5,
     "crop_n_layers": 1, "crop_n_points_downscale_factor": 2, "min_mask_region_area": 0},
    {"width": 390, "height": 531, "points_per_side": 4, "points_per_batch": 20, "pred_iou_thresh": 0.8, "stability_score_thresh": 0.6,
     "crop_n_layers": 2, "crop_n_points_downscale_factor": 1, "min_mask_region_area": 300},
]


class Encoder(torch.nn.Module):
    img_size = 128

    def forward(self, pixels):
        return torch.zeros(len(pixels), 128, 8, 8)


class Decoder(torch.nn.Module):
    def forward(self, image_embeddings, image_pe, sparse_prompt_embeddings, dense_prompt_embeddings, multimask_output):
        x, y = (sparse_prompt_embeddings[:, 0, :2] / 4).float().unbind(1)
        i, m = torch.arange(len(x))[:, None], torch.arange(3)[None]
        r = (3 + 2 * m + (3 * i + m) % 4).float()[..., None, None]
        dx, dy = torch.arange(32.0)[None] - x[:, None], torch.arange(32.0)[None] - y[:, None]
        d = (dy * dy)[:, :, None] + (dx * dx)[:, None, :]
        inner = (dx[:, None, :] - 2).abs().le(1) & dy[:, :, None].abs().le(1)
        logits = (r * r - d[:, None]) / 4 - 16 * inner[:, None]
        return logits, 0.8 + ((7 * i + 5 * m) % 16) / 64


class Prompts(torch.nn.Module):
    mask_input_size = (32, 32)

    def forward(self, points, boxes, masks):
        return points[0].float(), None

    def get_dense_pe(self):
        return None


def case(given):
    sam = make_sam.build(make_sam.CONFIGS["wide"]).eval()
    sam.image_encoder, sam.mask_decoder, sam.prompt_encoder = Encoder(), Decoder(), Prompts()
    options = {key: value for key, value in given.items() if key not in ("width", "height")}
    found = SamAutomaticMaskGenerator(sam, output_mode="coco_rle", **options).generate(np.zeros((given["height"], given["width"], 3), np.uint8))
    return given | {"masks": [{"counts": mask["segmentation"]["counts"], "bbox": mask["bbox"], "area": mask["area"], "predicted_iou": mask["predicted_iou"],
                               "stability_score": mask["stability_score"], "point": mask["point_coords"][0], "crop_box": mask["crop_box"]}
                              for mask in found]}


if __name__ == "__main__":
    Path(__file__).with_name("automatic_masks.json").write_text(json.dumps({"cases": [case(each) for each in CASES]}) + "\n")
