# SPDX-License-Identifier: Apache-2.0
"""Numbers from (name, index), the same as tests/models/counter_fill.h, so that large models need not be kept:
z = splitmix64(fnv1a64(name) + (index + 1) 0x9E3779B97F4A7C15), u = (z >> 40) / 2^23 - 1 in [-1, 1)."""
import numpy as np


def bits(name, count):
    h = 14695981039346656037
    for byte in name.encode():
        h = (h ^ byte) * 1099511628211 % 2**64
    with np.errstate(over="ignore"):
        z = np.uint64(h) + (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return z ^ (z >> np.uint64(31))


def values(name, shape):
    """Of a parameter: scaled by fan-in, so that features neither vanish nor agree."""
    count = int(np.prod(shape, dtype=np.int64))
    u = (bits(name, count) >> np.uint64(40)).astype(np.float64) / 2**23 - 1
    if len(shape) < 2:
        v = (1 + 0.1 * u) if name.endswith("weight") else 0.1 * u
    elif any(part in name for part in ("token_embedding", "positional_embedding", "pos_embed", "latent")):
        v = 0.5 * u
    else:
        v = np.sqrt(3 / (count // shape[0])) * u
    return v.astype(np.float32).reshape(shape)


def pixels(images, side):
    return (bits("pixels", images * 3 * side * side) >> np.uint64(56)).astype(np.uint8).reshape(images, 3, side, side)


def fill(module, prefix=""):
    import torch

    for name, tensor in module.state_dict().items():
        tensor.copy_(torch.from_numpy(values(prefix + name, tuple(tensor.shape))))
