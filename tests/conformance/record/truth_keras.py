"""The truth of a Keras case: formula, then its two reductions, weights, mask, upstream."""

from math import prod

import formula_keras
import formula_keras_classes
from entry import NAN, ZERO, Entry, Part, total
from layout import broadcast, rows, without
from mpmath import mp, mpf
from names_keras import is_class, kind_of
from truth_torch import numbers

MEANS = (None, "auto", "sum_over_batch_size", "mean", "mean_with_sample_weight")


def labels(kind, t):
    """The hinges take 0 and 1 for -1 and 1, where every label of the call is 0 or 1. And the chain factor."""
    if kind in ("hinge", "squared_hinge") and all(v in (0, 1) for v in t):
        return [2 * v - 1 for v in t], 2
    return t, 1


def parts(case, flavour):
    """One part for each output of the function form."""
    kind, options = kind_of(case["name"]), {**case["options"], "flavour": flavour}
    x, lines = numbers(case, "x"), rows(case["shape"], case["axis"])
    if kind == "sparse":
        return [sparse_part(x, line, y, options) for line, y in zip(lines, case["inputs"]["t"])]
    t, chain = labels(kind, numbers(case, "t"))
    found = []
    for line in lines:
        if kind in formula_keras.ELEMENTS:
            each = [element(kind, x[i], t[i], options) for i in line]
            share = mpf(1) if kind == "kld" else mpf(1) / len(line)
            value = total(v for v, _, _ in each).times(share)
            dx, dt = [d.times(share) for _, d, _ in each], [d.times(share * chain) for _, _, d in each]
        else:
            formula = {
                "cosine": formula_keras.cosine,
                "categorical_hinge": formula_keras.categorical_hinge,
                "categorical": formula_keras_classes.categorical,
            }[kind]
            a, b = [x[i] for i in line], [t[i] for i in line]
            value, dx, dt = formula(a, b, options)
            if any(mp.isnan(v) for v in a + b):
                # The derivative of cross-entropy for the target does not depend on the target.
                keep = kind == "categorical" and not any(mp.isnan(v) for v in a)
                value, dx, dt = Entry(NAN), [Entry(NAN)] * len(a), dt if keep else [Entry(NAN)] * len(a)
        found.append(Part(value, dict(zip(line, dx)), dict(zip(line, dt))))
    return found


def element(kind, p, t, options):
    """NaN in, NaN out."""
    if mp.isnan(p) or mp.isnan(t):
        return Entry(NAN), Entry(NAN), Entry(NAN)
    return formula_keras.ELEMENTS[kind](p, t, options)


def sparse_part(x, line, y, options):
    if y == options.get("ignore_class"):
        return Part(Entry(0), {i: Entry(0) for i in line}, skip=True)
    if any(mp.isnan(x[i]) for i in line):
        return Part(Entry(NAN), {i: Entry(NAN) for i in line})
    value, dx = formula_keras_classes.sparse([x[i] for i in line], y, options)
    return Part(value, dict(zip(line, dx)))


def weigh(case, found, flavour, outputs):
    """The factor of each output, and the divisor of the mean. A divisor of 0 is a mean over nothing."""
    how = case["options"].get("reduction")
    kept = [mpf(not part.skip) for part in found]
    mask = numbers(case, "mask")
    if mask is not None:
        kept = [a * b for a, b in zip(kept, broadcast(mask, case["shapes"]["mask"], outputs))]
    masked = mask is not None or case["options"].get("ignore_class") is not None
    weight, shape = numbers(case, "sample_weight"), list(case["shapes"].get("sample_weight", []))
    if weight is None:
        weight, shape, sum_weight = [mpf(1)] * len(found), outputs, None
    else:
        if flavour == "tf_keras" and len(shape) == len(outputs) - 1 and shape:
            shape.append(1)
        sum_weight = sum(weight)
        weight = broadcast(weight, shape, outputs)
    factors = [a * b for a, b in zip(kept, weight)]
    if how in ("sum", "none"):
        return factors, mpf(1)
    if how == "mean_with_sample_weight":
        if masked:
            sum_weight = sum(factors)
        # The sum is over the weights as they are given, before they are repeated.
        return factors, mpf(len(found)) if sum_weight is None else sum_weight
    return factors, sum(kept, ZERO)


def truth(case):
    flavour = case["framework"] if case["framework"] == "tf_keras" else case["backend"]
    found, outputs = parts(case, flavour), without(case["shape"], case["axis"])
    upstream = numbers(case, "upstream")
    if not is_class(case["name"]):
        factors, divisor, how = [mpf(1)] * len(found), mpf(1), "none"
    else:
        (factors, divisor), how = weigh(case, found, flavour, outputs), case["options"].get("reduction")
    values = [Entry(0) if part.skip or not f else part.value.times(f) for part, f in zip(found, factors)]
    if how == "none" or outputs == [] or (flavour != "tf_keras" and outputs == [0]):
        share = upstream or [mpf(1)] * len(found)
    else:
        factor = upstream[0] if upstream else mpf(1)
        share = [factor / divisor if divisor else ZERO] * len(found)
        whole = total(values)
        # A mean over nothing is 0 in Keras 3; in tf_keras it is NaN where a mask left nothing.
        nothing = Entry(NAN if flavour == "tf_keras" and found else 0)
        values = [whole.times(1 / divisor) if divisor else nothing]
    share = [a * b for a, b in zip(share, factors)]
    return {
        "value": values,
        "dx": gather(prod(case["shape"]), found, share, "dx"),
        "dt": None if kind_of(case["name"]) == "sparse" else gather(prod(case["shape"]), found, share, "dt"),
    }


def gather(length, found, share, which):
    result = [Entry(0)] * length
    for part, factor in zip(found, share):
        for position, slope in getattr(part, which).items():
            result[position] = slope.times(factor) if factor and not part.skip else Entry(0)
    return result
