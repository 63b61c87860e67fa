#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Figures of docs/protocols/nuclei.md from a run's objects.json: nuclei_figures.py FOLDER RUN.  Status 0 where the aims are met."""
import json
import pathlib
import sys

import numpy as np
from nuclei_baseline import SMALL, modality, picture

CLICKS, RESAMPLED, MINUTES = 20, 10000, 25


def at(ious, click):
    return ious[min(click, len(ious)) - 1]


def clicks_to(ious, wanted):
    return next((k + 1 for k, iou in enumerate(ious) if iou >= wanted), CLICKS)


def main():
    source, run = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rows = json.loads((run / "objects.json").read_text())
    name_of = lambda row: row["image"].split("/")[0]
    names = sorted({name_of(row) for row in rows})
    kind = {name: modality(picture(source, name)) for name in names}
    groups = {"all": rows, f"of at least {SMALL} pixels": [r for r in rows if r["pixels"] >= SMALL]}
    for each in sorted(set(kind.values())):
        groups[each] = [r for r in rows if kind[name_of(r)] == each]
    found = {}
    for group, some in groups.items():
        figures = [np.mean([at(r["iou"], k) for r in some]) for k in (1, 3, 5)]
        noc = [clicks_to(r["iou"], 0.85) for r in some]
        never = sum(max(r["iou"]) < 0.85 for r in some)
        found[group] = figures
        print(f"{group:24s} nuclei {len(some):5d}  mIoU@1 {figures[0]:.3f}  @3 {figures[1]:.3f}  @5 {figures[2]:.3f}  "
              f"NoC85 {np.mean(noc):.2f}, never {never}")
    by_picture = [[at(r["iou"], k) for k in (1, 3, 5)] for r in rows]
    of = np.array([names.index(name_of(r)) for r in rows])
    sums = np.stack([np.bincount(of, [row[k] for row in by_picture], len(names)) for k in range(3)])
    counts = np.bincount(of, minlength=len(names))
    drawn = np.random.default_rng(0).integers(0, len(names), (RESAMPLED, len(names)))
    means = sums[:, drawn].sum(2) / counts[drawn].sum(1)
    for k, click in enumerate((1, 3, 5)):
        low, high = np.percentile(means[k], [2.5, 97.5])
        print(f"mIoU@{click}: {found['all'][k]:.3f}, 95 % interval over pictures [{low:.3f}, {high:.3f}]")
    minutes = int((run / "seconds").read_text()) / 60
    one, three, five = found["all"]
    holds = one >= 0.66 and five >= 0.75 and minutes <= MINUTES
    print(f"segmenter.2: held-back mIoU@1 {one:.3f} (>= .66), @3 {three:.3f}, @5 {five:.3f} (>= .75), trained in {minutes:.1f} minutes (<= {MINUTES})")
    sys.exit(not holds)


if __name__ == "__main__":
    main()
