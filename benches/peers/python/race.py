"""Times calls as the Rust side does: in every round each contender once, as the mean over enough calls."""

import math
import time
from statistics import median

ROUNDS = 7
QUICK_ROUNDS = 1
# Seconds that a run must take at least.
WINDOW = 0.02


def seconds(call, calls):
    begin = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - begin) / calls


def race(calls_by_library, quick):
    # This warms up too.
    counts = {library: math.ceil(WINDOW / seconds(call, 1)) for library, call in calls_by_library.items()}
    times = {library: [] for library in calls_by_library}
    for _ in range(QUICK_ROUNDS if quick else ROUNDS):
        for library, call in calls_by_library.items():
            times[library].append(seconds(call, counts[library]))
    return {
        library: {
            "median": median(runs),
            "min": min(runs),
            "max": max(runs),
            "runs": len(runs),
            "calls": counts[library],
        }
        for library, runs in times.items()
    }
