"""Writes two models of PyTorch with what they predict.

Run with Debian's python3-torch and python3-numpy: /usr/bin/python3 torch_models.py

numbers.*   two stacked bidirectional GRU layers and a Linear at every step
tokens.*    an Embedding, a GRU and a Linear on the last state, under names of its own

X.safetensors is the state_dict in float32, written by hand. numbers.keras.npz holds the weights of numbers in the layout
of Keras: the gates z, r, n in columns, both biases in one. *.inputs.npy, *.lengths.npy and *.outputs*.npy are time-major;
steps beyond a length are 0. Every weight is drawn, so that no two gates, layers or directions are alike.
"""

import json
import struct

import numpy as np
import torch

torch.manual_seed(20240301)

STEPS, BATCH, INPUTS, UNITS, OUTPUTS, VOCABULARY = 7, 5, 3, 4, 2, 11
LENGTHS = torch.tensor([4, 7, 1, 6, 3])


def write_safetensors(name, tensors):
    header, data = {}, b""
    for key, value in tensors.items():
        raw = value.detach().contiguous().numpy().astype("<f4").tobytes()
        header[key] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    with open(name, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def draw(*modules):
    with torch.no_grad():
        for module in modules:
            for weight in module.parameters():
                weight.normal_(0, 0.6)


def save(name, value):
    np.save(name, value.detach().numpy())


def packed(x, lengths):
    return torch.nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)


# numbers
gru = torch.nn.GRU(INPUTS, UNITS, num_layers=2, bidirectional=True)
fc = torch.nn.Linear(2 * UNITS, OUTPUTS)
draw(gru, fc)
weights = {**gru.state_dict(), "fc.weight": fc.weight, "fc.bias": fc.bias}
write_safetensors("numbers.safetensors", weights)

x = torch.randn(STEPS, BATCH, INPUTS)
save("numbers.inputs.npy", x)
save("numbers.lengths.npy", LENGTHS)
save("numbers.outputs.npy", fc(gru(x)[0]))
states, _ = torch.nn.utils.rnn.pad_packed_sequence(gru(packed(x, LENGTHS))[0], total_length=STEPS)
mask = (torch.arange(STEPS)[:, None] < LENGTHS).float()
save("numbers.outputs.lengths.npy", fc(states) * mask[:, :, None])


def zrn(columns):
    r, z, n = np.split(columns, 3, axis=-1)
    return np.concatenate([z, r, n], axis=-1)


keras = {}
for layer, wrapper in enumerate(["bidirectional", "bidirectional_1"]):
    for end, name in [("", "forward_gru"), ("_reverse", "backward_gru")]:
        get = lambda kind: weights[f"{kind}_l{layer}{end}"].detach().numpy()
        cell = f"{wrapper}/{name}/gru_cell/"
        keras[cell + "kernel"] = zrn(get("weight_ih").T)
        keras[cell + "recurrent_kernel"] = zrn(get("weight_hh").T)
        keras[cell + "bias"] = zrn(np.stack([get("bias_ih"), get("bias_hh")]))
keras["dense/kernel"] = fc.weight.detach().numpy().T
keras["dense/bias"] = fc.bias.detach().numpy()
np.savez("numbers.keras.npz", **keras)

# tokens
embedding = torch.nn.Embedding(VOCABULARY, INPUTS)
rnn = torch.nn.GRU(INPUTS, UNITS)
head = torch.nn.Linear(UNITS, OUTPUTS)
draw(embedding, rnn, head)
modules = {"words": embedding, "model.rnn": rnn, "head.out": head}
write_safetensors("tokens.safetensors", {f"{m}.{k}": v for m, module in modules.items() for k, v in module.state_dict().items()})
ids = torch.randint(0, VOCABULARY, (STEPS, BATCH))
save("tokens.inputs.npy", ids)
save("tokens.lengths.npy", LENGTHS)
save("tokens.outputs.lengths.npy", head(rnn(packed(embedding(ids), LENGTHS))[1][0]))
