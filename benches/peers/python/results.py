"""Looking results up."""

import math

NAMES = {
    "lossfn": "lossfn",
    "pytorch": "PyTorch",
    "torch.compile": "torch.compile",
    "jax": "JAX",
    "burn": "burn",
    "candle": "candle",
    "rten-vecmath": "rten-vecmath",
}
LOOPS = ("copy", "copy ahead", "stream", "stream ahead")
DIFFERENCES = ("value_off", "gradient_off", "gradient_sum_off")


def by_case(record, threads):
    """For each case, in the order measured, the results by library."""
    cases = {}
    for result in record["results"]:
        if result["threads"] == threads:
            key = (result["loss"], tuple(result["shape"]))
            cases.setdefault(key, {})[result["library"]] = result
    return cases


def thread_counts(record):
    return sorted({result["threads"] for result in record["results"]})


def shape_text(shape):
    if len(shape) == 1 and shape[0].bit_count() == 1:
        return f"2^{shape[0].bit_length() - 1}"
    return "×".join(map(str, shape))


def megabytes(loss, shape):
    """What must be read and written at least, for which labels do not count."""
    return math.prod(shape) * 4 * (2 if loss == "CrossEntropy" else 3) / 1e6


def limit(libraries):
    """The result of the fastest of the loops over the memory."""
    return min((libraries[name] for name in LOOPS), key=lambda result: result["median"])


def disagrees(record, result):
    facts = result["agreement"] or {}
    # What was not finite is null.
    return any(off is None or not off <= record["tolerance"] for key, off in facts.items() if key in DIFFERENCES)
