#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden values of trainer/adamw_kernel.cc: AdamW with a factor on the gradient and a moving average, by NumPy in float64
from the formula, and by torch.optim.AdamW 2.11 in float64 (needs a Python that has torch).  Master and gradients are
fractions that floats hold exactly, made by the same rule on both sides.  Writes adamw.json beside itself."""
import json
from pathlib import Path

import numpy as np
import torch

COUNT = 128
BETA1, BETA2, EPSILON, DECAY = 0.9, 0.98, 1e-6, 0.1
# (learning rate, gradient factor, decay of the average)
STEPS = [(1e-2, 1.0, 0.1), (2e-2, 0.5, 0.2), (3e-2, 1.0, 0.5), (2e-2, 0.0625, 0.9), (1e-2, 0.75, 0.9), (1e-3, 1.0, 0.99)]


def master():
    return (np.arange(COUNT) * 29 % 127 - 63) / 64.0


def gradient(step):
    return ((np.arange(COUNT) * 37 + step * 101) % 199 - 99) / 128.0


def by_numpy():
    p, m, v, ema = master(), np.zeros(COUNT), np.zeros(COUNT), master()
    for k, (lr, factor, ema_decay) in enumerate(STEPS):
        g, t = gradient(k) * factor, k + 1
        p = p * (1 - lr * DECAY)
        m = BETA1 * m + (1 - BETA1) * g
        v = BETA2 * v + (1 - BETA2) * g * g
        p = p - lr / (1 - BETA1**t) * m / (np.sqrt(v) / np.sqrt(1 - BETA2**t) + EPSILON)
        ema = ema_decay * ema + (1 - ema_decay) * p
    return {"master": p.tolist(), "moment1": m.tolist(), "moment2": v.tolist(), "ema": ema.tolist()}


def by_torch():
    p = torch.nn.Parameter(torch.from_numpy(master()))
    optimizer = torch.optim.AdamW([p], betas=(BETA1, BETA2), eps=EPSILON, weight_decay=DECAY)
    for k, (lr, factor, _) in enumerate(STEPS):
        optimizer.param_groups[0]["lr"] = lr
        p.grad = torch.from_numpy(gradient(k) * factor)
        optimizer.step()
    state = optimizer.state[p]
    return {"master": p.tolist(), "moment1": state["exp_avg"].tolist(), "moment2": state["exp_avg_sq"].tolist()}


golden = {
    "count": COUNT, "beta1": BETA1, "beta2": BETA2, "epsilon": EPSILON, "weight_decay": DECAY, "steps": STEPS,
    "numpy": by_numpy(), "torch": by_torch(),
}
Path(__file__).with_name("adamw.json").write_text(json.dumps(golden) + "\n")
