"""Compares what a framework computed with the truth, and names every deviation."""

import math
import re

import numpy as np
from known import KNOWN, Deviation
from mpmath import mp

# Beyond this many ULP of the scale a deviation is not called rounding.
ROUNDING = 16
# What no line of the table covers. The recording fails when it ends with any.
UNKNOWN = {}


def ulp(size):
    """Of an f64 of this size."""
    return mp.mpf(math.ulp(float(size))) if mp.isfinite(size) else mp.inf


def same(got, want):
    return got == want or (math.isnan(got) and math.isnan(want))


def reason(case, key, got, entry, bits):
    """None where `got` is the truth within 1 ULP."""
    want = float(entry.value) if bits == 64 else float(np.float32(float(entry.value)))
    if same(got, want):
        return None
    if math.isfinite(got) and math.isfinite(want):
        error = abs(mp.mpf(got) - entry.value)
        if bits == 32:
            error /= 2**29
            if error <= ROUNDING * ulp(max(entry.magnitude(), entry.loose, mp.mpf(2) ** -96)):
                return None
        if error <= ulp(abs(entry.value)):
            return None
        if error <= ROUNDING * ulp(entry.magnitude()):
            return "rounding"
        if error <= ROUNDING * ulp(max(entry.magnitude(), entry.loose)):
            return "cancels"
    deviation = Deviation(key, got, want, bits, float(max(entry.magnitude(), entry.loose)))
    for words, start, pattern, applies in KNOWN:
        if case["id"].startswith(start) and re.search(pattern, case["id"]) and applies(deviation):
            return words
    place = f"{case['id']}: {key} f{bits}"
    UNKNOWN.setdefault(place, f"{place} is {got!r}, the truth is {want!r}, for no known reason")
    return "unknown"


def judge(case, truth):
    """Adds truth, deviates and scale to the case, where it needs them."""
    reasons, reasons32 = [], []
    for key, entries in truth.items():
        if (entries is None) != (key not in case["f64"]):
            raise SystemExit(f"{case['id']}: {key} is on one side alone")
        if entries is None:
            continue
        if not len(entries) == len(case["f64"][key]) == len(case["f32"][key]):
            raise SystemExit(f"{case['id']}: {key} has {len(case['f64'][key])} numbers, the truth {len(entries)}")
        for got, got32, entry in zip(case["f64"][key], case["f32"][key], entries):
            reasons.append(reason(case, key, float(got), entry, 64))
            reasons32.append(reason(case, key, float(got32), entry, 32))
    found = sorted({r for r in reasons if r})
    if found:
        case["truth"] = {k: [float(e.value) for e in v] for k, v in truth.items() if v is not None}
        case["deviates"] = "; ".join(found)
    only32 = sorted({r for r in reasons32 if r} - set(found))
    if only32:
        case.setdefault("truth", {k: [float(e.value) for e in v] for k, v in truth.items() if v is not None})
        case["deviates_f32"] = "; ".join(only32)
    scale = {
        k: [float(f"{float(e.scale):.3g}") if e.scale > abs(e.value) * (1 + mp.mpf(2) ** -40) else None for e in v]
        for k, v in truth.items()
        if v is not None
    }
    scale = {k: v for k, v in scale.items() if any(s is not None for s in v)}
    if scale:
        case["scale"] = scale
    return case
