#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Golden numbers of tests/data/check_numbers_test.cc and check_twins_test.cc by NumPy: Wilson intervals found by bisection
of the score equation |k/n - p| = z sqrt(p (1 - p) / n), quantiles by numpy.quantile, difference hashes from area means
that are sums over a 72-fold (or 144-fold) repeated picture, so that no pixel is ever cut; nnU-Net's intensities of the
foreground (mean, std, percentiles 0.5 and 99.5 of the voxels whose label is above 0) of two channels.
Usage: python tests/golden/make_fingerprint.py > tests/golden/fingerprint.json"""
import json

import numpy as np

Z = 1.959963984540054


def wilson(k, n):
    def solve(inside, outside):
        for _ in range(200):
            middle = (inside + outside) / 2
            if abs(k / n - middle) <= Z * (middle * (1 - middle) / n) ** 0.5:
                inside = middle
            else:
                outside = middle
        return inside

    return solve(k / n, 0.0) if k > 0 else 0.0, solve(k / n, 1.0) if k < n else 1.0


def difference_hash(grey):
    rows, columns = grey.shape
    wide = np.repeat(np.repeat(grey, 8, axis=0), 9, axis=1)  # now 8 divides the rows and 9 the columns
    means = wide.reshape(8, rows, 9, columns).mean(axis=(1, 3))
    bits = means[:, :-1] - means[:, 1:] > 1
    return sum(1 << (8 * y + x) for y in range(8) for x in range(8) if bits[y, x])


def picture(width, height):
    y, x = np.mgrid[0:height, 0:width]
    return (x * x * 3 + y * 7 + (x // 3) * (y // 2) * 11) % 251


def foreground():
    """Voxels of 3 slices of 8 x 10, two channels; label 1 where a formula says so, and a column that is 2 in every slice."""
    z, y, x = np.mgrid[0:3, 0:8, 0:10]
    stored = np.stack([(x * 37 + y * 101 + z * 211) % 1009 - 400, (x * y * 13 + z * 57) % 499])
    values = np.stack([stored[0] * 1.0 + 0.0, stored[1] * 0.5 - 10.0])
    label = ((x + 2 * y + 3 * z) % 5 == 0).astype(int)
    label[:, 2:7, 4] = 2
    inside = [channel[label > 0] for channel in values]
    return [[v.size, v.mean(), v.std(), *np.percentile(v, [0.5, 50, 99.5])] for v in inside]


out = {
    "foreground": [[float(number) for number in row] for row in foreground()],
    "wilson": [[k, n, *wilson(k, n)] for k, n in [(1, 10), (0, 20), (20, 20), (37, 120), (5000, 100000)]],
    "values": (values := [float(i * i % 37) / 4 for i in range(23)]),
    "quantiles": [float(np.quantile(values, q)) for q in (0, 0.05, 0.25, 0.5, 0.75, 0.95, 1)],
    "hashes": [[w, h, str(difference_hash(picture(w, h).astype(np.float64)))] for w, h in [(9, 8), (31, 20), (64, 48), (5, 3)]],
}
print(json.dumps(out, indent=1))
