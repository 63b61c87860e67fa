# SPDX-License-Identifier: Apache-2.0
# Writes metrics.json: figures of tests/losses/metrics_test.cc from scikit-learn, on random scores and on scores that are
# mostly equal, and retrieval figures of one caption an image from open_clip's own evaluation.
# Needs numpy, scikit-learn, torch and open_clip_torch; run: python3 tests/golden/make_metrics.py
import json
import pathlib

import numpy as np
import torch
from open_clip_train.train import get_clip_metrics
from sklearn.calibration import calibration_curve
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (average_precision_score, balanced_accuracy_score, brier_score_loss, roc_auc_score, roc_curve,
                             top_k_accuracy_score)
from sklearn.neighbors import KNeighborsClassifier

SPECIFICITIES = [0.5, 0.9, 0.95]


def short(values):
    """Numbers that are exact in float32 and short in text."""
    return (np.round(values * 256) / 256).astype(np.float32)


def binary(scores, truth):
    false_rate, recall, _ = roc_curve(truth, scores, drop_intermediate=False)
    return {"scores": scores.tolist(), "truth": truth.astype(int).tolist(), "ap": average_precision_score(truth, scores),
            "auroc": roc_auc_score(truth, scores),
            "sensitivity": [float(recall[1 - false_rate >= s].max()) for s in SPECIFICITIES]}


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def calibration(p, outcome, bins):
    """Both kinds of bins: (mean p, mean outcome) of each with items, and the error weighted by how many those are."""
    golden = {"p": p.tolist(), "outcome": outcome.astype(int).tolist(), "bins": bins,
              "brier": brier_score_loss(outcome, p)}
    for name, strategy in [("equal_width", "uniform"), ("equal_mass", "quantile")]:
        true_share, said = calibration_curve(outcome, p, n_bins=bins, strategy=strategy)
        edges = np.linspace(0, 1, bins + 1) if strategy == "uniform" else np.percentile(p, np.linspace(0, 100, bins + 1))
        counts = np.bincount(np.searchsorted(edges[1:-1], p), minlength=bins)
        counts = counts[counts > 0]
        golden[name] = {"p": said.tolist(), "outcome": true_share.tolist(), "items": counts.tolist(),
                        "ece": float((counts * np.abs(true_share - said)).sum() / len(p))}
    return golden


def classification(rng):
    classes, scale = 7, 12.0
    scores = short(rng.normal(size=(60, classes)))
    truth = rng.integers(0, classes - 1, 60)  # of the last class there is no item
    scores[np.arange(60), truth] += 1
    p = softmax(scale * scores.astype(np.float64))
    labels = np.arange(classes)
    return {"scores": scores.ravel().tolist(), "truth": truth.tolist(), "classes": classes, "scale": scale,
            "top1": top_k_accuracy_score(truth, scores, k=1, labels=labels),
            "top5": top_k_accuracy_score(truth, scores, k=5, labels=labels),
            "mean_recall": balanced_accuracy_score(truth, scores.argmax(axis=1)),
            "brier": brier_score_loss(truth, p, labels=labels, scale_by_half=False),
            "confidence": p.max(axis=1).tolist()}


def logistic(rng, classes, strength):
    x = short(rng.normal(size=(60, 5)))
    y = (x @ rng.normal(size=(5, classes)) + rng.gumbel(size=(60, classes))).argmax(axis=1)
    unseen = short(rng.normal(size=(8, 5)))
    model = LogisticRegression(C=strength, tol=1e-10, max_iter=100_000).fit(x.astype(np.float64), y)  # as float32 it would compute in it
    return {"features": x.ravel().tolist(), "labels": y.tolist(), "classes": classes, "strength": strength,
            "unseen": unseen.ravel().tolist(), "p": model.predict_proba(unseen.astype(np.float64)).ravel().tolist()}


def neighbours(rng):
    unit = lambda x: x / np.linalg.norm(x, axis=1, keepdims=True)
    known, asked = unit(rng.normal(size=(40, 5))), unit(rng.normal(size=(6, 5)))
    labels = rng.integers(0, 3, 40)
    votes = {}
    for k in [1, 5, 20]:
        model = KNeighborsClassifier(k, metric="cosine", algorithm="brute", weights=lambda d: np.exp((1 - d) / 0.07))
        votes[k] = model.fit(known, labels).predict_proba(asked).ravel().tolist()
    return {"similarities": (asked @ known.T).ravel().round(9).tolist(), "labels": labels.tolist(), "classes": 3, "votes": votes}


def one_caption_each(rng):
    image, text = (torch.nn.functional.normalize(torch.from_numpy(rng.normal(size=(24, 4))).float(), dim=1) for _ in range(2))
    text = torch.nn.functional.normalize(text + image, dim=1)
    figures = {k: float(v) for k, v in get_clip_metrics(image, text, torch.tensor(1.0)).items()}
    return {"scores": [float(f"{s:.9g}") for s in (image @ text.T).ravel().tolist()], "figures": figures}


def main():
    rng = np.random.default_rng(11)
    spread = short(rng.normal(size=200))
    tied = (rng.integers(0, 4, 200) / 4).astype(np.float32)
    p = short(rng.random(150)).astype(np.float64)
    rough = rng.integers(0, 9, 150) / 8
    golden = {
        "specificities": SPECIFICITIES,
        "binary": [binary(s, rng.random(200) < rate + (s > np.median(s)) * 0.2) for s in (spread, tied) for rate in (0.02, 0.5)],
        "calibration": [calibration(q, rng.random(len(q)) < q**2, bins) for q in (p, rough) for bins in (10, 15)],
        "classification": classification(rng),
        "logistic": [logistic(rng, c, s) for c in (2, 4) for s in (0.01, 1.0, 100.0)],
        "neighbours": neighbours(rng),
        "one_caption_each": one_caption_each(rng),
    }
    path = pathlib.Path(__file__).with_name("metrics.json")
    path.write_text(json.dumps(golden, indent=None, separators=(",", ":")) + "\n")


main()
