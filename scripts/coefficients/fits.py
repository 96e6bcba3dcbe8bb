#!/usr/bin/env python3
# Needs: mpmath==1.3.0 (python3 -m pip install mpmath==1.3.0)
"""Finds the polynomial coefficients of src/math, or judges those that stand there.

    python3 scripts/coefficients/fits.py [NAME ...]       prints fits: all, or those whose name starts so
    python3 scripts/coefficients/fits.py --check FILE     the error of every coefficient list in a Rust file

Errors are relative to the function that the polynomial serves, as powers of two: of the best polynomial with
coefficients of any precision, and of the best found with coefficients of the format. The rounding of the evaluation
itself is not in them.
"""

import re
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass

from mpmath import atanh, exp, expm1, log, log1p, mp, mpf, sqrt, tanh
from remez import Grid, fit, fit_rounded

mp.dps = 50
LN2 = log(mpf(2))
F32, F64 = 24, 53


@dataclass
class Fit:
    """The polynomial p of `degree` with the least |weight(x) (target(x) - p(x))| on `domain`."""

    name: str
    bits: int
    formula: str
    degree: int
    domain: tuple
    target: Callable
    weight: Callable

    def grid(self, points):
        return Grid(self.target, self.weight, *self.domain, points=points)


def wider(bits):
    """Half of ln 2, and a little more for the rounding of the reduced argument."""
    half = LN2 / 2 * (1 + mpf(2) ** (-14 if bits == F32 else -30))
    return -half, half


def exp_fit(bits, degree):
    return Fit(
        "exp",
        bits,
        "e^r = 1 + r + r^2 p(r), |r| <= ln 2 / 2",
        degree,
        wider(bits),
        lambda r: (expm1(r) - r) / r**2,
        lambda r: r**2 / exp(r),
    )


def expm1_fit(bits, degree):
    return Fit(
        "expm1",
        bits,
        "e^r - 1 = r + r^2 p(r), |r| <= ln 2 / 2",
        degree,
        wider(bits),
        lambda r: (expm1(r) - r) / r**2,
        lambda r: abs(r**2 / expm1(r)),
    )


def log_fit(bits, degree):
    return Fit(
        "log",
        bits,
        "ln(1 + f) = f - f^2/2 + f^3 p(f), -1/4 <= f <= 1/2",
        degree,
        (mpf(-1) / 4, mpf(1) / 2),
        lambda f: (log1p(f) - f + f**2 / 2) / f**3,
        lambda f: f**3 / log1p(f),
    )


def log1p_fit(name, bits, degree, domain):
    low, high = domain
    return Fit(
        name,
        bits,
        f"ln(1 + x) = x + x^2 p(x), {float(low)} <= x <= {float(high)}",
        degree,
        # Not at 0, where the target is a quotient of nothing.
        tuple(end or mpf(2) ** -20 * (1 if high else -1) for end in domain),
        lambda x: (log1p(x) - x) / x**2,
        lambda x: abs(x**2 / log1p(x)),
    )


def log_quotient_fit(bits, degree):
    return Fit(
        "log-quotient",
        bits,
        "ln(1 + f) = 2s + s z p(z), s = f / (2 + f), z = s^2 <= 1/25",
        degree,
        (0, (1 + mpf(2) ** -20) / 25),
        lambda z: (2 * atanh(sqrt(z)) / sqrt(z) - 2) / z,
        lambda z: z * sqrt(z) / (2 * atanh(sqrt(z))),
    )


def tanh_fit(bits, degree):
    return Fit(
        "tanh",
        bits,
        "tanh x = x + x z p(z), z = x^2, |x| <= 5/8",
        degree,
        (0, mpf(25) / 64),
        lambda z: (tanh(sqrt(z)) / sqrt(z) - 1) / z,
        lambda z: z * sqrt(z) / tanh(sqrt(z)),
    )


FITS = [
    exp_fit(F32, 4),
    exp_fit(F64, 9),
    expm1_fit(F32, 4),
    expm1_fit(F64, 10),
    log_fit(F32, 7),
    log1p_fit("log1p-up", F32, 8, (mpf(0), mpf(1))),
    log1p_fit("log1p-down", F32, 8, (mpf(-1) / 2, mpf(0))),
    log_quotient_fit(F64, 7),
    tanh_fit(F32, 4),
    tanh_fit(F64, 10),
]


def to_bits(x, bits):
    """The bit pattern as a Rust literal."""
    if bits == F32:
        digits = f"{struct.unpack('<I', struct.pack('<f', float(x)))[0]:08x}"
    else:
        digits = f"{struct.unpack('<Q', struct.pack('<d', float(x)))[0]:016x}"
    return "0x" + "_".join(re.findall("....", digits))


def power_of_two(error):
    return f"2^{float(log(abs(error)) / LN2):.2f}"


def report(f):
    coarse = f.grid(800)
    _, ideal = fit(coarse, f.degree)
    coefficients, _ = fit_rounded(coarse, f.degree, f.bits)
    kind = "f32" if f.bits == F32 else "f64"
    print(f"{f.name} {kind}: {f.formula}")
    print(f"  degree {f.degree}, error {power_of_two(ideal)}, rounded {power_of_two(f.grid(5000).worst(coefficients))}")
    for c in coefficients:
        print(f"  {to_bits(c, f.bits)}  {float(c)!r}")
    print(flush=True)


def lists_in(text):
    """The lists of four or more number literals in a Rust file, with their lines."""
    text = re.sub(r"//.*", "", text)
    number = r"(?:f(?:32|64)::from_bits\(\s*)?-?(?:0x[0-9a-f_]+|[0-9][0-9_]*\.[0-9_]*(?:e-?[0-9]+)?)\s*\)?"
    for found in re.finditer(rf"\[\s*({number}\s*(?:,\s*{number}\s*){{3,}}),?\s*\]", text):
        literals = re.findall(r"-?(?:0x[0-9a-f_]+|\b[0-9][0-9_]*\.[0-9_]*(?:e-?[0-9]+)?)", found.group(1))
        yield text.count("\n", 0, found.start()) + 1, [value(x.replace("_", "")) for x in literals]


def value(literal):
    if literal.startswith("0x"):
        single = len(literal) == 10
        return mpf(struct.unpack(">f" if single else ">d", bytes.fromhex(literal[2:]))[0])
    return mpf(float(literal))


def check(path):
    """Every list must serve one of the fits within two bits of the best polynomial there is."""
    failures = 0
    with open(path, encoding="utf-8") as file:
        for line, coefficients in lists_in(file.read()):
            judged = [(f.grid(2000).worst(coefficients), f) for f in FITS if f.degree + 1 == len(coefficients)]
            if not judged:
                print(f"{path}:{line}: {len(coefficients)} coefficients, of no fit here")
                failures += 1
                continue
            error, f = min(judged, key=lambda pair: pair[0])
            _, ideal = fit(f.grid(800), f.degree)
            verdict = "" if error <= 4 * ideal else ": TOO LARGE"
            failures += verdict != ""
            print(f"{path}:{line}: {f.name}, error {power_of_two(error)}, best {power_of_two(ideal)}{verdict}")
    return failures


def main(arguments):
    if arguments[:1] == ["--check"]:
        return 1 if sum(check(path) for path in arguments[1:]) else 0
    for f in FITS:
        if not arguments or any(f.name.startswith(a) for a in arguments):
            report(f)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
