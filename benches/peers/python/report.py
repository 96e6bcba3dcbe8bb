"""Puts what was measured together: `report.py MEASURED/ OUT/ LOAD` writes peers.json, peers.md and peers.svg to OUT/.

MEASURED/ has a JSON file for each process; LOAD is the text of /proc/loadavg before the first of them.
"""

import json
import sys
from pathlib import Path

import plot
import table
from machine import machine


def collect(folder):
    """All results, each with its number of threads, and what the processes said of themselves."""
    results, said = [], {}
    for file in sorted(Path(folder).glob("*.json")):
        report = json.loads(file.read_text())
        results += [{**result, "threads": report["threads"]} for result in report["results"]]
        said |= {key: report[key] for key in ("level", "tolerance") if key in report}
    return {**said, "results": results}


def main(measured, out, load):
    record = {**machine(load), **collect(measured)}
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "peers.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n")
    (out / "peers.md").write_text(table.markdown(record))
    plot.draw(record, out / "peers.svg")


if __name__ == "__main__":
    main(*sys.argv[1:])
