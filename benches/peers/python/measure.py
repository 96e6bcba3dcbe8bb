"""Measures one framework: `measure.py pytorch|xla OUT.json GRADIENTS/ OURS.json [--quick]`.

Compares first with what the Rust side computed: the losses of OURS.json and the gradients in GRADIENTS/.
"""

import importlib
import json
import math
import sys
from pathlib import Path

import numpy as np

from inputs import cases, inputs, name
from race import race


def agreement(call, ours, gradient):
    """The value, and how far value and gradient are from ours: of the value as a share, of the gradient the largest
    difference as a share of the largest entry, and all of them as a share of all entries."""
    value, found = call()
    value = float(value)
    found = np.asarray(found).ravel()
    off, size = np.abs(found - gradient), np.abs(gradient)
    facts = {
        "value": value,
        "value_off": abs(value - ours) / abs(ours),
        "gradient_off": float(off.max() / size.max()),
        "gradient_sum_off": float(off.sum(dtype=np.float64) / size.sum(dtype=np.float64)),
    }
    # JSON has no NaN.
    return {key: fact if math.isfinite(fact) else None for key, fact in facts.items()}


def main(framework, out, gradients, ours, quick):
    peer = importlib.import_module(framework)
    values = {
        name(result["loss"], result["shape"]): result["agreement"]["value"]
        for result in json.loads(Path(ours).read_text())["results"]
        if result["library"] == "lossfn"
    }
    results = []
    for loss, shape in cases(quick):
        title = name(loss, shape)
        print(f"{title}, {framework}, {peer.threads()} threads", file=sys.stderr)
        gradient = np.fromfile(Path(gradients) / f"{title}.f32", dtype="<f4")
        calls = peer.contenders(loss, shape, *inputs(loss, shape))
        facts = {library: agreement(call, values[title], gradient) for library, call in calls.items()}
        del gradient
        for library, times in race(calls, quick).items():
            results.append({**times, "loss": loss, "shape": shape, "library": library, "agreement": facts[library]})
    report = {"threads": peer.threads(), "version": peer.VERSION, "results": results}
    Path(out).write_text(json.dumps(report, indent=2))


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--quick"]
    main(*arguments, quick="--quick" in sys.argv)
