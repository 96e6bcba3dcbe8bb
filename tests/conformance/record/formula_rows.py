"""PyTorch's losses of rows: cross-entropy, negative log-likelihood, cosine embedding."""

from entry import ZERO, Entry, Part, Softmax, product, terms, total
from mpmath import mp, mpf


def cross_entropy_index(x, rows, target, weight, options):
    """Index targets. Returns the parts, and what each row adds to the divisor of the mean."""
    ignore, alpha = options.get("ignore_index", -100), max(mpf(options.get("label_smoothing", 0.0)), ZERO)
    parts, divisors = [], []
    for row, y in zip(rows, target):
        if y == ignore:
            parts.append(Part(Entry(0), {j: Entry(0) for j in row}, skip=True))
            divisors.append(ZERO)
            continue
        soft, classes = Softmax([x[j] for j in row]), len(row)
        hard = [(1 - alpha) * weight[y] if j == y else ZERO for j in range(classes)]
        spread = [alpha / classes * weight[j] for j in range(classes)]
        value = sum((product(h + s, v) for h, s, v in zip(hard, spread, soft.minus_ln)), ZERO)
        mass, dx = sum(hard) + sum(spread), {}
        for j, position in enumerate(row):
            own = hard[j] + spread[j]
            if own == mass:
                slope = Entry(-mass * soft.rest[j], 0, mass)
            elif own == 0:
                slope = Entry(mass * soft.p[j])
            else:
                slope = Entry(mass * soft.p[j] - own, max(mass * soft.p[j], own))
            dx[position] = slope
        parts.append(Part(Entry(value, 0, mass * soft.size), dx))
        divisors.append(weight[y])
    return parts, divisors


def cross_entropy_soft(x, rows, target, weight, options):
    """Probability targets. The divisor counts rows, whatever the weights."""
    alpha, parts = max(mpf(options.get("label_smoothing", 0.0)), ZERO), []
    for row in rows:
        soft, classes = Softmax([x[j] for j in row]), len(row)
        q = [weight[j] * ((1 - alpha) * target[position] + alpha / classes) for j, position in enumerate(row)]
        each = [product(a, v) for a, v in zip(q, soft.minus_ln)]
        mass, value = sum(q), total(Entry(v) for v in each)
        value.loose = sum(abs(v) for v in q) * soft.size
        dx, dt = {}, {}
        for j, position in enumerate(row):
            if q[j] == 0:
                dx[position] = Entry(mass * soft.p[j], 0, mass)
            elif q[j] == mass:
                dx[position] = Entry(-mass * soft.rest[j], 0, mass)
            else:
                dx[position] = terms(mass * soft.p[j], -q[j])
            dt[position] = Entry((1 - alpha) * weight[j] * soft.minus_ln[j], 0, weight[j] * soft.size)
        parts.append(Part(value, dx, dt))
    return parts, [mpf(1)] * len(parts)


def nll(x, rows, target, weight, options):
    parts, divisors = [], []
    for row, y in zip(rows, target):
        skip = y == options.get("ignore_index", -100)
        dx = {position: Entry(0) for position in row}
        if not skip:
            dx[row[y]] = Entry(-weight[y])
        parts.append(Part(Entry(0 if skip else -weight[y] * x[row[y]]), dx, skip=skip))
        divisors.append(ZERO if skip else weight[y])
    return parts, divisors


def cosine_embedding(x, rows, target, labels, options):
    """1e-12 is added to both squared norms. Labels other than 1 and -1 give 0."""
    margin, tiny, parts = mpf(options.get("margin", 0.0)), mpf(1e-12), []
    for row, label in zip(rows, labels):
        a, b = [x[j] for j in row], [target[j] for j in row]
        a2, b2 = sum(v * v for v in a) + tiny, sum(v * v for v in b) + tiny
        norm = mp.sqrt(a2 * b2)
        cosine = total(Entry(p * q / norm) for p, q in zip(a, b))
        direction = {1: -1, -1: int(cosine.value > margin)}.get(label, 0)
        if label == 1:
            value = Entry(1 - cosine.value, max(1, cosine.scale))
        elif direction:
            value = Entry(cosine.value - margin, max(abs(margin), cosine.scale))
        else:
            value = Entry(0)
        dx, dt = {}, {}
        for j, position in enumerate(row):
            for slopes, one, other, square in ((dx, a, b, a2), (dt, b, a, b2)):
                slope = terms(other[j] / norm, -cosine.value * one[j] / square)
                slope.scale = max(slope.scale, cosine.scale * abs(one[j]) / square)
                slopes[position] = slope.times(direction) if direction else Entry(0)
        parts.append(Part(value, dx, dt))
    return parts
