"""Writes goldens.json: what PyTorch makes of the same parameters and gradients, step by step.

Run with Debian's python3-torch (1.13):  /usr/bin/python3 goldens.py > goldens.json

Gradients are given, not differentiated, so that every step sees the same ones whatever the rule. Penalties are
differentiated by autograd. What torch.optim 1.13 does not have is written out here, from the papers: the EMA form of
momentum (its own ignores dampening in the first step), AdaBelief, Lion, Lookahead, adaptive clipping and centralization.
So are NAdam, where 1.13 multiplies by one momentum too many (later versions do not), and the averages of ASGD, whose
learning rate it keeps in float32.
"""
import json

import torch
from torch.optim import SGD, Adadelta, Adagrad, Adam, AdamW, RAdam, RMSprop, Rprop
from torch.optim import lr_scheduler as schedule
from torch.optim.swa_utils import AveragedModel

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


class Written(torch.optim.Optimizer):
    """A rule as a function of parameter, gradient, state and step (from 1), with decoupled weight decay."""

    def __init__(self, groups, lr, rule, weight_decay=0.0):
        self.rule = rule
        super().__init__(groups, dict(lr=lr, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["t"] = state.get("t", 0) + 1
                direction = self.rule(p.grad, state)
                p.sub_(group["lr"] * (direction + group["weight_decay"] * p))


def adabelief(beta1, beta2, eps):
    def rule(g, state):
        m = state["m"] = beta1 * state.get("m", 0 * g) + (1 - beta1) * g
        s = state["s"] = beta2 * state.get("s", 0 * g) + (1 - beta2) * (g - m) ** 2 + eps
        return m / (1 - beta1 ** state["t"]) / ((s / (1 - beta2 ** state["t"])).sqrt() + eps)
    return rule


def nadam(beta1, beta2, eps, decay):
    def mu(t):
        return beta1 * (1 - 0.5 * 0.96 ** (t * decay))

    def rule(g, state):
        t = state["t"]
        m = state["m"] = beta1 * state.get("m", 0 * g) + (1 - beta1) * g
        v = state["v"] = beta2 * state.get("v", 0 * g) + (1 - beta2) * g * g
        product = state["product"] = state.get("product", 1.0) * mu(t)
        nesterov = mu(t + 1) * m / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
        return nesterov / ((v / (1 - beta2 ** t)).sqrt() + eps)
    return rule


class Averaged(SGD):
    """The mean of the parameters after all steps but the first ones."""

    def __init__(self, params, lr, after):
        super().__init__(params, lr=lr)
        self.after, self.seen = after, []

    @torch.no_grad()
    def step(self):
        super().step()
        self.seen.append([p.detach().clone() for p in self.param_groups[0]["params"]])

    def means(self):
        return [torch.stack(ps).mean(dim=0) for ps in zip(*self.seen[self.after:])]


def lion(beta1, beta2):
    def rule(g, state):
        m = state.get("m", 0 * g)
        state["m"] = beta2 * m + (1 - beta2) * g
        return (beta1 * m + (1 - beta1) * g).sign()
    return rule


class Lookahead:
    def __init__(self, inner, k, alpha):
        self.inner, self.k, self.alpha, self.steps = inner, k, alpha, 0
        self.params = [p for group in inner.param_groups for p in group["params"]]
        self.slow = [p.detach().clone() for p in self.params]

    @torch.no_grad()
    def step(self):
        self.inner.step()
        self.steps += 1
        if self.steps % self.k == 0:
            for p, slow in zip(self.params, self.slow):
                slow += self.alpha * (p - slow)
                p.copy_(slow)


def clip_param_norm(limit):
    def apply(params):
        for p in params.values():
            p.grad.mul_(min(1.0, limit / p.grad.norm().item()))
    return apply


def clip_adaptive(limit):
    def apply(params):
        for p in params.values():  # a column is a unit; a vector is one column
            axes = {} if p.dim() < 2 else dict(dim=0, keepdim=True)
            weights = torch.linalg.vector_norm(p.detach(), **axes).clamp(min=1e-3)
            p.grad.mul_((limit * weights / torch.linalg.vector_norm(p.grad, **axes)).clamp(max=1))
    return apply


def centralize(params):
    for r in ("kernel", "recurrent_kernel"):
        params[r].grad.sub_(params[r].grad.mean(dim=0, keepdim=True))


def rates(params, of):
    return [{"params": [params[r]], **of.get(r, {})} for r in params]


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
    ("rmsprop, centered", "{name: rmsprop, rho: 0.9, centered: true}", lambda p: RMSprop(p.values(), lr=0.001, alpha=0.9, eps=1e-8, centered=True), [], None),
    ("rmsprop, momentum", "{name: rmsprop, learning_rate: 0.01, momentum: 0.9}", lambda p: RMSprop(p.values(), lr=0.01, alpha=0.9, eps=1e-8, momentum=0.9), [], None),
    ("rmsprop, centered, momentum", "{name: rmsprop, centered: true, momentum: 0.5}", lambda p: RMSprop(p.values(), lr=0.001, alpha=0.9, eps=1e-8, momentum=0.5, centered=True), [], None),
    ("gd", "{name: gd, learning_rate: 0.1}", lambda p: SGD(p.values(), lr=0.1), [], None),
    ("adadelta", "{name: adadelta}", lambda p: Adadelta(p.values(), lr=1.0, rho=0.9, eps=1e-6), [], None),
    ("amsgrad", "{name: amsgrad, learning_rate: 0.1, beta2: 0.5}", lambda p: Adam(p.values(), lr=0.1, betas=(0.9, 0.5), amsgrad=True), [], None),
    ("nadam", "{name: nadam}", lambda p: Written(p.values(), 0.002, nadam(0.9, 0.999, 1e-8, 0.004)), [], None),
    ("radam", "{name: radam, beta2: 0.5}", lambda p: RAdam(p.values(), betas=(0.9, 0.5)), [], None),
    ("radam, trusting", "{name: radam, learning_rate: 0.1}", lambda p: RAdam(p.values(), lr=0.1), [], None),
    ("adabelief", "{name: adabelief}", lambda p: Written(p.values(), 0.001, adabelief(0.9, 0.999, 1e-16)), [], None),
    ("adabelief, decay", "{name: adabelief, learning_rate: 0.1, epsilon: 0.01, weight_decay: 0.2}", lambda p: Written(groups(p, 0.2), 0.1, adabelief(0.9, 0.999, 0.01)), [], None),
    ("lion", "{name: lion, learning_rate: 0.01}", lambda p: Written(p.values(), 0.01, lion(0.9, 0.99)), [], None),
    ("lion, decay", "{name: lion, learning_rate: 0.01, beta1: 0.5, weight_decay: 0.5}", lambda p: Written(groups(p, 0.5), 0.01, lion(0.5, 0.99)), [], None),
    ("rprop", "{name: rprop}", lambda p: Rprop(p.values(), lr=0.01), [], None),
    ("rprop, bounds", "{name: rprop, growth: 2, shrinkage: 0.25, min_step: 0.005, max_step: 0.015}", lambda p: Rprop(p.values(), lr=0.01, etas=(0.25, 2), step_sizes=(0.005, 0.015)), [], None),
    ("asgd", "{name: asgd, learning_rate: 0.1, average_after: 2}", lambda p: Averaged(p.values(), 0.1, 2), [], None),
    ("lookahead", "{learning_rate: 0.1, lookahead: {steps: 2, rate: 0.3}}", lambda p: Lookahead(Adam(p.values(), lr=0.1), 2, 0.3), [], None),
    ("groups", "{name: adamw, learning_rate: 0.1, weight_decay: 0.3, groups: [{roles: [bias], learning_rate_factor: 0.1, weight_decay: 0.2}, {names: [kernel], learning_rate_factor: 2}]}",
     lambda p: AdamW(rates(p, {"bias": dict(lr=0.01, weight_decay=0.2), "kernel": dict(lr=0.2)}), lr=0.1, weight_decay=0.3), [], None),
    ("frozen group", "{name: sgd, learning_rate: 0.1, groups: [{names: [bias], freeze: true}]}", lambda p: SGD([p["kernel"], p["recurrent_kernel"]], lr=0.1), [], None),
    ("clip the norm of each", "{name: sgd, learning_rate: 0.1, clip_param_norm: 2}", lambda p: SGD(p.values(), lr=0.1), [clip_param_norm(2)], None),
    ("clip adaptively", "{name: sgd, learning_rate: 0.1, clip_adaptive: 0.9}", lambda p: SGD(p.values(), lr=0.1), [clip_adaptive(0.9)], None),
    ("centralize", "{name: sgd, learning_rate: 0.1, centralize: true}", lambda p: SGD(p.values(), lr=0.1), [centralize], None),
    ("momentum, scheduled", "{name: momentum, form: classical, learning_rate: 0.1, momentum_schedule: {name: linear}}",
     lambda p: SGD(p.values(), lr=0.1, momentum=0.9), [], ("momentum", 0.9)),
    ("weight decay, scheduled", "{name: adamw, learning_rate: 0.1, weight_decay: 0.3, weight_decay_schedule: {name: linear}}",
     lambda p: AdamW(groups(p, 0.3), lr=0.1), [], ("weight_decay", 0.3)),
    ("ema of adam", "{learning_rate: 0.1, average: {decay: 0.7}}", lambda p: Shadowed(Adam(p.values(), lr=0.1), p, 0, lambda mean, now, n: 0.7 * mean + 0.3 * now), [], None),
    ("swa of sgd", "{name: sgd, learning_rate: 0.1, average: {kind: swa}}", lambda p: Shadowed(SGD(p.values(), lr=0.1), p, 4, None), [], None),
    ("swa from a step on", "{name: sgd, learning_rate: 0.1, average: {kind: swa, after: 2}}", lambda p: Shadowed(SGD(p.values(), lr=0.1), p, 2, None), [], None),
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


# name, our configuration, schedule of an optimizer, in a training of 20 epochs of so many steps. PyTorch's change with every
# step unless per epoch is asked for.
SCHEDULES = [
    ("constant", "{}", lambda o: schedule.ConstantLR(o, 1.0, 1), 1),
    ("exponential", "{name: exponential, factor: 0.7}", lambda o: schedule.ExponentialLR(o, 0.7), 1),
    ("step", "{name: step, every: 4, factor: 0.3}", lambda o: schedule.StepLR(o, 12, 0.3), 3),
    ("multi_step", "{name: multi_step, at: [2, 5, 11], factor: 0.1}", lambda o: schedule.MultiStepLR(o, [6, 15, 33], 0.1), 3),
    ("inverse_time", "{name: inverse_time, every: 2, factor: 0.4}", lambda o: schedule.LambdaLR(o, lambda t: 1 / (1 + 1.5 * t / 6)), 3),
    ("linear", "{name: linear, final: 0.25}", lambda o: schedule.LinearLR(o, 1.0, 0.25, 60), 3),
    ("polynomial", "{name: polynomial, power: 3}", lambda o: schedule.PolynomialLR(o, 60, 3.0), 3),
    ("cosine", "{name: cosine, final: 0.1}", lambda o: schedule.CosineAnnealingLR(o, 20, 0.01), 1),
    ("cosine_restarts", "{name: cosine_restarts, every: 3, final: 0.2}", lambda o: schedule.CosineAnnealingWarmRestarts(o, 3, 1, 0.02), 1),
    ("cosine_restarts, longer", "{name: cosine_restarts, every: 2, stretch: 2}", lambda o: schedule.CosineAnnealingWarmRestarts(o, 6, 2), 3),
    ("one_cycle", "{name: one_cycle}", lambda o: schedule.OneCycleLR(o, 0.1, total_steps=60, cycle_momentum=False), 3),
    ("one_cycle, other options", "{name: one_cycle, initial: 0.1, final: 0.001, rise: 0.5}",
     lambda o: schedule.OneCycleLR(o, 0.1, total_steps=20, cycle_momentum=False, div_factor=10, final_div_factor=100, pct_start=0.5), 1),
    ("cyclic", "{name: cyclic, every: 4, initial: 0.2}", lambda o: schedule.CyclicLR(o, 0.02, 0.1, 6, cycle_momentum=False), 3),
    ("cyclic, triangular2", "{name: cyclic, every: 5, initial: 0.2, rise: 0.2, factor: 0.5}",
     lambda o: schedule.CyclicLR(o, 0.02, 0.1, 3, 12, mode="triangular2", cycle_momentum=False), 3),
    ("per epoch", "{name: exponential, factor: 0.7, per: epoch}", lambda o: schedule.LambdaLR(o, lambda t: 0.7 ** (t // 3)), 3),
    ("chain", "{name: chain, parts: [{epochs: 4, from: 0.5}, {epochs: 6, schedule: {name: linear, final: 0.5}}, {from: 0.5, schedule: {name: exponential}}]}",
     lambda o: schedule.SequentialLR(o, [schedule.ConstantLR(o, 0.5, 1000), schedule.LinearLR(o, 1.0, 0.5, 6),
                                         schedule.LambdaLR(o, lambda t: 0.5 * 0.95 ** t)], [4, 10]), 1),
]


def learning_rates(scheduler, steps):
    o = SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    s = scheduler(o)
    values = []
    for i in range(steps):
        values.append(o.param_groups[0]["lr"])
        o.step()
        if i < steps - 1:
            s.step()
    return values


class Shadowed:
    """An optimizer beside PyTorch's AveragedModel, from a step on. Of 5 epochs of one step, three quarters are 3.75 steps, rounded 4."""

    def __init__(self, optimizer, params, after, average):
        self.optimizer, self.after, self.steps = optimizer, after, 0
        self.model = torch.nn.ParameterList([p for p in params.values()])
        self.shadow = AveragedModel(self.model, avg_fn=average)
        self.param_groups = optimizer.param_groups

    def step(self):
        self.optimizer.step()
        if self.steps >= self.after:
            self.shadow.update_parameters(self.model)
        self.steps += 1

    def means(self):
        return list(self.shadow.parameters())


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
            s = scheduler(o) if callable(scheduler) else None
            values = []
            for i, g in enumerate(gradients):
                if isinstance(scheduler, tuple):  # an option that falls to 0 at uniform speed
                    o.param_groups[0][scheduler[0]] = scheduler[1] * (1 - i / STEPS)
                for r, p in params.items():
                    p.grad = g[r].to(dtype).clone()
                for change in changes:
                    change(params)
                o.step()
                if s:
                    s.step()
                values.append(flat(params))
            case[str(dtype).removeprefix("torch.")] = values
            if isinstance(o, (Averaged, Shadowed)):
                case["averages_" + str(dtype).removeprefix("torch.")] = flat(dict(zip(params, o.means())))
        cases.append(case)
    head = {"torch": torch.__version__, "shapes": ROLES, "initial": flat(initial), "gradients": [flat(g) for g in gradients]}
    rates = [{"name": name, "config": config, "steps_per_epoch": per, "values": learning_rates(s, 20 * per)} for name, config, s, per in SCHEDULES]
    lines = lambda items: "[\n" + ",\n".join(json.dumps(i) for i in items) + "\n]"
    print(json.dumps(head)[:-1] + ', "cases": ' + lines(cases) + ', "schedules": ' + lines(rates) + "}")


main()
