"""Writes torch_around.json: normalizations and convolutions of PyTorch on sequences of unequal length.

Run with Debian's python3-torch: /usr/bin/python3 torch_around.py

Every weight is drawn. Numbers are float64; arrays are time-major and flat, row by row. Kernels of convolutions are in the
layout [kernel_size, inputs, filters]. Normalizations over the batch see the steps that count, in the order of time; their
momentum is 1 − 0.9. The loss of a case is the mean over all steps that count of the mean squared difference from targets;
gradients are those of the loss.
"""

import json

import torch

STEPS, BATCH, INPUTS, FILTERS = 5, 4, 3, 2
LENGTHS = [3, 5, 0, 4]

torch.manual_seed(20240301)
torch.set_default_dtype(torch.float64)

mask = torch.tensor([[1.0 if t < n else 0.0 for n in LENGTHS] for t in range(STEPS)])
inputs = [torch.randn(STEPS, BATCH, INPUTS) for _ in range(2)]
targets = {width: torch.randn(STEPS, BATCH, width) for width in (INPUTS, FILTERS)}


def flat(tensor):
    return tensor.detach().flatten().tolist()


def drawn(module):
    with torch.no_grad():
        for weight in module.parameters():
            weight.normal_(0, 0.7)
    return module


def training(module, outputs):
    """One training step: outputs at the steps that count, loss and gradients."""
    module.zero_grad()
    loss = (((outputs - targets[outputs.shape[-1]]) ** 2).mean(-1) * mask).sum() / mask.sum()
    loss.backward()
    return {"outputs": flat(outputs * mask[..., None]), "loss": loss.item()}


def convolution(kernel_size, dilation, causal):
    conv = drawn(torch.nn.Conv1d(INPUTS, FILTERS, kernel_size, dilation=dilation))
    span = dilation * (kernel_size - 1)
    before = span if causal else span // 2
    x = (inputs[0] * mask[..., None]).permute(1, 2, 0)  # [B,D,T]
    y = conv(torch.nn.functional.pad(x, (before, span - before)))
    case = training(conv, y.permute(2, 0, 1))
    weights = {"kernel": conv.weight, "bias": conv.bias}
    layout = lambda name, w: flat(w.permute(2, 1, 0) if name == "kernel" else w)
    case["weights"] = {name: layout(name, w) for name, w in weights.items()}
    case["gradients"] = {name: layout(name, w.grad) for name, w in weights.items()}
    case.update(kernel_size=kernel_size, dilation=dilation, causal=causal)
    return case


def normalization(module, apply):
    weights = {"gamma": module.weight, "beta": module.bias}
    case = training(module, apply(inputs[0]))
    case["weights"] = {name: flat(w) for name, w in weights.items()}
    case["gradients"] = {name: flat(w.grad) for name, w in weights.items()}
    return case


def batch_norm():
    norm = drawn(torch.nn.BatchNorm1d(INPUTS, eps=1e-3, momentum=0.1))

    def apply(x):
        y = torch.zeros_like(x)
        y[mask > 0] = norm(x[mask > 0])
        return y

    case = normalization(norm, apply)
    apply(inputs[1])
    case["running_mean"], case["running_variance"] = flat(norm.running_mean), flat(norm.running_var)
    norm.eval()
    case["evaluation"] = flat(apply(inputs[0]))
    return case


layer_norm = drawn(torch.nn.LayerNorm(INPUTS, eps=1e-3))
with open("torch_around.json", "w") as f:
    json.dump(
        {
            "source": "torch_around.py, PyTorch " + torch.__version__,
            "lengths": LENGTHS,
            "inputs": [flat(x) for x in inputs],
            "targets": {str(width): flat(t) for width, t in targets.items()},
            "convolutions": [convolution(*options) for options in [(3, 1, False), (4, 1, False), (3, 2, False), (3, 2, True), (1, 1, True)]],
            "layer_norm": normalization(layer_norm, layer_norm),
            "batch_norm": batch_norm(),
        },
        f,
        indent=1,
    )
    f.write("\n")
