"""Runs one case through PyTorch."""

import warnings

import torch
from truth_torch import differentiable

torch.set_num_threads(1)
warnings.filterwarnings("ignore")


def run(case, bits):
    dtype = torch.float64 if bits == 64 else torch.float32
    inputs, shapes, options = case["inputs"], case.get("shapes", {}), dict(case["options"])

    def tensor(key, grad=False):
        shape = shapes.get(key, case["shape"])
        if key == "labels" or (key == "t" and case.get("target") == "index"):
            return torch.tensor(inputs[key], dtype=torch.int64).reshape(shape)
        values = [float(v) for v in inputs[key]]
        return torch.tensor(values, dtype=dtype).reshape(shape).requires_grad_(grad)

    for key in ("weight", "pos_weight"):
        if key in inputs:
            options[key] = tensor(key)
    wants_dt = differentiable(case)
    x, t = tensor("x", True), tensor("t", wants_dt)
    arguments = [x, t] + ([tensor("labels")] if "labels" in inputs else [])
    if hasattr(torch.nn, case["name"]):
        value = getattr(torch.nn, case["name"])(**options)(*arguments)
    else:
        value = getattr(torch.nn.functional, case["name"])(*arguments, **options)
    upstream = torch.ones_like(value)
    if "upstream" in inputs:
        upstream = torch.tensor(inputs["upstream"], dtype=dtype).reshape(value.shape)
    (value * upstream).sum().backward()

    def flat(tensor):
        return list(tensor.detach().numpy().reshape(-1))

    result = {"value": flat(value), "dx": flat(x.grad)}
    if wants_dt:
        result["dt"] = flat(t.grad)
    return result
