#!/usr/bin/env python3
"""Fits the weights of the confidence from answers whose rightness is known.

    fit_confidence.py ANSWERS.jsonl [--write core/src/route/confidence_weights.in]

A line is {"evidence": [...], "correct": true, "group": "database or suite"}; groups are held out one at a
time to report what carries over. Needs numpy.
"""
import argparse
import json

import numpy as np


def fit(x, y, weight, ridge=5.0, rounds=12):
    """Logistic regression by Newton's method, with an L2 penalty on all but the bias."""
    x = np.hstack([np.ones((len(x), 1)), x])
    w = np.zeros(x.shape[1])
    penalty = ridge * np.eye(x.shape[1])
    penalty[0, 0] = 1e-6
    for _ in range(rounds):
        p = 1 / (1 + np.exp(-x @ w))
        gradient = x.T @ (weight * (p - y)) + penalty @ w
        hessian = (x * (weight * p * (1 - p))[:, None]).T @ x + penalty
        w -= np.linalg.solve(hessian, gradient)
    return w


def predict(w, x):
    return 1 / (1 + np.exp(-(w[0] + x @ w[1:])))


def sober(p, untouched=0.85, sure=0.955, surest=0.97):
    """The upper end of the scale as core/src/route/confidence.rs stretches it."""
    middle = untouched + (p - untouched) * (0.9 - untouched) / (sure - untouched)
    return np.where(p <= untouched, p, np.where(p < sure, middle, 0.9 + (p - sure) * (surest - 0.9) / (1 - sure)))


def calibration_error(p, y, bins=10):
    """Expected calibration error over equal-width bins."""
    index = np.minimum((p * bins).astype(int), bins - 1)
    return sum(abs(p[index == b].mean() - y[index == b].mean()) * (index == b).mean() for b in set(index))


def reports_right(p, y, wanted=0.955, fewest=100):
    """The lowest confidence from which at least `wanted` of the answers are right."""
    order = np.argsort(-p)
    share = np.cumsum(y[order]) / np.arange(1, len(y) + 1)
    good = np.flatnonzero(share[fewest - 1:] >= wanted)
    return float(p[order][good[-1] + fewest - 1]) if len(good) else 1.0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("answers")
    parser.add_argument("--write")
    args = parser.parse_args()
    rows = [json.loads(line) for line in open(args.answers)]
    rows = [r for r in rows if r["evidence"]]
    x = np.array([r["evidence"] for r in rows])
    y = np.array([float(r["correct"]) for r in rows])
    suite = np.array([r.get("suite", "") for r in rows])
    # Every suite counts the same, whatever its size.
    weight = np.array([len(rows) / len(set(suite)) / (suite == s).sum() for s in suite])
    group = np.array([r["group"] for r in rows])
    held = np.zeros(len(rows))
    for g in sorted(set(group)):
        out = group == g
        held[out] = predict(fit(x[~out], y[~out], weight[~out]), x[out])
    w = fit(x, y, weight)
    for s in sorted(set(suite)):
        on = suite == s
        raw, told = held, sober(held)
        sure = on & (told >= 0.9)
        print(f"{s or 'all'}: {on.sum()} answers, right {y[on].mean():.3f}, held-out calibration error "
              f"{calibration_error(told[on], y[on]):.3f}, of {sure.sum()} at 0.9 or more right "
              f"{y[sure].mean() if sure.any() else float('nan'):.3f}")
        print(f"  95.5 % right from {reports_right(raw[on], y[on]):.3f} on, before the scale is stretched")
    text = "[" + ", ".join(f"{v:.4f}" for v in w) + "]\n"
    print(text.strip())
    if args.write:
        open(args.write, "w").write(text)


if __name__ == "__main__":
    main()
