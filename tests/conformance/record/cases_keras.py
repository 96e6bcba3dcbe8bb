"""The cases of Keras: every loss by class and by function, every reduction, weights and masks."""

from math import prod

from cases_torch import tag
from inputs import Draw
from layout import rows, without
from names_keras import is_class, kind_of, names

SMOOTHED = [{}, {"from_logits": True}, {"label_smoothing": 0.1}, {"from_logits": True, "label_smoothing": 0.1}]
CHOICES = {
    "bce": [*SMOOTHED, {"axis": 0}, {"axis": 0, "from_logits": True}],
    "categorical": [*SMOOTHED, {"axis": 1}, {"axis": 1, "from_logits": True}],
    "huber": [{}, {"delta": 1.0}, {"delta": 0.5}],
    "sparse": [{}, {"from_logits": True}],
    "cosine": [{}, {"axis": 0}],
}
KINDS = [
    "bce",
    "categorical",
    "sparse",
    "kld",
    "mae",
    "mape",
    "huber",
    "mse",
    "msle",
    "categorical_hinge",
    "hinge",
    "squared_hinge",
    "cosine",
]


def make(framework, backend, ident, name, options, shape, inputs, **more):
    prefix = "tf_keras" if framework == "tf_keras" else f"keras-{backend}"
    case = {"id": f"{prefix}/{ident}", "framework": framework, "name": name, "options": options, "shape": list(shape)}
    if framework == "keras":
        case["backend"] = backend
    shapes = {k: list(v) for k, v in more.pop("shapes", {}).items()}
    case["axis"] = options.get("axis", -1) % len(shape)
    if kind_of(name) == "sparse":
        case["target"] = "index"
        shapes["t"] = without(list(shape), case["axis"])
    return {**case, "shapes": shapes, "inputs": inputs, **more}


def reductions(framework):
    if framework == "tf_keras":
        return ["auto", "sum_over_batch_size", "sum", "none"]
    return ["sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight"]


def pair(draw, kind, shape, options):
    """Prediction and target in the loss's domain."""
    n, axis = prod(shape), options.get("axis", -1)
    lines = rows(list(shape), axis)
    if kind == "bce":
        x = draw.real(n) if options.get("from_logits") else draw.unit(n)
        return x, draw.choice(n, [0.0, 1.0, 0.25])
    if kind in ("categorical", "sparse"):
        if options.get("from_logits"):
            x = draw.real(n)
        else:
            # Rows that add up to 1, and rows that do not.
            x = draw.distribution(lines, n) if draw.random.random() < 0.5 else draw.unit(n)
        if kind == "categorical":
            return x, draw.distribution(lines, n)
        return x, draw.choice(len(lines), list(range(shape[axis])))
    if kind == "kld":
        return draw.distribution(lines, n), draw.distribution(lines, n)
    if kind == "msle":
        return draw.positive(n), draw.positive(n)
    if kind == "mape":
        return draw.real(n), [s * v for s, v in zip(draw.choice(n, [1.0, -1.0]), draw.positive(n))]
    if kind in ("hinge", "squared_hinge"):
        return draw.real(n), draw.choice(n, [1.0, -1.0])
    if kind == "categorical_hinge":
        x, t = draw.real(n), [0.0] * n
        for line in lines:
            t[draw.random.choice(line)] = 1.0
        return x, t
    return draw.real(n), draw.real(n)


def plain(framework, backend):
    """Every option, every reduction, both forms."""
    for kind in KINDS:
        every = names(kind, framework)
        for number, options in enumerate(CHOICES.get(kind, [{}])):
            # All reductions on the defaults; with options, one mean and none.
            hows = reductions(framework) if number == 0 else ["none", reductions(framework)[0]]
            for how in hows:
                yield one(framework, backend, kind, every[0], {**options, "reduction": how})
            for name in every[1:] if number == 0 else every[1:2]:
                yield one(framework, backend, kind, name, options)
        if kind not in ("categorical", "sparse", "cosine"):
            yield one(framework, backend, kind, every[1], {}, (4,))
        yield one(framework, backend, kind, every[0], {}, (2, 2, 3))
        yield one(framework, backend, kind, every[1], {}, (1, 1))
        # Keras 3 refuses the largest of nothing.
        if framework == "tf_keras" or kind != "categorical_hinge":
            yield one(framework, backend, kind, every[1], {}, (0, 2))


def one(framework, backend, kind, name, options, shape=None):
    shape = shape or ((3, 4) if kind in ("categorical", "sparse", "cosine") else (2, 4))
    ident = f"{name}/{'x'.join(map(str, shape))}/{tag(options)}"
    draw = Draw(ident)
    x, t = pair(draw, kind, shape, options)
    inputs, outputs = {"x": x, "t": t}, prod(without(list(shape), options.get("axis", -1)))
    if options.get("reduction") == "none" or not is_class(name):
        inputs["upstream"] = draw.real(outputs, 2, 8)
    elif options.get("reduction") == "sum":
        inputs["upstream"] = [-2.0]
    return make(framework, backend, ident, name, options, shape, inputs)


def weighted(framework, backend):
    """Sample weights of every shape, masks, and both."""
    for kind, shape in (
        ("mse", (3, 4)),
        ("mse", (2, 3, 2)),
        ("categorical", (3, 4)),
        ("sparse", (2, 3, 4)),
        ("hinge", (3, 2)),
    ):
        outputs = without(list(shape), -1)
        weights = {"scalar": [], "each": outputs}
        if len(outputs) > 1:
            weights["sample"] = outputs[:1] if framework == "tf_keras" else [*outputs[:1], 1]
        for how in reductions(framework):
            for word, of in weights.items():
                if (kind, shape) != ("mse", (2, 3, 2)) and (how in ("sum", "mean", "auto") or word == "scalar"):
                    continue
                yield masked(framework, backend, kind, shape, how, word, of, None)
            if kind in ("mse", "sparse"):
                keep = [1] + [i % 2 for i in range(1, prod(outputs))]
                yield masked(framework, backend, kind, shape, how, None, None, keep)
                yield masked(framework, backend, kind, shape, how, "each", outputs, keep)
        if kind == "mse" and len(shape) == 2:
            for how in reductions(framework):
                yield masked(framework, backend, kind, shape, how, None, None, [0, 0, 0])
                yield masked(framework, backend, kind, shape, how, "zero", outputs, None)
                yield poisoned(masked(framework, backend, kind, shape, how, None, None, [0, 1, 1]))


def weighted_once(framework, backend):
    """One of each for the other classes: what a reduction does with weights and masks does not depend on the loss."""
    mean, last = reductions(framework)[0], reductions(framework)[-1]
    shape, outputs = (2, 3, 2), [2, 3]
    sample, keep = [2] if framework == "tf_keras" else [2, 1], [1, 1, 0, 1, 0, 1]
    for kind in KINDS:
        if kind == "mse":
            continue
        yield masked(framework, backend, kind, (3, 4), "sum_over_batch_size", "scalar", [], None)
        if kind == "sparse":
            continue
        if kind not in ("categorical", "hinge"):
            yield masked(framework, backend, kind, (3, 4), "sum", "each", [3], None, upstream=True)
            yield masked(framework, backend, kind, shape, "none", "sample", sample, None, upstream=True)
        yield masked(framework, backend, kind, shape, mean, None, None, keep)
        yield masked(framework, backend, kind, shape, last, "each", outputs, keep)
    for kind in ("bce", "categorical"):
        logits = {"from_logits": True}
        yield masked(framework, backend, kind, shape, "none", "each", outputs, None, logits, upstream=True)
        yield masked(framework, backend, kind, shape, mean, "each", outputs, keep, logits)


def masked(framework, backend, kind, shape, how, word, of, keep, options=None, upstream=False):
    name, options = names(kind, framework)[0], {**(options or {}), "reduction": how}
    ident = f"{name}/{'x'.join(map(str, shape))}/{tag(options)}"
    ident += f",sample_weight={word}" * bool(word)
    ident += f",mask={''.join(map(str, keep))}" if keep else ""
    draw = Draw(ident)
    x, t = pair(draw, kind, shape, options)
    inputs, shapes, outputs = {"x": x, "t": t}, {}, without(list(shape), -1)
    if word:
        inputs["sample_weight"] = [0.0] * prod(of) if word == "zero" else draw.positive(prod(of), 3)
        shapes["sample_weight"] = of
    if keep:
        inputs["mask"], shapes["mask"] = keep, outputs
    if upstream:
        inputs["upstream"] = draw.real(prod(outputs), 2, 8) if how == "none" else [-2.0]
    return make(framework, backend, ident, name, options, shape, inputs, shapes=shapes)


def poisoned(case):
    """The masked row is NaN."""
    case["id"] = case["id"].replace("/", "/trap1/masked-row-of-nan/", 1)
    case["inputs"]["x"][0] = "nan"
    return case


def cases(framework, backend):
    """On the second backend of Keras 3 a part is enough: formulas and kinks differ, the reductions do not."""
    for case in plain(framework, backend):
        if framework == "tf_keras" or backend == "tensorflow" or case["options"].get("reduction") == "none":
            yield case
    if framework == "tf_keras" or backend == "tensorflow":
        yield from weighted(framework, backend)
    for case in weighted_once(framework, backend):
        how = case["options"]["reduction"]
        if framework == "tf_keras" or backend == "tensorflow" or how in ("none", "mean_with_sample_weight"):
            yield case
