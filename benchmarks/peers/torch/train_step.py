"""One training step of torch.nn.GRU: last state, mean squared error, gradients, SGD.

Prints one JSON object with the median time of a step.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python3 train_step.py STEPS BATCH INPUTS UNITS SECONDS
"""

import json
import math
import os
import statistics
import sys
import time

import torch


def uses_reference_blas():
    """Whether the products are those of Debian's package libblas3, where the system shows what is loaded (Linux)."""
    try:
        with open("/proc/self/maps") as maps:
            return "/blas/libblas.so" in maps.read()
    except OSError:
        return False


def blas():
    """The name of the BLAS that is loaded, where the system shows it (Linux)."""
    names = {"libopenblas": "OpenBLAS", "libmkl": "MKL", "libblis": "BLIS", "libatlas": "ATLAS"}
    try:
        with open("/proc/self/maps") as maps:
            files = sorted({line.split()[-1].rsplit("/", 1)[-1] for line in maps if "/" in line})
    except OSError:
        return "a BLAS that is not known"
    for file in files:
        for start, name in names.items():
            if file.startswith(start):
                return f"{name} ({file})"
    if "mkl" in torch.__config__.show().lower():
        return "MKL, built in"
    return "a BLAS that is not known"


def main():
    if len(sys.argv) != 6:
        sys.exit(__doc__)
    steps, batch, inputs, units = map(int, sys.argv[1:5])
    seconds = float(sys.argv[5])
    if uses_reference_blas():
        sys.exit("found the reference BLAS, several times slower than others (Debian: apt-get install libopenblas0-pthread)")
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", os.cpu_count())))
    torch.manual_seed(1)

    gru = torch.nn.GRU(inputs, units)
    solver = torch.optim.SGD(gru.parameters(), lr=0.01)
    x = torch.randn(steps, batch, inputs)
    target = 0.1 * torch.randn(batch, units)

    def step():
        solver.zero_grad(set_to_none=True)
        states, _ = gru(x)
        loss = torch.nn.functional.mse_loss(states[-1], target)
        loss.backward()
        solver.step()
        return loss

    def repeat(seconds, least):
        nanoseconds = []
        start = last = time.perf_counter_ns()
        while len(nanoseconds) < least or last - start < 1e9 * seconds:
            loss = step()
            now = time.perf_counter_ns()
            nanoseconds.append(now - last)
            last = now
        if not math.isfinite(loss.item()):
            sys.exit("found a loss that is not finite")
        return nanoseconds

    repeat(seconds / 5, 1)  # warm up
    nanoseconds = repeat(seconds, 3)
    print(json.dumps({
        "program": f"PyTorch {torch.__version__} nn.GRU with {blas()}",
        "iterations": len(nanoseconds),
        "median_ns": statistics.median(nanoseconds),
    }))


if __name__ == "__main__":
    main()
