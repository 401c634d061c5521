"""Writes goldens.json: what PyTorch makes of the same parameters and gradients, step by step.

Run with Debian's python3-torch (1.13):  /usr/bin/python3 goldens.py > goldens.json

Gradients are given, not differentiated, so that every step sees the same ones whatever the rule. Penalties are
differentiated by autograd. The EMA form of momentum is not in torch.optim (whose first step ignores dampening) and is
written out here.
"""
import json

import torch
from torch.optim import SGD, Adagrad, Adam, AdamW, RMSprop
from torch.optim import lr_scheduler as schedule

STEPS = 5
ROLES = {"kernel": (2, 3), "recurrent_kernel": (3, 3), "bias": (3,)}
WEIGHTS = ("kernel", "recurrent_kernel")


class EMA(torch.optim.Optimizer):
    def __init__(self, params, lr, mu, nesterov):
        super().__init__(params, dict(lr=lr, mu=mu, nesterov=nesterov))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                v = self.state[p].setdefault("v", torch.zeros_like(p))
                v.copy_(group["mu"] * v + (1 - group["mu"]) * p.grad)
                step = v
                if group["nesterov"]:
                    step = group["mu"] * v + (1 - group["mu"]) * p.grad
                p.sub_(group["lr"] * step)


def clip_norm(limit):
    def apply(params):
        norm = torch.linalg.vector_norm(torch.cat([p.grad.flatten() for p in params.values()]))
        if norm > limit:
            for p in params.values():
                p.grad.mul_(limit / norm)
    return apply


def clip_value(limit):
    return lambda params: torch.nn.utils.clip_grad_value_(list(params.values()), limit)


def penalty(l1=0.0, l2=0.0, roles=WEIGHTS):
    def apply(params):  # backward adds to the gradients that are there
        sum(l1 * params[r].abs().sum() + l2 * params[r].square().sum() for r in roles).backward()
    return apply


def groups(params, decay):
    return [
        {"params": [params[r] for r in WEIGHTS], "weight_decay": decay},
        {"params": [params["bias"]], "weight_decay": 0.0},
    ]


# name, our configuration, optimizer of the parameters, changes of the gradients, schedule of the optimizer
CASES = [
    ("sgd", "{name: sgd, learning_rate: 0.1}", lambda p: SGD(p.values(), lr=0.1), [], None),
    ("momentum", "{name: momentum, form: classical, learning_rate: 0.1}", lambda p: SGD(p.values(), lr=0.1, momentum=0.9), [], None),
    ("nesterov", "{name: nesterov, form: classical, momentum: 0.8, learning_rate: 0.1}", lambda p: SGD(p.values(), lr=0.1, momentum=0.8, nesterov=True), [], None),
    ("momentum, moving average", "{name: momentum, learning_rate: 0.1}", lambda p: EMA(p.values(), 0.1, 0.9, False), [], None),
    ("nesterov, moving average", "{name: nesterov, learning_rate: 0.1}", lambda p: EMA(p.values(), 0.1, 0.9, True), [], None),
    ("adagrad", "{name: adagrad}", lambda p: Adagrad(p.values(), lr=0.01, eps=1e-10), [], None),
    ("rmsprop", "{name: rmsprop, rho: 0.99}", lambda p: RMSprop(p.values(), lr=0.001, alpha=0.99, eps=1e-8), [], None),
    ("adam", "{}", lambda p: Adam(p.values()), [], None),
    ("adam, other options", "{learning_rate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 0.01}", lambda p: Adam(p.values(), lr=0.1, betas=(0.5, 0.9), eps=0.01), [], None),
    ("adamw", "{name: adamw, learning_rate: 0.1, weight_decay: 0.3}", lambda p: AdamW(groups(p, 0.3), lr=0.1), [], None),
    ("adamw, scheduled", "{name: adamw, learning_rate: 0.1, weight_decay: 0.3, schedule: {name: step, every: 2, factor: 0.1}}",
     lambda p: AdamW(groups(p, 0.3), lr=0.1), [], lambda o: schedule.StepLR(o, 2, 0.1)),
    ("clip norm", "{name: sgd, learning_rate: 0.1, clip_norm: 2}", lambda p: SGD(p.values(), lr=0.1), [clip_norm(2)], None),
    ("clip value", "{name: sgd, learning_rate: 0.1, clip_value: 0.4}", lambda p: SGD(p.values(), lr=0.1), [clip_value(0.4)], None),
    ("l1 and l2", "{name: sgd, learning_rate: 0.1, l1: 0.2, l2: 0.3}", lambda p: SGD(p.values(), lr=0.1), [penalty(0.2, 0.3)], None),
    ("penalty of a role", "{name: sgd, learning_rate: 0.1, penalties: {bias: {l2: 0.5}}}", lambda p: SGD(p.values(), lr=0.1), [penalty(l2=0.5, roles=["bias"])], None),
    ("all before adam", "{learning_rate: 0.1, clip_value: 0.8, clip_norm: 1, l2: 0.3}", lambda p: Adam(p.values(), lr=0.1),
     [clip_value(0.8), clip_norm(1), penalty(l2=0.3)], None),
    ("exponential", "{name: sgd, learning_rate: 0.1, schedule: {name: exponential, factor: 0.7}}", lambda p: SGD(p.values(), lr=0.1), [],
     lambda o: schedule.ExponentialLR(o, 0.7)),
    ("linear", "{name: sgd, learning_rate: 0.1, schedule: {name: linear, final: 0.2}}", lambda p: SGD(p.values(), lr=0.1), [],
     lambda o: schedule.LinearLR(o, 1.0, 0.2, STEPS)),
    ("cosine", "{name: sgd, learning_rate: 0.1, schedule: {name: cosine, final: 0.2}}", lambda p: SGD(p.values(), lr=0.1), [],
     lambda o: schedule.CosineAnnealingLR(o, STEPS, 0.1 * 0.2)),
]


def flat(tensors):
    return {name: t.detach().flatten().tolist() for name, t in tensors.items()}


def main():
    torch.manual_seed(1)
    initial = {r: torch.randn(s, dtype=torch.float64).float() for r, s in ROLES.items()}
    gradients = [{r: torch.randn(s, dtype=torch.float64).float() for r, s in ROLES.items()} for _ in range(STEPS)]
    cases = []
    for name, config, optimizer, changes, scheduler in CASES:
        case = {"name": name, "config": config}
        for dtype in (torch.float32, torch.float64):
            params = {r: t.to(dtype).clone().requires_grad_() for r, t in initial.items()}
            o = optimizer(params)
            s = scheduler(o) if scheduler else None
            values = []
            for g in gradients:
                for r, p in params.items():
                    p.grad = g[r].to(dtype).clone()
                for change in changes:
                    change(params)
                o.step()
                if s:
                    s.step()
                values.append(flat(params))
            case[str(dtype).removeprefix("torch.")] = values
        cases.append(case)
    head = {"torch": torch.__version__, "shapes": ROLES, "initial": flat(initial), "gradients": [flat(g) for g in gradients]}
    print(json.dumps(head)[:-1] + ', "cases": [\n' + ",\n".join(json.dumps(c) for c in cases) + "\n]}")


main()
