"""Records one framework: `python record.py torch|keras|tf_keras`. Keras is run once on each backend."""

import os
import subprocess
import sys
from pathlib import Path

import lines
from judge import UNKNOWN, judge

HERE = Path(__file__).resolve().parent
CASES = HERE.parent / "cases"


def record(cases, run, truth):
    seen, result = set(), []
    for case in cases:
        if case["id"] in seen:
            raise SystemExit(f"{case['id']} is there twice")
        seen.add(case["id"])
        case["inputs"] = lines.plain(case["inputs"])
        case["f64"], case["f32"] = run(case, 64), run(case, 32)
        result.append(judge(case, truth(case)))
    if UNKNOWN:
        raise SystemExit("\n".join(UNKNOWN.values()))
    return result


def torch():
    import cases_torch
    import cases_torch_edges
    import run_torch
    import truth_torch

    cases = [*cases_torch.cases(), *cases_torch_edges.cases()]
    lines.write(CASES / "torch.jsonl", record(cases, run_torch.run, truth_torch.truth))


def keras(framework):
    import cases_keras
    import cases_keras_edges
    import run_keras
    import truth_keras

    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    cases = [*cases_keras.cases(framework, backend), *cases_keras_edges.cases(framework, backend)]
    return record(cases, run_keras.runner(framework, backend), truth_keras.truth)


def main(framework):
    if framework == "torch":
        torch()
    elif framework == "tf_keras":
        lines.write(CASES / "tf_keras.jsonl", keras("tf_keras"))
    elif framework == "keras":
        parts = []
        for backend in ("tensorflow", "torch"):
            environment = {**os.environ, "KERAS_BACKEND": backend}
            subprocess.run([sys.executable, __file__, "keras-part"], env=environment, check=True)
            part = CASES / f"keras.{backend}.part"
            parts += lines.read(part)
            part.unlink()
        lines.write(CASES / "keras.jsonl", parts)
    elif framework == "keras-part":
        backend = os.environ["KERAS_BACKEND"]
        lines.write(CASES / f"keras.{backend}.part", keras("keras"))


if __name__ == "__main__":
    for name in sys.argv[1:] or ["torch", "keras", "tf_keras"]:
        main(name)
