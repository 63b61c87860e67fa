# SPDX-License-Identifier: Apache-2.0
# Writes masks.json: figures of masks from scipy (distance transform, components, blur), scikit-image (skeletons), OpenCV
# (erosions of boundary IoU), surface-distance (NSD) and pycocotools (average recall), for tests/data and tests/losses.
# Needs numpy, scipy, scikit-image, opencv-python-headless, surface-distance and pycocotools.
import contextlib
import io
import json
import pathlib

import cv2
import numpy as np
from pycocotools import mask as mask_tools
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from scipy import ndimage
from skimage.morphology import skeletonize
from surface_distance import metrics as surface

np.Inf = np.inf  # surface-distance 0.1 is older than NumPy 2
RNG = np.random.default_rng(7)
SHAPES = [(1, 1), (1, 9), (7, 1), (5, 8), (17, 13)]


def blobs(shape, share=0.5, smooth=1.5):
    noise = ndimage.gaussian_filter(RNG.normal(size=shape), smooth)
    return noise > np.quantile(noise, 1 - share)


def text(mask):
    return ["".join("#" if v else "." for v in row) for row in mask]


def planes():
    for shape in SHAPES:
        yield np.ones(shape, bool)
        yield np.zeros(shape, bool)
        yield RNG.random(shape) < 0.7
        yield blobs(shape)


def distances(mask):
    """Squared distances to the nearest 0: with a ring of zeros, without, and without with pixels of 0.5 x 2."""
    ringed = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    alone = not (~mask).any()  # scipy's answer means nothing where there is no zero
    plain, uneven = [None if alone else ndimage.distance_transform_edt(mask, sampling=s) for s in ((1, 1), (2, 0.5))]
    square = lambda d, digits: None if d is None else np.round(d**2, digits).ravel().tolist()
    return {"ringed": np.rint(ringed**2).astype(int).ravel().tolist(), "plain": square(plain, 0), "uneven": square(uneven, 9)}


def by_first_pixel(labels):
    flat = labels.ravel()
    order = {int(v): k + 1 for k, v in enumerate(dict.fromkeys(flat[flat > 0].tolist()))}
    return [order.get(int(v), 0) for v in flat]


def components(mask):
    return {"four": by_first_pixel(ndimage.label(mask)[0]), "eight": by_first_pixel(ndimage.label(mask, np.ones((3, 3)))[0])}


def zhang_suen(mask):
    """As the paper of 1984 says it, P2 .. P9 clockwise from above."""
    plane = np.pad(mask, 1).astype(int)
    while True:
        before = plane.copy()
        for one, two in (((0, 2, 4), (2, 4, 6)), ((0, 2, 6), (0, 4, 6))):
            p = [np.roll(plane, (-y, -x), (0, 1)) for y, x in ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))]
            runs = sum((a == 0) & (b == 1) for a, b in zip(p, p[1:] + p[:1]))
            goes = (plane == 1) & (sum(p) >= 2) & (sum(p) <= 6) & (runs == 1)
            for triple in (one, two):
                goes &= p[triple[0]] * p[triple[1]] * p[triple[2]] == 0
            plane = np.where(goes, 0, plane)
        if (plane == before).all():
            return plane[1:-1, 1:-1] > 0


def boundary_band(mask, share=0.02):
    steps = max(1, int(round(share * np.hypot(*mask.shape))))
    kept = cv2.erode(np.pad(mask, 1).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=steps, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return mask & ~kept[1:-1, 1:-1].astype(bool)


def iou(a, b):
    return (a & b).sum() / (a | b).sum() if (a | b).any() else 1.0


def pair(truth, prediction):
    nsd = []
    for tolerance, x, y in [(0, 1, 1), (1, 1, 1), (2, 1, 1), (1.5, 0.5, 2), (0.8, 0.7, 0.4)]:
        if truth.any() or prediction.any():
            d = surface.compute_surface_distances(truth, prediction, spacing_mm=(y, x))
            nsd.append([tolerance, x, y, surface.compute_surface_dice_at_tolerance(d, tolerance)])
    both = truth.sum() + prediction.sum()
    return {"truth": text(truth), "prediction": text(prediction), "iou": iou(truth, prediction), "dice": 2 * (truth & prediction).sum() / both if both else 1.0,
            "boundary_iou": iou(boundary_band(truth), boundary_band(prediction)),
            "boundary_iou_10": iou(boundary_band(truth, 0.1), boundary_band(prediction, 0.1)), "surface_dice": nsd, "clicks": clicks(truth, prediction)}


def pairs():
    for shape in [(24, 40), (60, 45)]:
        noise = ndimage.gaussian_filter(RNG.normal(size=shape), 3)
        near = noise + 0.3 * ndimage.gaussian_filter(RNG.normal(size=shape), 2) * noise.std() / 0.1
        yield noise > 0, near > 0
        yield noise > noise.std(), noise > 0.5 * noise.std()
        yield np.ones(shape, bool), noise > -noise.std()
        yield noise > 0, np.zeros(shape, bool)
    one = np.zeros((9, 9), bool)
    one[4, 4] = True
    yield one, np.roll(one, 1, 0)
    yield one, one
    yield np.zeros((9, 9), bool), np.zeros((9, 9), bool)


def clicks(truth, prediction, number=6):
    """RITM's rule on one prediction: the deepest error, clicked pixels struck out after the distances, a tie to what is too much."""
    free, found = np.ones(truth.shape, bool), []
    for _ in range(number):
        missed, excess = (ndimage.distance_transform_edt(np.pad(m, 1))[1:-1, 1:-1] * free for m in (truth & ~prediction, prediction & ~truth))
        if max(missed.max(), excess.max()) == 0:
            break
        positive = bool(missed.max() > excess.max())
        y, x = np.unravel_index((missed if positive else excess).argmax(), truth.shape)
        free[y, x] = False
        found.append([int(x), int(y), int(positive)])
    return found


def proposals(images):
    """Boxes instead of masks: only their IoUs and areas matter."""
    truth, found, annotation = [], [], 1
    for image in range(images):
        for _ in range(int(RNG.integers(0, 9)) if image else 0):
            side = float(RNG.choice([8, 20, 32, 60, 96, 150]))
            box = [*RNG.uniform(0, 200, 2).round(1).tolist(), side, side * (1 if RNG.random() < 0.4 else 1.25)]
            crowd = int(RNG.random() < 0.15)
            truth.append({"id": annotation, "image_id": image, "category_id": 1, "bbox": box, "area": box[2] * box[3], "iscrowd": crowd})
            annotation += 1
            for _ in range(int(RNG.integers(0, 5))):
                moved = (np.array(box) + RNG.normal(0, 0.08 * side, 4)).clip(1).round(2).tolist()
                found.append({"image_id": image, "category_id": 1, "bbox": moved, "score": float(RNG.random())})
        for _ in range(int(RNG.integers(0, 12))):
            found.append({"image_id": image, "category_id": 1, "bbox": RNG.uniform(1, 150, 4).round(2).tolist(), "score": float(RNG.random())})
    data = COCO()
    data.dataset = {"info": {}, "images": [{"id": i} for i in range(images)], "categories": [{"id": 1, "name": "*"}], "annotations": truth}
    with contextlib.redirect_stdout(io.StringIO()):
        data.createIndex()
        judge = COCOeval(data, data.loadRes(found), "bbox")
        judge.params.maxDets = [1, 3, 10]
        judge.params.useCats = 0
        judge.evaluate()
        judge.accumulate()
    recall = judge.eval["recall"]  # threshold, category, area, most
    mean = [[float(r.mean()) if (r > -1).any() else -1.0 for r in recall[:, 0, :, m].T] for m in range(3)]
    rows = []
    for image in range(images):
        own = [t for t in truth if t["image_id"] == image]
        best = sorted((f for f in found if f["image_id"] == image), key=lambda f: -f["score"])
        overlap = mask_tools.iou([f["bbox"] for f in best], [t["bbox"] for t in own], [t["iscrowd"] for t in own]) if own and best else np.zeros((len(best), len(own)))
        rows.append({"area": [t["area"] for t in own], "is_crowd": [t["iscrowd"] for t in own], "iou": np.asarray(overlap).tolist()})
    return {"images": rows, "most": [1, 3, 10], "recall": mean}


def blurred():
    plane = RNG.normal(size=(9, 14)).astype(np.float32)
    return {"plane": plane.ravel().tolist(), "width": 14, "height": 9, "sigma": 2.5, "radius": 16,
            "blurred": ndimage.gaussian_filter(plane.astype(float), 2.5, mode="reflect", radius=16).ravel().tolist()}


golden = {
    "planes": [{"mask": text(m), "width": m.shape[1], "height": m.shape[0], **distances(m), **components(m)} for m in planes()],
    # scikit-image's tables differ from the paper (they keep corners and 2 x 2 squares), so it is compared by place.
    "skeletons": [{"mask": text(m), "skeleton": text(zhang_suen(m)), "scikit_image": text(skeletonize(m))} for m in [*planes(), blobs((40, 60), 0.6, 4), blobs((50, 50), 0.4, 2)]],
    "pairs": [pair(*p) for p in pairs()],
    "proposals": proposals(12),
    "blur": blurred(),
}
out = pathlib.Path(__file__).with_name("masks.json")
out.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
print(out.stat().st_size)
