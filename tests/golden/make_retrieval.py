# SPDX-License-Identifier: Apache-2.0
# Writes retrieval.json: figures of tests/losses/retrieval_test.cc from scikit-learn, from brute force over every order of
# equal scores, and from NumPy's resampling.  Needs numpy and scikit-learn; run: python3 tests/golden/make_retrieval.py
import itertools
import json
import pathlib

import numpy as np
from sklearn.metrics import average_precision_score

RECALL_AT = [1, 3]


def queries(scores, truth, judge):
    """Per direction, judge(scores, truth) of every query that has a true item."""
    return {
        "text_to_image": {int(t): judge(scores[:, t], truth[:, t]) for t in range(scores.shape[1]) if truth[:, t].any()},
        "image_to_text": {int(i): judge(scores[i], truth[i]) for i in range(scores.shape[0]) if truth[i].any()},
    }


def plain(scores, truth):
    order = np.argsort(-scores)
    return {"ap": average_precision_score(truth, scores), "first": float(np.argmax(truth[order]) + 1),
            "hit": [float(truth[order[:k]].any()) for k in RECALL_AT]}


def over_all_orders(scores, truth):
    """The mean over every way to break the ties: a tiny unequal amount is added, in every order of the items."""
    runs = [plain(scores + 1e-3 * np.array(p) / len(p), truth) for p in itertools.permutations(range(len(scores)))]
    return {"ap": float(np.mean([r["ap"] for r in runs])), "first": float(np.mean([r["first"] for r in runs])), "hit": np.mean([r["hit"] for r in runs], axis=0).tolist()}


def case(scores, truth, judge):
    pairs = [[int(i), int(t)] for i, t in np.argwhere(truth)]
    return {"images": scores.shape[0], "texts": scores.shape[1], "scores": scores.ravel().tolist(), "truth": pairs,
            **queries(scores, truth, judge)}


def chance(positives, candidates):
    """The mean average precision over every placement of the true items."""
    total = []
    for places in itertools.combinations(range(candidates), positives):
        truth = np.zeros(candidates)
        truth[list(places)] = 1
        total.append(average_precision_score(truth, -np.arange(candidates)))
    return {"positives": positives, "candidates": candidates, "ap": float(np.mean(total))}


def bootstrap(rng):
    ours, theirs = rng.beta(2, 2, 80).round(4), rng.beta(2, 3, 80).round(4)
    means = (ours - theirs)[rng.integers(0, 80, (200_000, 80))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return {"ours": ours.tolist(), "theirs": theirs.tolist(), "mean": float(np.mean(ours - theirs)), "low": low, "high": high}


def main():
    rng = np.random.default_rng(7)
    distinct = rng.permutation(9 * 7).reshape(9, 7) / 64.0 - 0.5  # exact in float32, no two equal
    truth = rng.random((9, 7)) < 0.3
    truth[:, 2] = False  # a text that nothing shows
    tied = rng.integers(0, 3, (6, 5)) / 2.0
    tied_truth = rng.random((6, 5)) < 0.4
    golden = {
        "recall_at": RECALL_AT,
        "distinct": case(distinct, truth, plain),
        "tied": case(tied, tied_truth, over_all_orders),
        "chance": [chance(p, n) for p, n in [(1, 1), (1, 10), (2, 6), (5, 12), (12, 12)]],
        "bootstrap": bootstrap(rng),
    }
    path = pathlib.Path(__file__).with_name("retrieval.json")
    path.write_text(json.dumps(golden, indent=None, separators=(",", ":")) + "\n")


main()
