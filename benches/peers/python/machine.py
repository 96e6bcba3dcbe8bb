"""What the figures depend on."""

import os
import platform
import subprocess
import tomllib
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PEERS = Path(__file__).parent.parent
RUST = ["burn", "candle-core", "rten-vecmath"]
PYTHON = ["torch", "jax", "numpy"]


def first_line(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


def cpu():
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def last_cache():
    sizes = sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size"))
    return sizes[-1].read_text().strip() if sizes else "unknown"


def locked():
    packages = tomllib.loads((PEERS / "Cargo.lock").read_text())["package"]
    return {package["name"]: package["version"] for package in packages if package["name"] in RUST}


def commit():
    there = ["git", "-C", str(PEERS)]
    head = subprocess.run([*there, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode:
        return "no repository"
    changed = subprocess.run([*there, "diff", "--quiet", "HEAD", "--", "../../src"], check=False).returncode
    return head.stdout.strip() + (" with changes" if changed else "")


def machine(load):
    return {
        "machine": {
            "date": datetime.now(UTC).strftime("%Y-%m-%d"),
            "cpu": cpu(),
            "cores": len(os.sched_getaffinity(0)),
            "last-level cache": last_cache(),
            "system": f"{platform.system()} {platform.release()}, {' '.join(platform.libc_ver())}",
            "load before and after": [load, " ".join(f"{mean:.2f}" for mean in os.getloadavg())],
        },
        "versions": {
            "lossfn": commit(),
            **locked(),
            **{package: version(package) for package in PYTHON},
            "rustc": first_line("rustc", "--version").removeprefix("rustc "),
            "g++": first_line("g++", "-dumpfullversion"),
            "python": platform.python_version(),
        },
    }
