"""Reads the direction numbers of Joe and Kuo out of PyTorch's Sobol engine, as rows s, a, m_1 … m_s of their file
new-joe-kuo-6.21201, and writes sobol.json: points of the engine, to be compared with.

    python3 sobol.py
"""
import json

import torch

DIMENSIONS, BITS = 32, 30
engine = torch.quasirandom.SobolEngine(DIMENSIONS)
state = engine.sobolstate.tolist()


def recurrence(m, s, a):
    """m_1 … m_BITS from the first s."""
    m = list(m[:s])
    for k in range(s, BITS):
        new = m[k - s] ^ (m[k - s] << s)
        for i in range(1, s):
            if a >> (s - 1 - i) & 1:
                new ^= m[k - i] << i
        m.append(new)
    return m


for d in range(1, DIMENSIONS):
    m = [v >> (BITS - 1 - j) for j, v in enumerate(state[d])]
    fits = [(s, a) for s in range(1, 9) for a in range(1 << max(0, s - 1)) if recurrence(m, s, a) == m]
    s, a = fits[0]
    print("\t{%d, %d, []uint32{%s}}," % (s, a, ", ".join(map(str, m[:s]))))

points = engine.draw(64).tolist()  # the engine leaves out nothing: the first is 0
with open("sobol.json", "w") as f:
    json.dump({"points": points}, f)
