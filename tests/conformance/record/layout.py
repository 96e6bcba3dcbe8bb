"""Row-major positions: rows along an axis, and broadcasting."""

from itertools import product
from math import prod


def rows(shape, axis):
    """The flat positions of each row along `axis`, outer rows first."""
    axis %= len(shape)
    length, inner = shape[axis], prod(shape[axis + 1 :])
    return [
        [(outer * length + j) * inner + i for j in range(length)]
        for outer in range(prod(shape[:axis]))
        for i in range(inner)
    ]


def without(shape, axis):
    """The shape that a reduction over `axis` leaves."""
    axis %= len(shape)
    return shape[:axis] + shape[axis + 1 :]


def broadcast(flat, shape, to):
    """`flat` of `shape`, repeated to the shape `to` as NumPy does."""
    shape = [1] * (len(to) - len(shape)) + list(shape)
    result = []
    for at in product(*(range(n) for n in to)):
        position = 0
        for i, n in zip(at, shape):
            position = position * n + (i if n > 1 else 0)
        result.append(flat[position])
    return result
