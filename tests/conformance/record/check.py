"""Checks the recorded files: `python check.py`. Prints the counts. Needs NumPy alone."""

import re
import struct
import sys
from collections import Counter
from math import prod
from pathlib import Path

import lines
import numpy as np
from layout import without

CASES = Path(__file__).resolve().parent.parent / "cases"
KEYS = {"id", "framework", "name", "options", "shape", "inputs", "f64", "f32"}
INTEGERS = {"labels", "mask"}
INPUTS = {"x", "t", "weight", "pos_weight", "sample_weight", "mask", "labels", "upstream"}
ROWS = {"CrossEntropyLoss", "cross_entropy", "NLLLoss", "nll_loss"}


def fail(case, words):
    sys.exit(f"{case.get('id')}: {words}")


def number(case, v):
    if isinstance(v, str):
        return v in ("nan", "inf", "-inf") or fail(case, f"{v!r} is no number")
    return isinstance(v, (int, float)) or fail(case, f"{v!r} is no number")


def f32_exact(v):
    return isinstance(v, str) or struct.unpack("f", struct.pack("f", v))[0] == v


def shape_of(case, key):
    return case.get("shapes", {}).get(key, case["shape"])


def check_inputs(case):
    for key, flat in case["inputs"].items():
        if key not in INPUTS:
            fail(case, f"no input is named {key}")
        for v in flat:
            number(case, v)
            if not f32_exact(v):
                fail(case, f"{key} holds {v}, which is no f32")
        whole = key in INTEGERS or (key == "t" and case.get("target") == "index")
        if whole and not all(isinstance(v, int) for v in flat):
            fail(case, f"{key} must be integers")
        if key != "upstream" and len(flat) != prod(shape_of(case, key)):
            fail(case, f"{key} has {len(flat)} numbers for the shape {shape_of(case, key)}")


def check_outputs(case):
    lengths = {"value": {1, prod(case["shape"])}, "dx": {len(case["inputs"]["x"])}, "dt": {len(case["inputs"]["t"])}}
    if "axis" in case:
        lengths["value"].add(prod(without(case["shape"], case["axis"])))
    if "labels" in case["inputs"]:
        lengths["value"].add(len(case["inputs"]["labels"]))
    for part in ("f64", "f32", "truth", "scale"):
        for key, flat in case.get(part, {}).items():
            if key not in lengths or len(flat) not in lengths[key] or len(flat) != len(case["f64"][key]):
                fail(case, f"{part} has {len(flat)} numbers for {key}")
            for v in flat:
                if not (part == "scale" and v is None):
                    number(case, v)
                if part == "f32" and not isinstance(v, str):
                    # What a reader of f64 rounds to f32 is what was recorded.
                    if np.float32(v) != np.float32(repr(v)):
                        fail(case, f"{v} reads as two f32")
    if case["f64"].keys() != case["f32"].keys() or ("truth" in case and case["truth"].keys() != case["f64"].keys()):
        fail(case, "the keys of f64, f32 and truth differ")
    if ("truth" in case) != ("deviates" in case or "deviates_f32" in case):
        fail(case, "truth and its reason go together")
    if "upstream" in case["inputs"] and len(case["inputs"]["upstream"]) != len(case["f64"]["value"]):
        fail(case, "upstream is not as long as the value")


def check(path, seen):
    names, options, deviations = Counter(), Counter(), Counter()
    for case in lines.read(path):
        if missing := KEYS - case.keys():
            fail(case, f"misses {missing}")
        if extra := case.keys() - set(lines.ORDER):
            fail(case, f"has {extra}")
        if case["id"] in seen:
            fail(case, "is there twice")
        seen.add(case["id"])
        if not re.match(r"(torch|tf_keras|keras-(tensorflow|torch))/", case["id"]):
            fail(case, "the id does not begin with the framework")
        if case["name"] in ROWS and not {"axis", "target"} <= case.keys():
            fail(case, "misses axis or target")
        check_inputs(case)
        check_outputs(case)
        names[case["name"]] += 1
        options.update(f"{k}={v}" for k, v in case["options"].items())
        options.update(k for k in case["inputs"] if k not in ("x", "t"))
        deviations.update(r for r in case.get("deviates", "").split("; ") if r)
        deviations.update(f"{r} (f32 alone)" for r in case.get("deviates_f32", "").split("; ") if r)
    print(f"{path.name}: {sum(names.values())} cases, {path.stat().st_size / 1e3:.0f} kB")
    for title, counter in (("names", names), ("options", options), ("deviations", deviations)):
        print(f"  {title}: " + ", ".join(f"{k} {v}" for k, v in sorted(counter.items())))
    return sum(names.values())


if __name__ == "__main__":
    found, total = set(), 0
    for file in sorted(CASES.glob("*.jsonl")):
        total += check(file, found)
    print(f"{total} cases, all well-formed")
