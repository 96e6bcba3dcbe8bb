"""Prints the table of tests/elementary.rs: arguments, and values at 60 digits from mpmath as a sum of three floats.

    pip install mpmath && python3 tests/record_elementary.py > tests/elementary/table.rs
"""

import random

from mpmath import mp, mpf

mp.prec = 400
FUNCTIONS = {
    "exp": (mp.exp, [1.0, -1.0, 1e-30, -0.5, 88.72, -103.97, 709.78, -745.13, 3000.5, -3000.5, 20.25]),
    "exp_m1": (mp.expm1, [1.0, -1.0, 1e-30, -1e-200, 1e-8, 0.3, -0.3, -36.5, -745.0, 50.5, 700.25]),
    "ln": (mp.log, [2.0, 0.5, 1 + 2**-52, 1 - 2**-53, 5e-324, 2.2e-308, 1.7e308, 3.0, 1e-10, 12345.678]),
    "ln_1p": (mp.log1p, [1.0, -0.5, 1e-30, -1e-200, 1e-8, 0.25, -1 + 2**-53, 1e300, 17.0, 2.0**-126]),
    "sqrt": (mp.sqrt, [2.0, 3.0, 5e-324, 1.7e308, 0.1]),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), [0.3, -0.3, 17.0, -17.0, 800.0, -800.0, 1e-20]),
    "softplus": (lambda x: mp.log1p(mp.exp(x)), [0.3, -0.3, 17.0, -17.0, 800.0, -800.0, 1e-20, 36.8]),
    "log_sigmoid": (lambda x: -mp.log1p(mp.exp(-x)), [0.3, -0.3, 17.0, -17.0, 800.0, -800.0]),
    "tanh": (mp.tanh, [0.3, -0.3, 1e-30, -1e-200, 9.01, -19.1, 22.5, 1e-4]),
}


def parts(value):
    """The value as a sum of floats, largest first."""
    result = []
    for _ in range(3):
        part = float(value)
        result.append(part)
        value -= mpf(part)
    return result


random.seed(20)
print("&[")
for name, (function, points) in FUNCTIONS.items():
    positive = name in ("ln", "sqrt")
    drawn = [random.uniform(0, 9) if positive else random.uniform(-0.9, 9) for _ in range(5)]
    for x in points + drawn:
        value = function(mpf(x))
        shift = -int(mp.floor(mp.log(abs(value), 2))) if value else 0
        terms = ", ".join(repr(part) for part in parts(mp.ldexp(value, shift)))
        print(f'    ("{name}", {x!r}, {-shift}, [{terms}]),')
print("]")
