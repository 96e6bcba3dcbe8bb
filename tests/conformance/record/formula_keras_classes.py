"""Keras's categorical and sparse categorical cross-entropy, from logits and from probabilities."""

from entry import NAN, ZERO, Entry, Softmax, ln, product, terms, total
from formula_keras import BELOW_ONE, EPSILON
from mpmath import mpf


def categorical(x, t, o):
    alpha = mpf(o.get("label_smoothing", 0.0))
    q = [(1 - alpha) * v + alpha / len(t) for v in t]
    if o.get("from_logits", False):
        value, dx, dt = from_logits(x, q)
    else:
        value, dx, dt = normalised(x, q)
    return value, dx, [slope.times(1 - alpha) for slope in dt]


def sparse(x, y, o):
    """The TensorFlow backend clips and then normalises; the PyTorch backend normalises and then clips."""
    hot = [mpf(j == y) for j in range(len(x))]
    if o.get("from_logits", False):
        return from_logits(x, hot)[:2]
    return normalised(x, hot)[:2] if o["flavour"] == "torch" else clipped(x, y)


def from_logits(x, q):
    soft, mass = Softmax(x), sum(q)
    each = [product(a, v) for a, v in zip(q, soft.minus_ln)]
    value = total(Entry(v) for v in each)
    value.loose = sum(abs(v) for v in q) * soft.size
    dx = []
    for j, a in enumerate(q):
        if a == 0:
            dx.append(Entry(mass * soft.p[j], 0, mass))
        elif a == mass:
            dx.append(Entry(-mass * soft.rest[j], 0, mass))
        else:
            dx.append(terms(mass * soft.p[j], -a))
    return value, dx, [Entry(v, 0, soft.size) for v in soft.minus_ln]


def normalised(x, t):
    """Divided by the row's sum, then clipped."""
    whole = total(Entry(v) for v in x).value
    q = [v / whole if whole else NAN for v in x]
    c = [min(max(v, EPSILON), BELOW_ONE) for v in q]
    inside = [mpf(EPSILON <= v <= BELOW_ONE) for v in q]
    minus_ln = [Entry(-ln(v), 0, 1) for v in c]
    value = total(Entry(product(a, -ln(v))) for a, v in zip(t, c))
    value.loose = sum(abs(a) for a in t)
    if not whole:
        return value, [Entry(NAN) for _ in x], minus_ln
    passed = sum((a * m for a, m in zip(t, inside)), ZERO)
    dx = []
    for j, (a, m) in enumerate(zip(t, inside)):
        own = a * m / q[j] if m else ZERO
        slope = terms(passed / whole, -own / whole)
        if a * m == passed and own:
            # One class alone: passed - own is minus the other classes over this one.
            rest = sum(q[:j] + q[j + 1 :], ZERO)
            slope = Entry(-passed * rest / (q[j] * whole), 0, slope.scale)
        dx.append(slope)
    return value, dx, minus_ln


def clipped(x, y):
    """Clipped, and then the cross-entropy of the logarithms as logits."""
    c = [min(max(v, EPSILON), BELOW_ONE) for v in x]
    inside = [mpf(EPSILON <= v <= BELOW_ONE) for v in x]
    value, dx, _ = from_logits([ln(v) for v in c], [mpf(j == y) for j in range(len(x))])
    value.loose = max(value.loose, 2)
    for j, (slope, v, m) in enumerate(zip(dx, c, inside)):
        dx[j] = Entry(slope.value / v * m, slope.scale / v * m, 4 * slope.loose / v * m)
    return value, dx
