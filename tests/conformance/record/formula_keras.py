"""Keras's losses of single elements and of rows, with its epsilon, and the kinks of each backend.

A flavour says which Keras: "tf_keras", or Keras 3 on "tensorflow" or "torch".
"""

from entry import ZERO, Entry, ln, product, sigmoid, sign, softplus, terms, total
from mpmath import mp, mpf

EPSILON = mpf(1e-7)
# As f64 holds 1 - 1e-7.
BELOW_ONE = mpf(1.0 - 1e-7)


def half_at_tie(flavour):
    """The share of the gradient that `maximum` and the upper `clip` give at a tie."""
    return mpf(0.5) if flavour == "torch" else mpf(1)


def mse(p, t, o):
    e = p - t
    return Entry(e * e), Entry(2 * e), Entry(-2 * e)


def mae(p, t, o):
    e = p - t
    return Entry(abs(e)), Entry(sign(e)), Entry(-sign(e))


def huber(p, t, o):
    e, delta = p - t, mpf(o.get("delta", 1.0))
    value = e * e / 2 if abs(e) <= delta else delta * abs(e) - delta * delta / 2
    slope = e if mp.isnan(e) else min(max(e, -delta), delta)
    return Entry(value), Entry(slope), Entry(-slope)


def mape(p, t, o):
    whole, direction = max(abs(t), EPSILON), sign(t - p)
    if abs(t) > EPSILON:
        dt = Entry(100 * direction * p * sign(t) / (t * t), 0, 100 * max(1 / abs(t), abs(t - p) / (t * t)))
    else:
        dt = Entry(100 * direction / EPSILON)
    return Entry(100 * abs(t - p) / whole), Entry(-100 * direction / whole), dt


def msle(p, t, o):
    """ln(a + 1) is computed from a rounded a + 1."""
    a, b = max(p, EPSILON), max(t, EPSILON)
    r, size = mp.log1p(a) - mp.log1p(b), max(mp.log1p(a), mp.log1p(b))
    dx, dt = 2 * (p > EPSILON) / (a + 1), -2 * (t > EPSILON) / (b + 1)
    value = Entry(r * r, 2 * abs(r) * size, 2 * abs(r) * (1 + size))
    return value, Entry(r, size, 1 + size).times(dx), Entry(r, size, 1 + size).times(dt)


def hinge(p, t, o):
    z = 1 - t * p
    open_ = mpf(z > 0) if z != 0 else half_at_tie(o["flavour"])
    return Entry(max(z, ZERO)), Entry(-t * open_), Entry(-p * open_)


def squared_hinge(p, t, o):
    z = max(1 - t * p, ZERO)
    return Entry(z * z), Entry(-2 * t * z), Entry(-2 * p * z)


def kld(p, t, o):
    def clip(v):
        share = mpf(EPSILON <= v <= 1) if v != 1 else half_at_tie(o["flavour"])
        return min(max(v, EPSILON), mpf(1)), share

    (q, inside_q), (s, inside_s) = clip(p), clip(t)
    value = Entry(s * (ln(s) - ln(q)), s * max(abs(ln(s)), abs(ln(q))), s)
    dt = terms(ln(s), -ln(q), mpf(1))
    return value, Entry(-s / q * inside_q), dt.times(inside_s)


def bce(p, t, o):
    alpha = mpf(o.get("label_smoothing", 0.0))
    t = t * (1 - alpha) + alpha / 2
    if o.get("from_logits", False):
        slope = product(1 - t, sigmoid(p)) - product(t, sigmoid(-p))
        value = Entry(product(1 - t, softplus(p)) + product(t, softplus(-p)), 0, 2 + 2 * abs(p))
        return value, Entry(slope, 0 if t in (0, 1) else max(sigmoid(p), t), 1), Entry(-p).times(1 - alpha)
    c, inside = min(max(p, EPSILON), BELOW_ONE), mpf(EPSILON < p < BELOW_ONE)
    more = EPSILON if o["flavour"] == "tf_keras" else ZERO
    a, b = c + more, 1 - c + more
    # With epsilon added again, a and b near 1 are rounded sums.
    rounded = max(t * (a > 0.5), (1 - t) * (b > 0.5)) if more else ZERO
    value = Entry(-(t * ln(a) + (1 - t) * ln(b)), rounded, t + 1)
    dx = terms(-t / a, (1 - t) / b)
    if not more:
        dx = Entry((c - t) / (c * (1 - c)), max(c, t) / (c * (1 - c)) if c != t and t not in (0, 1) else 0, dx.scale)
    dt = terms(ln(b), -ln(a))
    dt.loose = mpf(1)
    return value, dx.times(inside), dt.times(1 - alpha)


ELEMENTS = {
    "mse": mse,
    "mae": mae,
    "mape": mape,
    "msle": msle,
    "huber": huber,
    "hinge": hinge,
    "squared_hinge": squared_hinge,
    "kld": kld,
    "bce": bce,
}


def cosine(x, t, o):
    """The floor of a norm: 1e-6 in tf_keras, 1e-7 in Keras 3. Below it the norm is a constant."""
    floor = mpf(1e-12) if o["flavour"] == "tf_keras" else EPSILON**2

    def normalise(v):
        square = total(Entry(a * a) for a in v).value
        norm = mp.sqrt(max(square, floor))
        return [a / norm for a in v], norm, square >= floor

    (a, a_norm, a_free), (b, b_norm, b_free) = normalise(x), normalise(t)
    cos = total(Entry(p * q) for p, q in zip(a, b))

    def slopes(one, other, norm, free):
        found = []
        for p, q in zip(one, other):
            slope = terms(-q / norm, cos.value * p / norm) if free else Entry(-q / norm)
            slope.scale = max(slope.scale, cos.scale * abs(p) / norm if free else 0)
            found.append(slope)
        return found

    return cos.times(-1), slopes(a, b, a_norm, a_free), slopes(b, a, b_norm, b_free)


def categorical_hinge(x, t, o):
    """The largest of (1-t)·p runs over the target's slot too, where it is 0. Ties share."""
    other = [(1 - b) * a for a, b in zip(x, t)]
    top = max(other)
    share = [mpf(v == top) / other.count(top) for v in other]
    positive = total(Entry(a * b) for a, b in zip(x, t))
    z = terms(top, -positive.value, mpf(1))
    open_ = mpf(z.value > 0) if z.value != 0 else half_at_tie(o["flavour"])
    dx = [terms((1 - b) * s, -b).times(open_) for b, s in zip(t, share)]
    dt = [terms(-a * s, -a).times(open_) for a, s in zip(x, share)]
    return Entry(max(z.value, ZERO), max(z.scale, positive.scale)), dx, dt
