#!/usr/bin/python3
"""Writes metrics.json: predictions of sequences with what metrics they have.

Every metric is computed from its definition, row by row and pair by pair, in another way than the trainer does.
Run it as  python3 metrics.py > metrics.json  with numpy (made with 1.24).
"""
import itertools
import json

import numpy as np

rng = np.random.default_rng(7)


def case(kind, outputs, sequences, per_step):
    c = {"kind": kind, "outputs": outputs, "scores": [], "labels": [], "targets": [], "weights": []}
    for _ in range(sequences):
        steps = int(rng.integers(1, 9))
        rows = steps if per_step else 1
        c["scores"].append(np.round(rng.normal(size=(steps, outputs)), 1).tolist())  # with ties
        c["weights"].append([float(w) for w in rng.choice([0, 0.5, 1, 2], size=rows)])
        if kind in ("class per sequence", "token per step"):
            c["labels"].append([int(v) for v in rng.integers(0, outputs - 1, size=rows)])  # the last class never is one
        elif kind == "binary values per step":
            c["targets"].append([[float(v) for v in row] for row in rng.integers(0, 2, size=(rows, outputs))])
        else:
            c["targets"].append(np.round(rng.normal(size=(rows, outputs)), 2).tolist())
    return c


def flat(c, per_step):
    """The rows that count: scores, labels or targets, weights."""
    rows = []
    for s in range(len(c["scores"])):
        scores = c["scores"][s] if per_step else c["scores"][s][-1:]
        aims = c["labels"][s] if c["labels"] else c["targets"][s]
        rows += [(np.array(x), y, w) for x, y, w in zip(scores, aims, c["weights"][s]) if w > 0]
    return rows


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


def pairs(scores, positives, weights):
    """AUC as the share of pairs in the right order."""
    total = right = 0.0
    for i, j in itertools.product(range(len(scores)), repeat=2):
        if positives[i] and not positives[j]:
            w = weights[i] * weights[j]
            total += w
            right += w * (1.0 if scores[i] > scores[j] else 0.5 if scores[i] == scores[j] else 0.0)
    return right / total if total else None


def mean(values, weights):
    return float(np.average(values, weights=weights))


def f1s(predicted, actual, weights, classes):
    tp, fp, fn = np.zeros(classes), np.zeros(classes), np.zeros(classes)
    for p, a, w in zip(predicted, actual, weights):
        tp += w * (p & a)
        fp += w * (p & ~a)
        fn += w * (~p & a)
    used = tp + fp + fn > 0
    return float((2 * tp[used] / (2 * tp + fp + fn)[used]).mean()), float(2 * tp.sum() / (2 * tp + fp + fn).sum())


def calibration(confidence, right, weights):
    confidence, right, weights = np.array(confidence), np.array(right, float), np.array(weights)
    total = 0.0
    for lo in range(15):
        inside = (confidence > lo / 15) & (confidence <= (lo + 1) / 15)
        if inside.any():
            share = weights[inside].sum() / weights.sum()
            total += share * abs(mean(confidence[inside], weights[inside]) - mean(right[inside], weights[inside]))
    return float(total)


def classes(c, per_step):
    rows = flat(c, per_step)
    k, w = c["outputs"], [w for _, _, w in rows]
    probabilities = [softmax(x) for x, _, _ in rows]
    labels = [y for _, y, _ in rows]
    best = [int(np.argmax(x)) for x, _, _ in rows]
    order = [np.argsort(-x, kind="stable") for x, _, _ in rows]
    hot = lambda values: [np.arange(k) == v for v in values]
    macro, micro = f1s(hot(best), hot(labels), w, k)
    m = {
        "accuracy": mean([b == y for b, y in zip(best, labels)], w),
        "top_2_accuracy": mean([y in o[:2] for o, y in zip(order, labels)], w),
        "f1_macro": macro,
        "f1_micro": micro,
        "nll": mean([-np.log(p[y]) for p, y in zip(probabilities, labels)], w),
        "ece": calibration([p.max() for p in probabilities], [b == y for b, y in zip(best, labels)], w),
    }
    if per_step:
        m["perplexity"] = float(np.exp(m["nll"]))
        m["bits_per_character"] = mean([-np.log2(p[y]) for p, y in zip(probabilities, labels)], w)
    else:
        areas = [pairs([p[i] for p in probabilities], [y == i for y in labels], w) for i in range(k)]
        m["auc"] = float(np.mean([a for a in areas if a is not None]))
    matrix = np.zeros((k, k))
    for b, y, weight in zip(best, labels, w):
        matrix[y, b] += weight
    c["confusion"] = matrix.tolist()
    return m


def events(c):
    rows = flat(c, True)
    k, w = c["outputs"], [w for _, _, w in rows]
    predicted = [x > 0 for x, _, _ in rows]
    actual = [np.array(y) > 0.5 for _, y, _ in rows]
    macro, micro = f1s(predicted, actual, w, k)
    sigma = lambda x: 1 / (1 + np.exp(-x))
    return {
        "nll": mean([-np.log(np.where(y, sigma(x), 1 - sigma(x))).sum() for (x, _, _), y in zip(rows, actual)], w),
        "event_accuracy": mean([(p == y).mean() for p, y in zip(predicted, actual)], w),
        "f1_macro": macro,
        "f1_micro": micro,
        "auc": float(np.mean([pairs([x[i] for x, _, _ in rows], [y[i] for y in actual], w) for i in range(k)])),
        "ece": calibration(np.concatenate([sigma(x) for x, _, _ in rows]), np.concatenate(actual), np.repeat(w, k)),
    }


def numbers(c, per_step):
    rows = flat(c, per_step)
    w = [w for _, _, w in rows]
    scale, offset, naive = np.array(c["scale"]), np.array(c["offset"]), np.array(c["naive"])
    p = np.array([x * scale + offset for x, _, _ in rows])
    y = np.array([np.array(y) * scale + offset for _, y, _ in rows])
    centers = np.average(y, axis=0, weights=w)
    r2 = 1 - np.average((y - p) ** 2, axis=0, weights=w) / np.average((y - centers) ** 2, axis=0, weights=w)
    return {
        "mse": mean(((y - p) ** 2).mean(axis=1), w),
        "rmse": mean(((y - p) ** 2).mean(axis=1), w) ** 0.5,
        "mae": mean(np.abs(y - p).mean(axis=1), w),
        "r2": float(r2.mean()),
        "smape": mean((200 * np.abs(y - p) / (np.abs(y) + np.abs(p))).mean(axis=1), w),
        "mase": mean((np.abs(y - p) / naive).mean(axis=1), w),
        "scaled_mse": mean((((y - p) / scale) ** 2).mean(axis=1), w),
        "scaled_mae": mean((np.abs(y - p) / scale).mean(axis=1), w),
    }


cases = []
for kind, per_step in [("class per sequence", False), ("token per step", True)]:
    c = case(kind, 4, 40, per_step)
    c["metrics"] = classes(c, per_step)
    cases.append(c)
c = case("binary values per step", 3, 12, True)
c["metrics"] = events(c)
cases.append(c)
for kind, per_step in [("values per sequence", False), ("values per step", True)]:
    c = case(kind, 2, 20, per_step)
    c["scale"], c["offset"], c["naive"] = [3.0, 0.5], [-1.0, 2.0], [0.7, 0.2]
    c["metrics"] = numbers(c, per_step)
    cases.append(c)
print(json.dumps(cases))
