#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Row contrastive.2, open_clip's side: open_clip_losses.py FOLDER
Features drawn at random, and of ClipLoss and SigLipLoss in one process the loss and the gradients of what features,
log scale and bias were before normalising and exp, in f64; prints how far its own f32 is from that."""
import json, math, sys
from pathlib import Path

import torch
from open_clip.loss import ClipLoss, SigLipLoss
from safetensors.torch import save_file

folder = Path(sys.argv[1])
cases = []
torch.manual_seed(7)


def judge(loss, images, texts, log_scale, bias, dtype):
    leaves = [x.detach().to(dtype).requires_grad_() for x in (images, texts, torch.tensor(log_scale), torch.tensor(bias))]
    i, t, s, b = leaves
    unit = torch.nn.functional.normalize
    given = (unit(i, dim=1), unit(t, dim=1), s.exp()) + ((b,) if loss == "siglip" else ())
    value = (ClipLoss() if loss == "clip" else SigLipLoss())(*given)
    value.backward()
    return value.item(), [torch.zeros_like(x) if x.grad is None else x.grad for x in leaves]


for loss, scale, bias in (("clip", 1 / 0.07, 0.0), ("siglip", 10.0, -10.0)):
    for batch, dim in ((96, 32), (257, 64)):
        images, texts = torch.randn(batch, dim), torch.randn(batch, dim)
        texts += 0.5 * images
        # Rounded as weft's parameters are.
        log_scale = torch.tensor(math.log(scale)).item()
        value, (gi, gt, gs, gb) = judge(loss, images, texts, log_scale, bias, torch.float64)
        _, (hi, ht, hs, _) = judge(loss, images, texts, log_scale, bias, torch.float32)
        name = f"{loss}-{batch}"
        print(f"{name}: open_clip in f32 is {max(((h - g).norm() / g.norm()).item() for h, g in ((hi, gi), (ht, gt))):.1e} from itself in f64, its log scale {abs(hs - gs).item() / abs(gs).item():.1e}")
        save_file({"images": images, "texts": texts, "image_gradient": gi.float(), "text_gradient": gt.float()}, folder / f"{name}.safetensors")
        cases.append({"name": name, "loss": loss, "batch": batch, "dim": dim, "log_scale": log_scale, "bias": bias, "value": value,
                      "log_scale_gradient": gs.item(), "bias_gradient": gb.item()})
(folder / "cases.json").write_text(json.dumps(cases))
