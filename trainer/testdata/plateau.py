#!/usr/bin/python3
"""Writes plateau.json: what ReduceLROnPlateau makes of the learning rate while a metric takes given values.

Run it as  python3 plateau.py > plateau.json  with torch (made with 1.13).
"""
import itertools
import json
import random

import torch

rng = random.Random(7)
cases = []
for mode, threshold_mode, patience, cooldown, (min_lr, eps) in itertools.product(
    ["min", "max"], ["abs", "rel"], [0, 1, 3], [0, 1, 2, 5], [(0, 0), (0.03, 0), (0, 0.04), (0.03, 0.02)]
):
    options = {
        "mode": mode, "factor": rng.choice([0.1, 0.5, 0.7]), "patience": patience, "threshold": rng.choice([0, 0.05, 0.2]),
        "threshold_mode": threshold_mode, "cooldown": cooldown, "min_lr": min_lr, "eps": eps,
    }
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    value, values, rates = 1.0, [], []
    for _ in range(30):
        value = round(max(0.05, value + rng.gauss(-0.03 if mode == "min" else 0.03, 0.15)), 6)
        optimizer.step()
        scheduler.step(value)
        values.append(value)
        rates.append(optimizer.param_groups[0]["lr"])
    cases.append({**options, "values": values, "rates": rates})
print("[" + ",\n".join(json.dumps(c) for c in cases) + "]")
