#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of the pairwise losses, from dense matrices in float64 by torch's autograd, written from the formulas alone.
Features come from a counter formula on both sides: x[i, d] = sin(1 + 7 i + 3 d + shift d^2), rows of unit length, rounded to f32.
Writes pairwise.json beside itself: of each case the cells, the losses' sums, counts and gradients; of large gradients a
projection, sum_id g[i, d] cos(i + 5 d), and the first rows."""
import json
from pathlib import Path

import numpy as np
import torch

SHOWN = 40  # numbers of a gradient that are kept


def features(n, dim, shift):
    i, d = np.arange(n)[:, None], np.arange(dim)[None, :]
    x = np.sin(1 + 7.0 * i + 3.0 * d + shift * (d * d))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return torch.tensor(x.astype(np.float32).astype(np.float64), requires_grad=True)


def drawn_columns(case):
    """q of [images, pairs], and the text of each pair; with identity texts that nobody drew stand behind them.  The pairs of an
    image that could not be read are gone."""
    pairs = [(i, t) for i, t in case["drawn"] if i not in case["unreadable"]]
    identity = case["keys"]["positives"] == "identity"
    texts = [t for _, t in pairs] + sorted(set(range(case["texts"])) - {t for _, t in pairs}) if identity else list(range(case["texts"]))
    q = np.zeros((case["images"], len(texts)))
    for k, (i, t) in enumerate(pairs):
        q[i, k if identity else t] = 1
    return q, texts


def targets(case):
    """q, w (what was said; unsaid nan), the text of each column."""
    if case["keys"].get("positives", "evidence") in ("identity", "equal_text"):
        q, texts = drawn_columns(case)
        return q, np.where(q > 0, 1.0, np.nan), texts
    q, w = np.zeros((case["images"], case["texts"])), np.full((case["images"], case["texts"]), np.nan)
    for i, t, target, weight in case["cells"]:
        q[i, t], w[i, t] = target, weight
    q[w == 0] = 0
    if case["keys"].get("positives") == "overlap":
        labels = (q > 0) & (w > 0)
        both = (labels[:, None] & labels[None]).sum(2)
        either = (labels[:, None] | labels[None]).sum(2)
        unsaid = np.isnan(w)
        for k, t in case["drawn"]:
            if k not in case["unreadable"]:
                share = np.where(unsaid[:, t], both[:, k] / np.maximum(either[:, k], 1), 0)
                q[:, t], w[:, t] = np.maximum(q[:, t], share), np.where(share > 0, 1, w[:, t])
    return q, w, list(range(case["texts"]))


def guided(case, dots, q, w, keep):
    if case["keys"].get("guide") == "self":
        best = np.where(q > 0, dots, -np.inf).max(1)
        above = (dots > best[:, None] + case["keys"]["guide_margin"]) & np.isfinite(best)[:, None]
        keep = keep & ~(above & np.isnan(w))
    return keep


def infonce(case, image, text):
    q, w, texts = targets(case)
    log_scale = torch.tensor(np.log(case["scale"]), requires_grad=True)
    s = log_scale.exp() * image @ text[texts].T
    keep = ~(w == 0) & (~np.isnan(w) | (case["keys"].get("unsaid") != "unknown"))
    keep = guided(case, (image @ text[texts].T).detach().numpy(), q, w, keep)
    q = q * np.nan_to_num(w, nan=0)
    for i in case["unreadable"]:
        keep[i], q[i] = False, 0
    keep, q = torch.tensor(keep), torch.tensor(q)
    masked = s.masked_fill(~keep, -torch.inf)
    sums, counts, total = [], [], 0
    for axis in (1, 0):
        mass = q.sum(axis)
        judged = mass > 0
        weight = mass.clamp(max=1) if case["keys"].get("trust") == "confidence" else torch.ones_like(mass)
        lse = torch.logsumexp(masked.movedim(axis, 1)[judged], 1)
        p = q.movedim(axis, 1)[judged] / mass[judged][:, None]
        cost = (weight[judged] * (lse - (p * s.movedim(axis, 1)[judged]).sum(1))).sum() / 2
        sums.append(cost.item())
        counts.append(weight[judged].sum().item())
        total = total + cost / counts[-1]
    total.backward()
    return sums, counts, log_scale.grad.item(), 0.0


def sigmoid(case, image, text):
    q, w, texts = targets(case)
    log_scale = torch.tensor(np.log(case["scale"]), requires_grad=True)
    bias = torch.tensor(float(case["bias"]), dtype=torch.float64, requires_grad=True)
    s = log_scale.exp() * image @ text[texts].T + bias
    unsaid = 0 if case["keys"].get("unsaid") == "unknown" else case["keys"].get("unsaid_weight", 1)
    keep = guided(case, (image @ text[texts].T).detach().numpy(), q, w, np.ones_like(q, dtype=bool))
    known = (np.nan_to_num(w, nan=0) > 0).any(1)
    a = np.where(np.isnan(w), unsaid, np.where(q == 0, case["keys"].get("negative_weight", 1), 1) * np.nan_to_num(w, nan=0)) * keep
    for i in range(case["images"]):
        if i in case["unreadable"] or not known[i]:
            a[i], known[i] = 0, False
    a, q = torch.tensor(a), torch.tensor(q)
    cost = (a * (torch.nn.functional.softplus(s, threshold=200) - q * s)).sum()
    (cost / known.sum()).backward()
    return [cost.item()], [int(known.sum())], log_scale.grad.item(), bias.grad.item()


def random_cells(rng, images, texts, share):
    cells = []
    for i in range(images):
        for t in np.flatnonzero(rng.random(texts) < share):
            kind = rng.integers(4)  # true, false, soft, unknown
            cells.append((i, int(t), [1, 0, round(float(rng.random()), 3), 0][kind], 0 if kind == 3 else [1, 0.5][rng.integers(2)]))
    return cells


def case(loss, images, texts, dim, scale, bias, cells=(), drawn=(), unreadable=(), **keys):
    return {"loss": loss, "images": images, "texts": texts, "dim": dim, "scale": scale, "bias": bias, "cells": list(cells),
            "drawn": list(drawn), "unreadable": list(unreadable), "keys": keys}


rng = np.random.default_rng(20)
small = dict(images=37, texts=29, dim=8)
said = random_cells(rng, 36, 29, .1)  # of the last image nobody says anything
pairs = [(i, int(t)) for i in range(37) for t in rng.choice(25, size=1 + i % 2, replace=False)]  # texts 25 to 28: no image
own = [next((i, t) for i, t, target, weight in said if i == image and target * weight > 0)
       for image in sorted({i for i, _, target, weight in said if target * weight > 0})]
line = [(i, (i * 7) % 300) for i in range(300)]
cases = {
    "evidence": case("infonce", **small, scale=12.5, bias=0, cells=said, unreadable=[3, 11]),
    "evidence_sharp": case("infonce", **small, scale=100, bias=0, cells=said),
    "only_verified": case("infonce", **small, scale=12.5, bias=0, cells=said, unsaid="unknown"),
    "guided": case("infonce", **small, scale=12.5, bias=0, cells=said, guide="self", guide_margin=0.05),
    "noisy": case("infonce", **small, scale=12.5, bias=0, cells=said, trust="confidence"),
    "overlap": case("infonce", **small, scale=12.5, bias=0, cells=said, drawn=own, unreadable=[2], positives="overlap"),
    "equal_text": case("infonce", **small, scale=12.5, bias=0, drawn=pairs, unreadable=[5], positives="equal_text"),
    "identity": case("infonce", **small, scale=12.5, bias=0, drawn=pairs, unreadable=[5], positives="identity"),
    "clip": case("infonce", 300, 300, 16, scale=100, bias=0, drawn=line, positives="identity"),
    "clip_tiles": case("infonce", 521, 467, 16, scale=14.2857, bias=0, drawn=[(i, (i * 5) % 467) for i in range(521)], positives="identity"),
    "sigmoid": case("sigmoid", **small, scale=10, bias=-3, cells=said, unreadable=[3], unsaid_weight=0.5, negative_weight=3),
    "sigmoid_only_verified": case("sigmoid", **small, scale=10, bias=-3, cells=said, unsaid="unknown"),
    "sigmoid_guided": case("sigmoid", **small, scale=10, bias=-3, cells=said, guide="self", guide_margin=0.05),
    "sigmoid_identity": case("sigmoid", **small, scale=10, bias=-10, drawn=pairs, positives="identity"),
    "siglip": case("sigmoid", 300, 300, 16, scale=10, bias=-10, drawn=line, positives="identity"),
    "siglip_tiles": case("sigmoid", 521, 467, 16, scale=100, bias=-10, drawn=[(i, (i * 5) % 467) for i in range(521)], positives="identity"),
}
for each in cases.values():
    image, text = features(each["images"], each["dim"], .1), features(each["texts"], each["dim"], .3)
    sums, counts, scale, bias = {"infonce": infonce, "sigmoid": sigmoid}[each["loss"]](each, image, text)
    each.update(sums=sums, counts=counts, log_scale_gradient=scale, bias_gradient=bias)
    for name, x in (("image_gradient", image.grad), ("text_gradient", text.grad)):
        i, d = np.arange(x.shape[0])[:, None], np.arange(x.shape[1])[None, :]
        each[name] = {"first": x.flatten()[:SHOWN].tolist(), "largest": x.abs().max().item(), "projection": float((x.numpy() * np.cos(i + 5 * d)).sum()),
                      "norm": float(x.norm())}
Path(__file__).with_name("pairwise.json").write_text(json.dumps(cases) + "\n")
