"""The record as Markdown."""

from results import DIFFERENCES, LOOPS, NAMES, by_case, disagrees, limit, megabytes, shape_text, thread_counts

HEAD = """\
# Beside the peers

Written by `scripts/peers`. Value and gradient in f32, as a user of each library makes the call; autodiff with its
backward pass is counted, making the inputs is not. All on the same data. *copy* and *stream* are loops that read what
the loss must read and write as much as its gradient, with ordinary stores and with stores past the caches; *ahead*, with
loads announced 2 KiB before they come. One thread means that the process is held on one processor. rten-vecmath is its
log-softmax alone, without loss and gradient.

"""

TIMES = "Milliseconds of a call, wall clock: median (least–largest) of {runs} runs. ≠: the result differs, see the end."

RATIOS = """\
Share of the speed of the fastest loop over the memory that lossfn reaches, and how many times longer the peers take.
Targets: 10 × PyTorch and 5 × the better of torch.compile and JAX from 256 MB on, 6 × and 2.5 × below; 50 × burn and
candle on cross-entropy."""

AGREEMENT = """\
Largest difference from lossfn over all cases: of the value as a share of it; of the gradient the largest as a share of
the largest entry, and all of them as a share of all entries. Beyond {tolerance} it counts as another result."""


def row(cells):
    return f"| {' | '.join(cells)} |"


def grid(head, rows):
    return "\n".join([row(head), row(["---", "---", *["--:"] * (len(head) - 2)]), *map(row, rows)])


def milliseconds(record, result):
    if result is None:
        return "–"
    median, least, largest = (f"{result[key] * 1e3:.3g}" for key in ("median", "min", "max"))
    return f"{median} ({least}–{largest}){' ≠' if disagrees(record, result) else ''}"


def times(record, cases):
    libraries = [*LOOPS, *NAMES]
    head = ["loss", "shape", "MB", *LOOPS, *NAMES.values()]
    rows = [
        [
            loss,
            shape_text(shape),
            f"{megabytes(loss, shape):.0f}",
            *(milliseconds(record, found.get(library)) for library in libraries),
        ]
        for (loss, shape), found in cases.items()
    ]
    return grid(head, rows)


def longer(found, peers, target):
    """How many times longer the fastest of the peers takes, with a mark where there is a target."""
    medians = [found[peer]["median"] for peer in peers if peer in found]
    if not medians:
        return "–"
    ratio = min(medians) / found["lossfn"]["median"]
    mark = "" if target is None else f" {'✓' if ratio >= target else '✗'}"
    return f"{ratio:.3g}{mark}"


def ratios(cases):
    head = ["loss", "shape", "of the limit", "PyTorch", "torch.compile, JAX", "burn", "candle"]
    rows = []
    for (loss, shape), found in cases.items():
        eager, compiled = (10, 5) if megabytes(loss, shape) >= 256 else (6, 2.5)
        rust = 50 if loss == "CrossEntropy" else None
        share = limit(found)["median"] / found["lossfn"]["median"]
        rows.append(
            [
                loss,
                shape_text(shape),
                f"{share:.2f}",
                longer(found, ["pytorch"], eager),
                longer(found, ["torch.compile", "jax"], compiled),
                longer(found, ["burn"], rust),
                longer(found, ["candle"], rust),
            ]
        )
    return grid(head, rows)


def agreement(record):
    rows = []
    for library, title in NAMES.items():
        facts = [result for result in record["results"] if result["library"] == library]
        if library == "lossfn" or not facts:
            continue
        others = {f"{result['loss']} {shape_text(result['shape'])}" for result in facts if disagrees(record, result)}
        found = [[result["agreement"][key] for result in facts if key in result["agreement"]] for key in DIFFERENCES]
        texts = map(largest, found)
        rows.append([title, ", ".join(sorted(others)) or "none", *texts])
    return grid(["library", "another result", "value", "gradient, largest", "gradient, all"], rows)


def largest(differences):
    if not differences:
        return "–"
    return "NaN" if None in differences else f"{max(differences):.1e}"


def facts(record):
    said = {**record["machine"], "level": record["level"]}
    said["load before and after"] = " / ".join(said["load before and after"])
    lines = [f"- {key}: {value}" for key, value in said.items()]
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    return "\n".join([*lines, f"- versions: {versions}"])


def markdown(record):
    runs = record["results"][0]["runs"]
    parts = [HEAD + facts(record)]
    for threads in thread_counts(record):
        cases = by_case(record, threads)
        title = "1 thread" if threads == 1 else f"{threads} threads"
        parts += [f"## {title}", TIMES.format(runs=runs), times(record, cases), RATIOS, ratios(cases)]
    parts += ["## Agreement", AGREEMENT.format(tolerance=record["tolerance"]), agreement(record)]
    return "\n\n".join(parts) + "\n"
