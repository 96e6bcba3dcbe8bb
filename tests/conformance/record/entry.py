"""Numbers of the truth: 50 digits, with the two magnitudes that a judge needs."""

from mpmath import mp, mpf

mp.dps = 50
INF = mpf("inf")
NAN = mpf("nan")
ZERO = mpf(0)


class Entry:
    """A true value.

    scale: the larger term of the difference it is, where no way of computing avoids that difference.
    loose: the terms of the framework's own way of computing, where those are larger still.
    """

    __slots__ = ("loose", "scale", "value")

    def __init__(self, value, scale=0, loose=0):
        self.value = mpf(value)
        self.scale = mpf(scale) if mp.isfinite(scale) else ZERO
        self.loose = mpf(loose) if mp.isfinite(loose) else ZERO

    def times(self, factor):
        size = abs(factor)
        return Entry(self.value * factor, self.scale * size, self.loose * size)

    def magnitude(self):
        return max(abs(self.value), self.scale) if mp.isfinite(self.value) else self.scale


def terms(*values):
    """The sum of terms that can cancel."""
    return Entry(sum(values, ZERO), max((abs(v) for v in values if mp.isfinite(v)), default=0))


def total(entries):
    """A sum of entries. Its scale is the sum of their magnitudes."""
    entries = list(entries)
    value = sum((e.value for e in entries), ZERO)
    magnitude = sum((e.magnitude() for e in entries), ZERO)
    return Entry(value, magnitude, sum((max(e.magnitude(), e.loose) for e in entries), ZERO))


class Part:
    """What is weighed and reduced: one element's or one row's loss, and its derivatives by position."""

    __slots__ = ("dt", "dx", "skip", "value")

    def __init__(self, value, dx, dt=None, skip=False):
        self.value, self.dx, self.dt, self.skip = value, dx, dt, skip


def product(a, b):
    """a·b, where 0·anything is 0."""
    return ZERO if a == 0 or b == 0 else a * b


def xlogy(x, y):
    return product(x, ln(y))


def ln(x):
    if mp.isnan(x) or x < 0:
        return NAN
    return -INF if x == 0 else mp.log(x)


def sign(x):
    return x if mp.isnan(x) else mpf(mp.sign(x))


def softplus(x):
    """ln(1 + e^x), without cancellation."""
    if mp.isinf(x):
        return x if x > 0 else ZERO
    return max(x, ZERO) + mp.log1p(mp.exp(-abs(x))) if not mp.isnan(x) else x


def sigmoid(x):
    """1 / (1 + e^-x), without cancellation."""
    if mp.isinf(x):
        return mpf(x > 0)
    return mp.exp(-softplus(-x))


class Softmax:
    """ln p and p of a row; `rest[j]` is the sum of the other p."""

    def __init__(self, x):
        top = max(x)
        if any(mp.isnan(v) for v in x) or mp.isinf(top):
            self.minus_ln = self.p = self.rest = [NAN] * len(x)
            self.size = ZERO
            return
        powers = [mp.exp(v - top) for v in x]
        whole = sum(powers)
        others = [sum(powers[:j] + powers[j + 1 :], ZERO) for j in range(len(x))]
        self.p = [power / whole for power in powers]
        self.rest = [other / whole for other in others]
        self.minus_ln = [INF if power == 0 else mp.log1p(other / power) for power, other in zip(powers, others)]
        # The magnitudes that lse - x_j is made of, when it is computed as such.
        self.size = max((abs(v - top) for v in x if mp.isfinite(v)), default=ZERO) + 1
