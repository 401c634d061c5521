"""Writes bootstrap.json: studentized bootstrap intervals over all n^n resamples, without drawing any.

    python3 bootstrap.py > bootstrap.json
"""
import itertools
import json
import math

import numpy as np

SAMPLES = {
    "normal": [0.8530, 0.8472, 0.8601, 0.8544, 0.8497],
    "skewed": [8.54, 8.61, 8.49, 8.52, 9.35],
    "differences": [0.012, -0.004, 0.021, 0.008, 0.015, 0.017],
}

goldens = []
for name, values in SAMPLES.items():
    x = np.array(values)
    n = len(x)
    mean, spread = x.mean(), x.std(ddof=1) / math.sqrt(n)
    t = []
    for indices in itertools.product(range(n), repeat=n):
        r = x[list(indices)]
        s = 0.0 if len(set(indices)) == 1 else r.std(ddof=1) / math.sqrt(n)
        t.append((r.mean() - mean) / s if s > 0 else math.copysign(math.inf, r.mean() - mean))
    t = np.sort(np.array(t))
    quantile = lambda q: t[max(0, math.ceil(q * len(t)) - 1)]  # the inverse of the empirical distribution
    observed = mean / spread
    beyond = min((t >= observed).sum(), (t <= observed).sum())
    goldens.append({
        "name": name, "values": values, "mean": mean,
        "low": mean - quantile(0.975) * spread, "high": mean - quantile(0.025) * spread,
        "p": min(1.0, 2 * beyond / len(t)),
    })
print(json.dumps(goldens, indent=1))
