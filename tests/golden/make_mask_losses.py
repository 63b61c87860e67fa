#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of the mask losses: NumPy in float64, pixel by pixel from the formulas alone.
Inputs come from counter formulas on both sides (tests/losses/mask_case.h).  Writes mask_losses.json beside itself: of each case
the settings, the sums and counts of the terms, the chosen masks, and the slope of the sum of sum / count along a direction
(fourth-order differences): cos(1 + 0.7 i) for the i-th number of logits, predicted IoU, object score and objectness, in turn."""
import json
from pathlib import Path

import numpy as np

DEFAULT = dict(focal=20.0, focal_alpha=0.25, focal_gamma=2, focal_normalised=False, dice=1.0, dice_form="plain", dice_smooth=1.0,
               best_of="focal_dice", iou=1.0, iou_form="mse", iou_masks="all", iou_known=0.25, object=1.0, objectness=0.0,
               absent="gated", count="judged", projection=1.0, pairwise=0.0, pairwise_warmup=10000, crf=0.0)
NAN = float("nan")


def grid(*sizes):
    return np.meshgrid(*[np.arange(n, dtype=float) for n in sizes], indexing="ij")


def inputs(case):
    P, M, h, w, H, W = (case[k] for k in "PMhwHW")
    p, m, y, x = grid(P, M, h, w)
    logits = case.get("scale", 3.0) * np.sin(1 + 7 * p + (0 if case.get("equal") else 3) * m + 0.9 * y + 0.5 * x + 0.05 * x * y)
    p, m = grid(P, M)
    out = [logits, np.sin(2 * p + m), np.cos(3 * np.arange(P, dtype=float)), np.sin(4 * p + m)]
    p, y, x = grid(P, H, W)
    wave = np.sin(2 + 5 * p + 0.35 * y + 0.21 * x + 0.01 * x * y)
    t = (0.5 + 0.5 * wave).astype(np.float32).astype(float) if case.get("soft") else (wave > 0.2).astype(float)
    present = np.array(case.get("present", [1] * P), float)
    t[present == 0] = 0
    k = (np.cos(1 + 3 * p + 0.4 * y - 0.3 * x) > -0.3).astype(float) if case.get("partial") else np.ones((P, H, W))
    for i in case.get("unknown", []):
        k[i] = 0
    for i in case.get("little", []):  # only a corner is known
        k[i] = 0
        k[i, :3, :3] = 1
    valid = np.ones((P, H, W))
    valid[:, :, W - case.get("padding", 0):W] = 0
    p, c, y, x = grid(P, 3, H, W)
    pixels = (0.5 + 0.08 * np.sin(p + 2 * c + 0.06 * y + 0.04 * x)).astype(np.float32).astype(float)
    return [o.astype(np.float32).astype(float) for o in out], t, k, present, valid, pixels


def stretch(a, b):
    """[b, a]: bilinear, align_corners = false."""
    u = np.zeros((b, a))
    for i in range(b):
        place = max((i + 0.5) * a / b - 0.5, 0)
        j = min(int(place), a - 1)
        u[i, j] += 1 - (place - j)
        u[i, min(j + 1, a - 1)] += place - j
    return u


def bce(z, t):
    return np.maximum(z, 0) + np.log1p(np.exp(-abs(z))) - t * z


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def lab(rgb):
    linear = np.where(rgb > 0.04045, ((rgb + 0.055) / 1.055) ** 2.4, rgb / 12.92)
    xyz = np.einsum("ij,jyx->iyx", [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]], linear)
    f = [np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (xyz / np.array([0.95047, 1, 1.08883])[:, None, None]).ravel()]
    x, y, z = np.array(f).reshape(xyz.shape)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def projection(z, box, H, W):
    cover = np.zeros((H * 4, W * 4))  # quarters of pixels: boxes here end on them
    x0, y0, x1, y1 = (round(4 * v) for v in box)
    cover[max(y0, 0):y1, max(x0, 0):x1] = 1
    unlike = lambda a, b: 1 - 2 * (a * b).sum() / ((a * a).sum() + (b * b).sum() + 1e-5)
    bx = cover.max(0).reshape(z.shape[1], -1).mean(1)
    by = cover.max(1).reshape(z.shape[0], -1).mean(1)
    p = sigmoid(z)
    return unlike(p.max(0), bx) + unlike(p.max(1), by)


def cells(plane, h, w):
    return plane.reshape(*plane.shape[:-2], h, plane.shape[-2] // h, w, plane.shape[-1] // w).mean((-3, -1))


def pairwise(z, rgb, valid, box, H, W):
    h, w = z.shape
    colour, whole = lab(cells(rgb, h, w)), cells(valid, h, w) > 0.999
    p, cost, edges = sigmoid(z), 0.0, 0
    sx, sy = W / w, H / h
    part = lambda lo, hi, i, s: max(min(hi, (i + 1) * s) - max(lo, i * s), 0) / s
    for y in range(h):
        for x in range(w):
            if part(box[0], box[2], x, sx) * part(box[1], box[3], y, sy) < 0.5 or not whole[y, x]:
                continue
            for dy in (-2, 0, 2):
                for dx in (-2, 0, 2):
                    v, u = y + dy, x + dx
                    if (dy, dx) == (0, 0) or not (0 <= v < h and 0 <= u < w) or not whole[v, u]:
                        continue
                    like = np.exp(-np.linalg.norm(colour[:, y, x] - colour[:, v, u]) / 2)
                    assert abs(like - 0.3) > 1e-4
                    if like >= 0.3:
                        edges += 1
                        cost -= np.log(p[y, x] * p[v, u] + (1 - p[y, x]) * (1 - p[v, u]))
    return cost / max(edges, 1)


def crf(z, rgb, valid):
    h, w = z.shape
    colour, whole = cells(rgb, h, w), cells(valid, h, w) > 0.999
    p, cost = sigmoid(z), 0.0
    for y in range(h):
        for x in range(w):
            for v in range(max(y - 5, 0), min(y + 6, h)):
                for u in range(max(x - 5, 0), min(x + 6, w)):
                    if (v, u) != (y, x) and whole[y, x] and whole[v, u]:
                        k = np.exp(-((v - y) ** 2 + (u - x) ** 2) / 72 - ((colour[:, y, x] - colour[:, v, u]) ** 2).sum() / 0.02)
                        cost += k * (1 - p[y, x] * p[v, u] - (1 - p[y, x]) * (1 - p[v, u]))
    return cost / max(whole.sum(), 1)


def judge(case, out, t, k, present, valid, pixels, hold=None):
    """sums, counts, chosen; `hold`: what has no gradient, as an earlier call found it."""
    s = {**DEFAULT, **case["keys"]}
    P, M, h, w, H, W = (case[n] for n in "PMhwHW")
    logits, iou, obj, thing = out
    z = np.einsum("Yy,pmyx,Xx->pmYX", stretch(h, H), logits, stretch(w, W))
    T, K, p = t[:, None], k[:, None], sigmoid(z)
    u = p * (1 - T) + (1 - p) * T
    a = s["focal_alpha"] * T + (1 - s["focal_alpha"]) * (1 - T)
    over = lambda v: (v * K).sum((2, 3))
    known = k.sum((1, 2))
    below = over(u ** s["focal_gamma"]) if s["focal_normalised"] else np.maximum(known, 1)[:, None] * np.ones((1, M))
    hard = z > 0
    both, either = over(hard * (T > 0.5)), over(hard | (T > 0.5))
    found = {"below": below, "real": both / np.maximum(either, 1)}
    hold = hold or found
    focal = over(a * bce(z, T) * u ** s["focal_gamma"]) / hold["below"]
    n = 2 if s["dice_form"] == "squared" else 1
    dice = 1 - (2 * over(p * T) + s["dice_smooth"]) / (over(p ** n) + over(T ** n) + s["dice_smooth"])
    kind = np.array(case.get("kind", [0] * P))
    trust = np.array(case.get("weight", [1] * P), float)
    boxes = case.get("box", [[NAN] * 4] * P)
    there = present > 0.5
    masked = trust * (~np.isnan(present) if s["absent"] == "empty" else there) * (known > 0)
    q = np.array(case.get("objectness", [NAN] * P), float)
    boxed = trust * there * (kind == 1) * np.isfinite(boxes).all(1)
    counts = {"focal": masked * (kind != 1), "dice": masked * (kind == 0),
              "iou": masked * (kind == 0) * (known >= s["iou_known"] * H * W), "object": trust * ~np.isnan(present),
              "objectness": trust * ~np.isnan(q), "projection": boxed, "pairwise": boxed, "crf": trust * there * (kind == 2)}
    reach = np.array([[projection(logits[i, m], boxes[i], H, W) if boxed[i] > 0 else 0 for m in range(M)] for i in range(P)])
    cost = s["focal"] * focal * (counts["focal"] > 0)[:, None] + s["dice"] * dice * (counts["dice"] > 0)[:, None] + s["projection"] * reach
    best = case.get("multimask", True) and s["best_of"] != "all"
    chosen = hold.get("chosen", cost.argmin(1) if best and s["best_of"] == "focal_dice" else iou.argmax(1))
    found["chosen"] = chosen
    pick = lambda v: v[np.arange(P), chosen]
    trained = lambda v: pick(v) if best else v.mean(1)
    off = (sigmoid(iou) if s["iou_form"].endswith("_sigmoid") else iou) - hold["real"]
    off = abs(off) if s["iou_form"].startswith("l1") else off ** 2
    z0 = [logits[i, chosen[i]] for i in range(P)]
    rise = min(1, (case.get("step", 0) + 1) / s["pairwise_warmup"])
    values = {"focal": trained(focal), "dice": trained(dice), "iou": trained(off) if s["iou_masks"] == "best" else off.mean(1),
              "object": bce(obj, np.nan_to_num(present)), "objectness": bce(pick(thing), np.nan_to_num(q)), "projection": trained(reach),
              "pairwise": [rise * pairwise(z0[i], pixels[i], valid[i], boxes[i], H, W) if s["pairwise"] * boxed[i] > 0 else 0 for i in range(P)],
              "crf": [crf(z0[i], pixels[i], valid[i]) if s["crf"] * counts["crf"][i] > 0 else 0 for i in range(P)]}
    terms = [name for name in values if s[name] > 0]
    sums = {name: s[name] * (counts[name] * np.array(values[name])).sum() for name in terms}
    return sums, {name: (trust if s["count"] == "all" else counts[name]).sum() for name in terms}, found


def golden(case):
    out, *rest = inputs(case)
    sums, counts, found = judge(case, out, *rest)
    i = np.arange(sum(o.size for o in out))
    direction = np.split(np.cos(1 + 0.7 * i), np.cumsum([o.size for o in out])[:-1])

    def value(by):
        moved = [o + by * d.reshape(o.shape) for o, d in zip(out, direction)]
        sums, counts, _ = judge(case, moved, *rest, hold=found)
        return sum(sums[n] / counts[n] for n in sums if counts[n] > 0)

    h = 1e-4  # small: the farthest logit of a row must stay the farthest
    slope = (8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))) / (12 * h)
    number = lambda v: None if v is None or np.isnan(v) else v
    stored = {key: [number(v) for v in value] if key in ("present", "objectness") else value for key, value in case.items()}
    if "box" in stored:
        stored["box"] = [[number(v) for v in box] for box in stored["box"]]
    return {**stored, "terms": [["mask." + n, sums[n], counts[n]] for n in sums], "chosen": found["chosen"].tolist(), "slope": slope}


FOUR = dict(P=3, M=3, h=8, w=8, H=32, W=32)
ODD = dict(P=4, M=3, h=5, w=7, H=23, W=19)
CASES = [
    dict(name="sam", **FOUR, keys={"object": 0.0}),
    dict(name="sam2", **{**FOUR, "P": 4}, keys={"iou_form": "l1_sigmoid", "count": "all"}, present=[1, 0, 1, NAN], weight=[1, 1, 0.5, 0.25]),
    dict(name="one mask of another size", **{**ODD, "M": 1}, multimask=False, keys={"object": 0.0, "iou_form": "l1"}),
    dict(name="partial", **ODD, partial=True, unknown=[1], little=[2], keys={"object": 0.0, "iou_masks": "best", "iou_form": "mse_sigmoid"}),
    dict(name="nfl", **ODD, partial=True, keys={"focal_normalised": True, "focal_alpha": 0.5, "dice": 0.0, "iou": 0.0, "object": 0.0}),
    dict(name="medsam", **{**FOUR, "M": 1}, keys={"focal": 2.0, "focal_alpha": 0.5, "focal_gamma": 0, "dice_form": "squared", "dice_smooth": 1e-5,
                                                  "iou": 0.0, "object": 0.0}),
    dict(name="scribbleprompt", **FOUR, soft=True, keys={"focal": 1.0, "focal_gamma": 20, "best_of": "all", "iou": 0.0, "object": 0.0}),
    dict(name="predicted", **FOUR, keys={"best_of": "predicted", "iou_masks": "best", "focal_gamma": 3}),
    dict(name="absent masks are empty", **FOUR, present=[1, 0, 0], keys={"absent": "empty"}),
    dict(name="equal masks", **FOUR, equal=True, keys={"object": 0.0}),
    dict(name="objectness", **FOUR, objectness=[1, NAN, 0.25], keys={"objectness": 0.5, "object": 0.0}),
    dict(name="larger than its truth", **{**FOUR, "H": 5, "W": 6}, keys={"object": 0.0}),
    dict(name="every label", P=5, M=3, h=12, w=10, H=48, W=40, partial=True, padding=8, step=2499, kind=[0, 1, 2, 1, 1], scale=2.0,
         box=[[NAN] * 4, [5.25, 8, 30.5, 40], [NAN] * 4, [-3, 4, 18, 60], [NAN] * 4], weight=[1, 0.5, 2, 1, 1],
         keys={"pairwise": 1.0, "crf": 0.1, "object": 0.0}),
]

if __name__ == "__main__":
    text = json.dumps([golden(case) for case in CASES], indent=1)
    (Path(__file__).parent / "mask_losses.json").write_text(text + "\n")
