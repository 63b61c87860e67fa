# SPDX-License-Identifier: Apache-2.0
# Writes counts_volumes.json: what is in the NIfTI volumes of the shared data, counted by nibabel and NumPy alone.
#   python counts_volumes.py SHARED/nifti > counts_volumes.json          (beside make_nifti.py)
# shape: slices, rows, columns as shown; sum: of all values; middle: of the middle slice's; low, high: the 0.5 and 99.5
# percentiles of every k-th voxel of each slice, k the least that leaves 2^22 of them at most.
import json
import pathlib
import sys

import nibabel as nib
import numpy as np

from make_nifti import shown

counts = {}
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.nii.gz")):
    image = nib.load(file)
    volume, affine = shown(image, image.get_fdata(), "3")
    step = -(-volume.size // 2**22)
    some = np.concatenate([plane.ravel()[::step] for plane in volume])
    low, high = np.percentile(some, [0.5, 99.5])
    counts[file.name] = {"shape": volume.shape, "sum": volume.sum(), "middle": volume[len(volume) // 2].sum(),
                         "low": low, "high": high, "affine": affine.ravel().tolist(),
                         "spacing": np.sqrt((affine[:, :3] ** 2).sum(0)).tolist()}
print(json.dumps(counts, indent=1))
