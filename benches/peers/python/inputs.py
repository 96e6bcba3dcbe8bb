"""The cases, and the data that the Rust side makes too: SplitMix64 from a fixed seed, 24 bits a number."""

import json
from pathlib import Path

import numpy as np

SEED = 20_260_301
CASES = Path(__file__).parent.parent / "cases.json"


def cases(quick):
    """Pairs of a loss and a shape; `quick` has a hundredth of the rows."""
    for case in json.loads(CASES.read_text()):
        rows, *rest = case["shape"]
        yield case["loss"], [-(-rows // 100) if quick else rows, *rest]


def name(loss, shape):
    return f"{loss}-{'x'.join(map(str, shape))}"


def units(begin, count):
    """The generator's numbers in [0, 1) from one place on."""
    bits = np.uint64(SEED) + np.arange(begin + 1, begin + count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(40)) / 2.0**24


def inputs(loss, shape):
    """Predictions and targets."""
    count = int(np.prod(shape))
    x = (units(0, count) * 8.0 - 4.0).astype(np.float32).reshape(shape)
    if loss == "CrossEntropy":
        classes = shape[1]
        places = [shape[0], *shape[2:]]
        return x, (units(count, count // classes) * classes).astype(np.int64).reshape(places)
    targets = units(count, count).astype(np.float32).reshape(shape)
    # Labels: not all peers take targets between the two.
    return x, np.floor(targets + np.float32(0.5)) if loss == "BceWithLogits" else targets
