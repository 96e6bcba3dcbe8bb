"""JSON Lines: specials as strings, numbers by the shortest text that gives them back."""

import json
import math

import numpy as np

ORDER = [
    "id",
    "framework",
    "backend",
    "name",
    "options",
    "shape",
    "axis",
    "target",
    "shapes",
    "inputs",
    "f64",
    "f32",
    "truth",
    "deviates",
    "deviates_f32",
    "scale",
]


def number(v):
    """A JSON number, or the word for a special."""
    if isinstance(v, (str, int, bool)) or v is None:
        return v
    if math.isnan(v):
        return "nan"
    if math.isinf(v):
        return "inf" if v > 0 else "-inf"
    return float(str(v)) if isinstance(v, np.float32) else float(v)


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return number(value)


def write(path, cases):
    with open(path, "w") as file:
        for case in cases:
            ordered = {k: plain(case[k]) for k in ORDER if k in case}
            file.write(json.dumps(ordered, separators=(",", ":"), allow_nan=False) + "\n")


def read(path):
    with open(path) as file:
        return [json.loads(line) for line in file]
