"""Writes torch_gru.json, torch_lstm.json and torch_rnn.json: two stacked bidirectional layers of PyTorch on sequences of
unequal length.

Run with Debian's python3-torch: /usr/bin/python3 torch_recurrent.py

Every weight is drawn, so that no two gates, layers or directions are alike. Numbers are float64; matrices are lists of
rows in PyTorch's own layout. outputs are 0 at padded steps. The loss is the mean over all steps that count of the mean
squared difference from targets; gradients are those of the loss.
"""

import json

import torch

STEPS, BATCH, INPUTS, UNITS, LAYERS = 5, 4, 3, 2, 2
LENGTHS = [3, 5, 1, 4]

torch.set_default_dtype(torch.float64)


def write(name, module):
    torch.manual_seed(20240229)
    layer = module(INPUTS, UNITS, num_layers=LAYERS, bidirectional=True)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.normal_(0, 0.7)

    x = torch.randn(STEPS, BATCH, INPUTS)
    targets = torch.randn(STEPS, BATCH, 2 * UNITS)
    mask = torch.tensor([[1.0 if t < n else 0.0 for n in LENGTHS] for t in range(STEPS)])

    packed = torch.nn.utils.rnn.pack_padded_sequence(x, LENGTHS, enforce_sorted=False)
    packed_outputs, last = layer(packed)
    if isinstance(last, tuple):  # an LSTM has its memory beside
        last = last[0]
    outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(packed_outputs, total_length=STEPS)
    loss = (((outputs - targets) ** 2).mean(-1) * mask).sum() / mask.sum()
    loss.backward()

    with open(f"torch_{name}.json", "w") as f:
        json.dump(
            {
                "source": "torch_recurrent.py, PyTorch " + torch.__version__,
                "lengths": LENGTHS,
                "inputs": x.flatten().tolist(),
                "targets": targets.flatten().tolist(),
                "outputs": outputs.flatten().tolist(),
                "last": torch.cat([last[-2], last[-1]], dim=-1).flatten().tolist(),
                "loss": loss.item(),
                "weights": {k: v.tolist() for k, v in layer.named_parameters()},
                "gradients": {k: v.grad.tolist() for k, v in layer.named_parameters()},
            },
            f,
            indent=1,
        )
        f.write("\n")


write("gru", torch.nn.GRU)
write("lstm", torch.nn.LSTM)
write("rnn", torch.nn.RNN)
