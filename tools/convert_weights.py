#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns a checkpoint of PyTorch (.pth, .pt, .bin: a pickle) into safetensors, which weft reads (init.from).
Run it in your own Python with torch and safetensors; weft itself never unpickles.
   convert_weights.py CHECKPOINT OUT.safetensors
Only tensors are read (weights_only); what training scripts wrap around them (state_dict, model, module.) is taken off."""
import argparse

import torch
from safetensors.torch import save_file

WRAPPERS = ("state_dict", "model", "module", "model_state_dict")


def unwrapped(content):
    while True:
        inner = next((content[key] for key in WRAPPERS if isinstance(content.get(key), dict)), None)
        if inner is None:
            return content
        content = inner


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("out")
    given = parser.parse_args()
    content = unwrapped(torch.load(given.checkpoint, map_location="cpu", weights_only=True))
    tensors, left = {}, []
    for name, value in content.items():
        if torch.is_tensor(value):
            tensors[name.removeprefix("module.")] = value.detach().clone().contiguous()  # clone: shared memory is refused
        else:
            left.append(name)
    if not tensors:
        raise SystemExit(f"{given.checkpoint}: no tensors by name; found {', '.join(map(str, content)) or 'nothing'}")
    save_file(tensors, given.out, {"format": "pt"})
    numbers = sum(tensor.numel() for tensor in tensors.values())
    print(f"{given.out}: {len(tensors)} tensors, {numbers:,} numbers" + (f"; left out: {', '.join(map(str, left))}" if left else ""))


if __name__ == "__main__":
    main()
