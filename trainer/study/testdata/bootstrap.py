"""Writes bootstrap.json: intervals of the smoothed studentized bootstrap with a million resamples.

    python3 bootstrap.py > bootstrap.json
"""
import json
import math

import numpy as np

SAMPLES = {
    "normal": [0.8530, 0.8472, 0.8601, 0.8544, 0.8497],
    "skewed": [8.54, 8.61, 8.49, 8.52, 9.35],
    "ties": [0.0685, 0.0685, 0.0750, 0.0685, 0.0685],
    "differences": [0.012, -0.004, 0.021, 0.008, 0.015, 0.017],
    "two": [1.0, 1.2],
}
RESAMPLES = 1_000_000

goldens = []
rng = np.random.default_rng(1)
for name, values in SAMPLES.items():
    x = np.array(values)
    n = len(x)
    mean, deviation = x.mean(), x.std(ddof=1)
    spread, width = deviation / math.sqrt(n), deviation / 2 * n**-0.2
    r = x[rng.integers(0, n, (RESAMPLES, n))] + width * rng.standard_normal((RESAMPLES, n))
    t = (r.mean(axis=1) - mean) / (r.std(axis=1, ddof=1) / math.sqrt(n))
    low, high = np.quantile(t, [0.025, 0.975])
    observed = mean / spread
    goldens.append({
        "name": name, "values": values, "mean": mean, "low": mean - high * spread, "high": mean - low * spread,
        "p": 2 * float(min((t >= observed).mean(), (t <= observed).mean())),
    })
print(json.dumps(goldens, indent=1))
