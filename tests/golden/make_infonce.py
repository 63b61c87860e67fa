#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of losses/infonce.cc, by NumPy in float64 from the formula alone; gradients by the closed form
G_ij = w_ij { [R_i>0] (exp(S_ij - r_i) - q_ij / R_i) / (2 n_r) + [C_j>0] (exp(S_ij - c_j) - q_ij / C_j) / (2 n_c) }.
Features come from a counter formula on both sides: x[i, d] = sin(1 + 7 i + 3 d + shift), rows scaled to unit length.
Writes infonce.json beside itself."""
import json
from pathlib import Path

import numpy as np

IMAGES, TEXTS, DIM, SCALE = 5, 4, 3, 12.5
# (image, text, q, w); a NEG is q = 0, an asserted UNKNOWN w = 0.
CELLS = [(0, 0, 1, 1), (0, 2, 1, 1), (1, 1, 1, 1), (2, 2, 1, 1), (2, 3, 0, 0), (3, 1, 0, 1), (3, 3, 0.25, 1), (3, 0, 1, 0.5)]
DRAWN = [(0, 0), (0, 2), (1, 1), (2, 2), (3, 3)]


def features(n, shift):
    x = np.sin(1 + 7 * np.arange(n)[:, None] + 3 * np.arange(DIM)[None, :] + shift)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def lse(s, axis):
    m = s.max(axis=axis, keepdims=True)
    with np.errstate(invalid="ignore"):
        return np.log(np.exp(s - np.where(np.isfinite(m), m, 0)).sum(axis=axis)) + np.where(np.isfinite(m), m, 0).squeeze(axis)


def judge(image, text, q, w):
    s = SCALE * image @ text.T
    open_s = np.where(w > 0, s, -np.inf)
    rows, columns, sums, grads = q.sum(1), q.sum(0), [], np.zeros_like(s)
    n_r, n_c = (rows > 0).sum(), (columns > 0).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        r, c = lse(open_s, 1), lse(open_s, 0)
        p = q / rows[:, None]
        sums.append(0.5 * sum(r[i] - (p[i] * s[i]).sum() for i in range(len(rows)) if rows[i] > 0))
        grads += np.where((rows > 0)[:, None], (np.exp(open_s - r[:, None]) - p) / (2 * n_r), 0)
        p = q / columns[None, :]
        sums.append(0.5 * sum(c[j] - (p[:, j] * s[:, j]).sum() for j in range(len(columns)) if columns[j] > 0))
        grads += np.where((columns > 0)[None, :], (np.exp(open_s - c[None, :]) - p) / (2 * n_c), 0)
    return {
        "sums": sums,
        "counts": [int(n_r), int(n_c)],
        "image_gradient": (SCALE * grads @ text).ravel().tolist(),
        "text_gradient": (SCALE * grads.T @ image).ravel().tolist(),
        "scale_gradient": float((grads * s).sum() / SCALE),
    }


image, text = features(IMAGES, 0.0), features(TEXTS, 0.5)
q, w = np.zeros((IMAGES, TEXTS)), np.ones((IMAGES, TEXTS))
for i, t, target, weight in CELLS:
    q[i, t], w[i, t] = target, weight
drawn = np.zeros((IMAGES, TEXTS))
pairs = np.zeros((IMAGES, len(DRAWN)))
for k, (i, t) in enumerate(DRAWN):
    drawn[i, t] = pairs[i, k] = 1
identity = judge(image, text[[t for _, t in DRAWN]], pairs, np.ones_like(pairs))
columns = np.array(identity["text_gradient"]).reshape(len(DRAWN), DIM)
per_text = np.zeros((TEXTS, DIM))
for k, (_, t) in enumerate(DRAWN):
    per_text[t] += columns[k]
identity["text_gradient"] = per_text.ravel().tolist()
golden = {
    "images": IMAGES, "texts": TEXTS, "dim": DIM, "scale": SCALE, "cells": CELLS, "drawn": DRAWN,
    "evidence": judge(image, text, q * (w > 0), w),
    "equal_text": judge(image, text, drawn, np.ones_like(drawn)),
    "identity": identity,
}
Path(__file__).with_name("infonce.json").write_text(json.dumps(golden, indent=1) + "\n")
