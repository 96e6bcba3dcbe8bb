"""The record as bars against the limit of the memory."""

import matplotlib

matplotlib.use("svg")
# Text stays text, and the same record gives the same file.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "peers", "font.size": 9})

import matplotlib.pyplot as plt  # noqa: E402

from results import NAMES, by_case, limit, shape_text, thread_counts  # noqa: E402

# Colours of Okabe and Ito, which people with colour-blindness can tell apart.
COLOURS = ["#0072b2", "#d55e00", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#999999"]


def draw(record, path):
    counts = thread_counts(record)
    figure, panels = plt.subplots(len(counts), 1, figsize=(12, 4.2 * len(counts)), squeeze=False)
    for panel, threads in zip(panels[:, 0], counts, strict=True):
        bars(panel, by_case(record, threads))
        panel.set_title("1 thread" if threads == 1 else f"{threads} threads")
    panels[0, 0].legend(ncols=4, loc="upper right", fontsize=8)
    figure.suptitle("Value and gradient: time as a multiple of the fastest loop over the same memory")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def bars(panel, cases):
    width = 0.8 / len(NAMES)
    for number, (library, title) in enumerate(NAMES.items()):
        points = [
            (place + (number - (len(NAMES) - 1) / 2) * width, found[library]["median"] / limit(found)["median"])
            for place, found in enumerate(cases.values())
            if library in found
        ]
        # Drawn from the line itself, so that what is faster than the loop hangs below it.
        if points:
            places, ratios = zip(*points, strict=True)
            heights = [ratio - 1 for ratio in ratios]
            panel.bar(places, heights, width, bottom=1, color=COLOURS[number], label=title)
    panel.axhline(1, color="black", linewidth=1.2)
    panel.annotate("limit", (1.002, 1), xycoords=("axes fraction", "data"), va="center")
    panel.set_yscale("log")
    panel.set_ylabel("times the limit")
    panel.set_xticks(range(len(cases)), [f"{loss}\n{shape_text(shape)}" for loss, shape in cases])
    panel.tick_params(axis="x", rotation=45, labelsize=7)
    panel.set_xlim(-0.6, len(cases) - 0.4)
    panel.grid(axis="y", alpha=0.3)
