"""Writes torch_gru_state.json: two stacked GRU layers of PyTorch that are given their initial states and return the final
ones, on sequences of unequal length, without biases.

Run with Debian's python3-torch: /usr/bin/python3 torch_gru_state.py

Every number is drawn. Numbers are float64; matrices are lists of rows in PyTorch's own layout. outputs are those of the
upper layer, 0 at padded steps; initial and final are [layers,B,H]. The loss is the sum of outputs⊙targets over the steps that
count and of final⊙final_targets; gradients are those of the loss.
"""

import json

import torch

STEPS, BATCH, INPUTS, UNITS, LAYERS = 6, 4, 3, 5, 2
LENGTHS = [4, 6, 1, 5]

torch.manual_seed(20240301)
torch.set_default_dtype(torch.float64)

gru = torch.nn.GRU(INPUTS, UNITS, num_layers=LAYERS, bias=False)
with torch.no_grad():
    for weight in gru.parameters():
        weight.normal_(0, 0.7)

x = torch.randn(STEPS, BATCH, INPUTS, requires_grad=True)
initial = torch.randn(LAYERS, BATCH, UNITS, requires_grad=True)
targets = torch.randn(STEPS, BATCH, UNITS)
final_targets = torch.randn(LAYERS, BATCH, UNITS)

packed = torch.nn.utils.rnn.pack_padded_sequence(x, LENGTHS, enforce_sorted=False)
packed_outputs, final = gru(packed, initial)
outputs, _ = torch.nn.utils.rnn.pad_packed_sequence(packed_outputs, total_length=STEPS)
loss = (outputs * targets).sum() + (final * final_targets).sum()
loss.backward()

with open("torch_gru_state.json", "w") as f:
    json.dump(
        {
            "source": "torch_gru_state.py, PyTorch " + torch.__version__,
            "lengths": LENGTHS,
            "inputs": x.flatten().tolist(),
            "targets": targets.flatten().tolist(),
            "final_targets": final_targets.flatten().tolist(),
            "initial": initial.flatten().tolist(),
            "outputs": outputs.flatten().tolist(),
            "final": final.flatten().tolist(),
            "loss": loss.item(),
            "weights": {k: v.tolist() for k, v in gru.named_parameters()},
            "gradients": {k: v.grad.tolist() for k, v in gru.named_parameters()},
            "initial_gradient": initial.grad.flatten().tolist(),
        },
        f,
        indent=1,
    )
    f.write("\n")
