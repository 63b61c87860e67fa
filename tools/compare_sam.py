#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares released SAM weights between segment-anything and weft: features, prompts, masks and IoU within 1e-4 in fp32.
Run it in a Python with segment-anything 1.0, transformers, safetensors and pillow, where the weights can be had.  Where weft was
written they cannot, so this script has never been run.  It needs the program sam_parity of a built tree.
   compare_sam.py BUILD_FOLDER MODEL CHECKPOINT IMAGE ...
   compare_sam.py build/ci vit_b sam_vit_b_01ec64.pth a.jpg b.png        (CHECKPOINT "": random weights)"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from PIL import Image
from segment_anything import sam_model_registry

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/evidence"))
import sam_parity  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("model", choices=["vit_b", "vit_l", "vit_h"])
    parser.add_argument("checkpoint", help="of facebookresearch/segment-anything, or MedSAM's with the same names")
    parser.add_argument("images", nargs="+", type=Path)
    given = parser.parse_args()
    sam = sam_model_registry[given.model](checkpoint=given.checkpoint or None).eval()
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        sam_parity.compared(given.model, sam, [Image.open(file) for file in given.images], Path(folder), weights=True)
        raise SystemExit(subprocess.run([given.build / "tests/evidence/sam_parity", folder]).returncode)


if __name__ == "__main__":
    main()
