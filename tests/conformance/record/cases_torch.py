"""The cases of PyTorch: every option of every loss on drawn inputs."""

from itertools import product
from math import prod

from inputs import Draw
from layout import rows, without

SHAPES = [(3, 4), (5,), (2, 3, 2), (2, 3, 2, 2)]
REDUCTIONS = ("none", "mean", "sum")


def make(ident, name, options, shape, inputs, **more):
    case = {"id": f"torch/{ident}", "framework": "torch", "name": name, "options": options, "shape": list(shape)}
    shapes = {k: list(v) for k, v in more.pop("shapes", {}).items()}
    return {**case, **({"shapes": shapes} if shapes else {}), "inputs": inputs, **more}


def tag(options):
    return ",".join(f"{k}={v}" for k, v in options.items()) or "default"


def upstream(draw, how, outputs):
    """Per output where there are several; a scalar for the sum; 1 for the mean."""
    if how == "none":
        return {"upstream": draw.real(outputs, 2, 8)}
    return {"upstream": [draw.choice(1, [0.5, -2.0, 3.0])[0]]} if how == "sum" else {}


def elementwise():
    """Losses of errors, and the other losses of single elements."""
    table = [
        ("L1Loss", "l1_loss", [{}], "real"),
        ("MSELoss", "mse_loss", [{}], "real"),
        ("SmoothL1Loss", "smooth_l1_loss", [{}, {"beta": 1.0}, {"beta": 0.5}, {"beta": 0.0}], "real"),
        ("HuberLoss", "huber_loss", [{}, {"delta": 1.0}, {"delta": 0.5}, {"delta": 4.0}], "real"),
        (
            "HingeEmbeddingLoss",
            "hinge_embedding_loss",
            [{}, {"margin": 1.0}, {"margin": 0.5}, {"margin": 2.0}],
            "signs",
        ),
        ("BCELoss", "binary_cross_entropy", [{}], "unit"),
        ("BCEWithLogitsLoss", "binary_cross_entropy_with_logits", [{}], "logits"),
        ("KLDivLoss", "kl_div", [{}, {"log_target": True}], "log"),
    ]
    for cls, function, choices, kind in table:
        reductions = (*REDUCTIONS, "batchmean") if kind == "log" else REDUCTIONS
        for options, how, name in product(choices, reductions, (cls, function)):
            shape = [(3, 3), (2, 5), (4,), (2, 2, 2)][len(str(options) + how + name) % 4]
            ident = f"{name}/{tag({**options, 'reduction': how})}"
            draw, n = Draw(ident), prod(shape)
            x, t = draw.real(n), draw.real(n)
            if kind == "signs":
                t = draw.choice(n, [1.0, -1.0])
            elif kind == "unit":
                x, t = draw.unit(n), draw.choice(n, [0.0, 1.0, 0.25, 0.75])
            elif kind == "logits":
                t = draw.choice(n, [0.0, 1.0, 0.25, 0.5])
            elif kind == "log":
                lines = rows(shape, -1)
                x = [-v for v in draw.positive(n)]
                t = [-v for v in draw.positive(n)] if options else draw.distribution(lines, n, zeros=False)
            if how != "mean" or len(ident) % 2:
                options = {**options, "reduction": how}
            yield make(ident, name, options, shape, {"x": x, "t": t, **upstream(draw, how, n)})


def weighted():
    """Weights of BCE, and both weights of BCE with logits."""
    names = [("BCELoss", False), ("binary_cross_entropy", False)]
    names += [("BCEWithLogitsLoss", True), ("binary_cross_entropy_with_logits", True)]
    shape, n = (3, 4), 12
    for (name, logits), how, which in product(names, REDUCTIONS, ("element", "column", "row", "one")):
        of = {"element": (3, 4), "column": (4,), "row": (3, 1), "one": (1,)}[which]
        for key in ("weight", "pos_weight") if logits else ("weight",):
            if key == "pos_weight" and which == "row":
                continue
            ident = f"{name}/{key}={which},reduction={how}"
            draw = Draw(ident)
            x = draw.real(n) if logits else draw.unit(n)
            inputs = {"x": x, "t": draw.choice(n, [0.0, 1.0, 0.25]), key: draw.positive(prod(of), 3)}
            shapes = {key: of}
            if key == "pos_weight" and which == "column" and how != "sum":
                inputs["weight"], shapes["weight"], ident = draw.positive(n, 2), shape, ident + ",weight=element"
            inputs.update(upstream(draw, how, n))
            yield make(ident, name, {"reduction": how}, shape, inputs, shapes=shapes)


def classes():
    """Cross-entropy and NLL: shapes, weights, smoothing, ignored classes, both kinds of target."""
    for shape, how, weighted, ignore in product(SHAPES, REDUCTIONS, (False, True), (None, -100, 1)):
        if len(shape) != 2 and (
            how == "sum" or (weighted and ignore == -100) or (len(shape) > 2 and weighted and ignore)
        ):
            continue
        for smoothing in (None, 0.1, 1.0):
            if smoothing != 1.0 or (ignore != -100 and how == "mean" and len(shape) == 2):
                yield class_case("CrossEntropyLoss", shape, how, weighted, ignore, smoothing)
        yield class_case("NLLLoss", shape, how, weighted, ignore, None)
    for shape, how, weighted in product(SHAPES, REDUCTIONS, (False, True)):
        for smoothing in (None, 0.1, 1.0):
            if (smoothing != 1.0 or how == "mean") and not (len(shape) > 2 and how == "sum"):
                yield class_case("CrossEntropyLoss", shape, how, weighted, None, smoothing, soft=True)


def class_case(name, shape, how, weighted, ignore, smoothing, soft=False):
    options = {"reduction": how}
    if ignore is not None:
        options["ignore_index"] = ignore
    if smoothing is not None:
        options["label_smoothing"] = smoothing
    ident = f"{'x'.join(map(str, shape))}/{tag(options)}{',weight' if weighted else ''}{',soft' if soft else ''}"
    functional = {"CrossEntropyLoss": "cross_entropy", "NLLLoss": "nll_loss"}[name]
    draw, axis = Draw(name + ident), min(1, len(shape) - 1)
    if len(ident) % 2:
        name = functional
    n, c, out = prod(shape), shape[axis], without(shape, axis)
    x = [-v for v in draw.positive(n)] if name in ("NLLLoss", "nll_loss") else draw.real(n)
    inputs = {"x": x}
    if soft:
        inputs["t"] = draw.distribution(rows(shape, axis), n)
        if len(shape) == 3 or (len(shape) == 2 and how == "sum"):
            inputs["t"] = draw.unit(n)
    else:
        inputs["t"] = draw.choice(prod(out), list(range(c)))
        if ignore == -100 and len(inputs["t"]) > 1:
            inputs["t"][1] = -100
        if ignore == 1 and len(inputs["t"]) > 1:
            inputs["t"][:2] = [1, 0]
    if weighted:
        inputs["weight"] = draw.positive(c, 3)
    inputs.update(upstream(draw, how, prod(out)))
    sizes = {**({} if soft else {"t": out}), **({"weight": (c,)} if weighted else {})}
    kind = "probabilities" if soft else "index"
    return make(f"{name}/{ident}", name, options, shape, inputs, shapes=sizes, axis=axis, target=kind)


def cosine():
    choices = [{}, {"margin": 0.0}, {"margin": 0.5}, {"margin": -0.25}]
    for options, how, name in product(choices, REDUCTIONS, ("CosineEmbeddingLoss", "cosine_embedding_loss")):
        ident = f"{name}/{tag({**options, 'reduction': how})}"
        draw = Draw(ident)
        shape = (4, 3) if how != "sum" else (3, 5)
        n = prod(shape)
        inputs = {"x": draw.real(n), "t": draw.real(n), "labels": [1, -1, 1, -1][: shape[0]]}
        # The second pair is near, so that the margin is passed.
        inputs["t"][shape[1] : 2 * shape[1]] = [v / 2 + 0.25 for v in inputs["x"][shape[1] : 2 * shape[1]]]
        inputs.update(upstream(draw, how, shape[0]))
        shapes = {"labels": (shape[0],)}
        yield make(ident, name, {**options, "reduction": how}, shape, inputs, shapes=shapes)


def legacy():
    """The pair that came before `reduction`."""
    pairs = [(True, True), (False, True), (True, False), (False, False)]
    for (average, reduce), name in product(pairs, ("MSELoss", "smooth_l1_loss", "BCEWithLogitsLoss")):
        options = {"size_average": average, "reduce": reduce}
        ident = f"{name}/{tag(options)}"
        draw = Draw(ident)
        yield make(ident, name, options, (2, 3), {"x": draw.real(6), "t": draw.unit(6)})
    for average, reduce in pairs:
        options = {"size_average": average, "reduce": reduce}
        draw = Draw(f"ce {options}")
        inputs = {"x": draw.real(9), "t": [2, 0, 1], "weight": [1.0, 2.0, 0.5]}
        more = {"axis": 1, "target": "index", "shapes": {"t": (3,), "weight": (3,)}}
        yield make(f"CrossEntropyLoss/{tag(options)}", "CrossEntropyLoss", options, (3, 3), inputs, **more)
        draw = Draw(f"nll {options}")
        inputs = {"x": [-v for v in draw.positive(9)], "t": [2, -100, 1], "weight": [1.0, 2.0, 0.5]}
        yield make(f"NLLLoss/{tag(options)}", "NLLLoss", options, (3, 3), inputs, **more)
        draw = Draw(f"cosine {options}")
        inputs, shapes = {"x": draw.real(9), "t": draw.real(9), "labels": [1, -1, 1]}, {"labels": (3,)}
        yield make(f"CosineEmbeddingLoss/{tag(options)}", "CosineEmbeddingLoss", options, (3, 3), inputs, shapes=shapes)
        for name in ("L1Loss", "BCELoss", "HingeEmbeddingLoss", "KLDivLoss"):
            draw = Draw(f"{name} {options}")
            signs = name == "HingeEmbeddingLoss"
            inputs = {"x": draw.unit(6), "t": draw.choice(6, [1.0, -1.0]) if signs else draw.unit(6)}
            yield make(f"{name}/{tag(options)}", name, options, (2, 3), inputs)


def cases():
    for group in (elementwise, weighted, classes, cosine, legacy):
        yield from group()
