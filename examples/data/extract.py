"""Recreates `digits.csv`, `diabetes.csv` and `LICENSE-scikit-learn` from the scikit-learn wheel.

    python -m venv venv && venv/bin/pip install scikit-learn==1.9.1
    venv/bin/python extract.py

The files are written beside this script. scikit-learn ships the raw values; nothing is rescaled here.
"""

import csv
import gzip
import importlib.metadata
from importlib import resources
from pathlib import Path

PACKAGE, VERSION = "scikit-learn", "1.9.1"
HERE = Path(__file__).resolve().parent
FEATURES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]


def lines(name: str) -> list[str]:
    packed = resources.files("sklearn.datasets.data").joinpath(name).read_bytes()
    return gzip.decompress(packed).decode("ascii").split("\n")[:-1]


def write(name: str, header: list[str], rows: list[list[str]]) -> None:
    with (HERE / name).open("w", encoding="ascii", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])
    print(f"{name}: {len(rows)} rows of {len(header)} columns")


def digits() -> None:
    rows = [line.split(",") for line in lines("digits.csv.gz")]
    assert len(rows) == 1797 and all(len(row) == 65 for row in rows)
    assert all(0 <= int(pixel) <= 16 for row in rows for pixel in row[:64])
    assert all(0 <= int(row[64]) <= 9 for row in rows)
    write("digits.csv", [f"p{row}{column}" for row in range(8) for column in range(8)] + ["digit"], rows)


def diabetes() -> None:
    features = [line.split() for line in lines("diabetes_data_raw.csv.gz")]
    targets = [float(line) for line in lines("diabetes_target.csv.gz")]
    assert len(features) == len(targets) == 442 and all(len(row) == 10 for row in features)
    assert all(target.is_integer() for target in targets)
    rows = [[*row, str(int(target))] for row, target in zip(features, targets)]
    write("diabetes.csv", [*FEATURES, "progression"], rows)


def licence() -> None:
    files = importlib.metadata.files(PACKAGE) or []
    text = next(file for file in files if file.name == "COPYING").read_text()
    # After the rule come the notices of the binaries in the wheel.
    (HERE / "LICENSE-scikit-learn").write_text(text.split("\n----")[0].rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    found = importlib.metadata.version(PACKAGE)
    if found != VERSION:
        raise SystemExit(f"{PACKAGE} {found} is installed: install {PACKAGE}=={VERSION}")
    digits()
    diabetes()
    licence()
