"""The truth of a PyTorch case: formula, weights, reduction, upstream."""

from math import prod

import formula_elementwise
import formula_rows
from entry import INF, NAN, ZERO, Entry, total
from layout import broadcast, rows
from mpmath import mpf


def numbers(case, key):
    flat = case["inputs"].get(key)
    return None if flat is None else [mpf(v) for v in flat]


def spread(case, key, to):
    """An optional tensor of weights, as large as what it multiplies."""
    flat = numbers(case, key)
    if flat is None:
        return [mpf(1)] * prod(to)
    return broadcast(flat, case["shapes"][key], to)


def reduction(options):
    """The legacy pair decides where it is given."""
    if "reduce" in options or "size_average" in options:
        if not options.get("reduce", True):
            return "none"
        return "mean" if options.get("size_average", True) else "sum"
    return options.get("reduction", "mean")


def parts(case):
    """Parts, and the divisor of the mean."""
    shape, name, options = case["shape"], case["name"], case["options"]
    x = numbers(case, "x")
    if name in formula_elementwise.FORMULAS:
        found = formula_elementwise.parts(case, x, numbers(case, "t"), spread(case, "pos_weight", shape))
        for part, weight in zip(found, spread(case, "weight", shape)):
            part.value = part.value.times(weight)
            for slopes in (part.dx, part.dt or {}):
                for i, slope in slopes.items():
                    slopes[i] = slope.times(weight)
        # mse_loss and l1_loss divide by the weights, all else by the count.
        if name in ("mse_loss", "l1_loss") and "weight" in case["inputs"]:
            return found, sum(spread(case, "weight", shape))
        return found, mpf(len(found))
    if name in ("CosineEmbeddingLoss", "cosine_embedding_loss"):
        lines = rows(shape, -1)
        found = formula_rows.cosine_embedding(x, lines, numbers(case, "t"), case["inputs"]["labels"], options)
        return found, mpf(len(found))
    axis = case["axis"]
    weight = numbers(case, "weight") or [mpf(1)] * shape[axis]
    if name in ("NLLLoss", "nll_loss"):
        found, divisors = formula_rows.nll(x, rows(shape, axis), case["inputs"]["t"], weight, options)
    elif case["target"] == "index":
        found, divisors = formula_rows.cross_entropy_index(x, rows(shape, axis), case["inputs"]["t"], weight, options)
    else:
        found, divisors = formula_rows.cross_entropy_soft(x, rows(shape, axis), numbers(case, "t"), weight, options)
    return found, sum(divisors, ZERO)


def truth(case):
    """value, dx and dt as lists of entries; dt is None where there is none."""
    found, divisor = parts(case)
    how = reduction(case["options"])
    upstream = numbers(case, "upstream")
    if how == "none":
        values = [part.value for part in found]
        factors = upstream or [mpf(1)] * len(found)
    else:
        by = {"mean": divisor, "sum": mpf(1), "batchmean": mpf(case["shape"][0]) if case["shape"] else 1}[how]
        whole = total(part.value for part in found)
        values = [divide(whole, by)]
        factor = upstream[0] if upstream else mpf(1)
        # A mean over nothing is NaN, and its gradient 0.
        factors = [factor / by if by else ZERO for _ in found]
    return {
        "value": values,
        "dx": gather(len(case["inputs"]["x"]), found, factors, "dx"),
        "dt": gather(len(case["inputs"]["t"]), found, factors, "dt") if differentiable(case) else None,
    }


def differentiable(case):
    """Whether PyTorch gives a gradient for the target."""
    return case.get("target") != "index" and case["name"] not in ("HingeEmbeddingLoss", "hinge_embedding_loss")


def divide(entry, by):
    if by == 0:
        return Entry(NAN if entry.value == 0 else INF)
    return entry.times(1 / by)


def gather(length, found, factors, which):
    """The gradient: each part's derivatives times its factor, added up by position."""
    sums = [[] for _ in range(length)]
    for part, factor in zip(found, factors):
        for position, slope in (getattr(part, which) or {}).items():
            sums[position].append(slope if part.skip else slope.times(factor))
    return [total(one) if len(one) != 1 else one[0] for one in sums]
