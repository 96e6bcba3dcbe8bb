"""The edges of Keras's losses."""

import numpy as np
from cases_keras import make
from names_keras import names

REFUSED_BY_TORCH = "edge/bce/nan"


def f32(*values):
    return [float(np.float32(v)) for v in values]


def bce():
    ends = [0.0, 1.0, *f32(1e-8), 2.0**-149, 1 - 2.0**-24, 0.5]
    for t in (0.0, 1.0, 0.25):
        yield f"edge/bce/ends,t={t}", "bce", [ends], [[t] * 6], {}
    yield "trap8/bce/clipped", "bce", [[0.0, 1.0]], [[1.0, 0.0]], {}
    yield "edge/bce/ends", "bce", [ends], [[0.0, 1.0, 1.0, 0.0, 1.0, 0.0]], {"label_smoothing": 0.1}
    yield "edge/bce/outside", "bce", [[-0.5, 1.5]], [[0.0, 1.0]], {}
    yield "edge/bce/nan", "bce", [["nan", 0.5]], [[0.0, 1.0]], {}
    for t in (0.0, 1.0, 0.5):
        x = f32(15.0, -15.0, 100.0, -100.0, 0.0, 3e38, -3e38, 17.0, -17.0, 10.0, -10.0)
        yield f"edge/bce/logits,t={t}", "bce", [[v] for v in x], [[t]] * len(x), {"from_logits": True}
        yield f"edge/bce/infinite,t={t}", "bce", [["inf"], ["-inf"]], [[t]] * 2, {"from_logits": True}


def categorical():
    hot, soft = [[0.0, 1.0, 0.0]], [[0.25, 0.5, 0.25]]
    for p in ([0.5, 0.0, 0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.125, 0.25, 0.125], f32(1e-8, 0.5, 0.5)):
        word = "+".join(f"{v:.3g}" for v in p)
        yield f"edge/categorical/p={word}", "categorical", [p], hot, {}
        yield f"edge/categorical/p={word},soft", "categorical", [p], soft, {}
        yield f"edge/sparse/p={word}", "sparse", [p], [1], {}
    yield "trap8/sparse/clipped", "sparse", [[0.5, 0.0, 0.5]], [1], {}
    yield "edge/categorical/zero-row", "categorical", [[0.0] * 3], hot, {}
    yield "edge/sparse/zero-row", "sparse", [[0.0] * 3], [1], {}
    yield "edge/categorical/p,smooth", "categorical", [[0.5, 0.0, 0.5]], hot, {"label_smoothing": 0.25}
    logits = {"from_logits": True}
    yield "trap3/categorical/masked", "categorical", [[1.0, "-inf", 2.0]], [[1.0, 0.0, 0.0]], logits
    yield "trap3/sparse/masked", "sparse", [[1.0, "-inf", 2.0]], [0], logits
    yield "edge/sparse/target-masked", "sparse", [[1.0, "-inf", 2.0]], [1], logits
    yield "trap5/categorical/target-sums-to-0.875", "categorical", [[1.0, 2.0, 3.0]], [[0.5, 0.25, 0.125]], logits
    yield "trap5/categorical/target-sums-to-1.75", "categorical", [[1.0, 2.0, 3.0]], [[0.5, 0.25, 1.0]], logits
    for a in (15.0, 17.0, 110.0):
        yield f"trap4/categorical/logits={a},0", "categorical", [[a, 0.0], [a, 0.0]], [[1.0, 0.0], [0.0, 1.0]], logits
        yield f"trap4/sparse/logits={a},0", "sparse", [[a, 0.0], [a, 0.0]], [0, 1], logits
    yield "edge/categorical/one-class", "categorical", [[3.0], [-1.0]], [[1.0], [0.5]], logits
    yield (
        "edge/categorical/large",
        "categorical",
        [f32(1e8, -1e8, 0), f32(3e38, 3e38, 3e38)],
        [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        logits,
    )
    yield "edge/sparse/nan", "sparse", [["nan", 1.0], [1.0, 2.0]], [1, 0], logits


def ignored():
    p, x = (
        [[0.5, 0.25, 0.25], [0.125, 0.5, 0.375], [0.25, 0.25, 0.5]],
        [[1.0, 2.0, 3.0], [0.5, -1.0, 2.0], [0.0, 1.0, 0.0]],
    )
    for of, t, word in ((-1, [-1, 2, 0], "one"), (1, [0, 1, 2], "inside"), (-1, [-1, -1, -1], "all")):
        for how in ("sum_over_batch_size", "sum", "none", None):
            more = {"ignore_class": of, **({"reduction": how} if how else {})}
            yield f"edge/sparse/ignored={word}", "sparse", p, t, more
            yield f"edge/sparse/ignored={word}", "sparse", x, t, {**more, "from_logits": True}
    poison = [["nan", 0.0, 1.0], [0.5, -1.0, 2.0]]
    yield "trap1/sparse/ignored-row-of-nan", "sparse", poison, [-1, 2], {"ignore_class": -1, "from_logits": True}


def errors():
    kinks = [[1.0, 2.0, 0.0, -0.5], [1.5, -4.0, 4.0, 0.25]], [[1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.25]]
    far = (
        [["inf"], ["-inf"], ["nan"], [1.0], *([v] for v in f32(1e20, -3e38))],
        [[0.0], [0.0], [0.0], ["nan"], [0.0], [0.0]],
    )
    for kind, options in (("mse", {}), ("mae", {}), ("huber", {}), ("huber", {"delta": 0.5})):
        yield f"edge/{kind}/kinks", kind, *kinks, options
        yield f"edge/{kind}/far", kind, *far, options
    yield "edge/mape/zero-target", "mape", [[1.0, 0.0, 0.5, -2.0]], [[0.0, 0.0, 0.5, -2.0]], {}
    yield "edge/mape/small-target", "mape", [[1.0], [1.0], [0.5]], [f32(1e-8), f32(2e-7), f32(-1e-8)], {}
    yield "edge/mape/cancels", "mape", [[2.0**-20, 3.0, -3.0]], [[4.0, -2.0, -2.0]], {}
    yield (
        "edge/msle/at-and-below-0",
        "msle",
        [[0.0, -0.5, -4.0, 1.0], [0.0, 3.0, 0.5, 2.0]],
        [[0.0, 0.5, 1.0, 0.0], [-1.0, 3.0, -0.5, 0.0]],
        {},
    )
    yield "edge/msle/small-and-large", "msle", [f32(1e-6, 1e-3, 1e20, 3e38)], [f32(1e-5, 1.001e-3, 1.0, 3.1e38)], {}


def divergences():
    yield "trap3/kld/zero-target", "kld", [[0.5, 0.5]], [[0.0, 1.0]], {}
    yield "edge/kld/zeros", "kld", [[0.0, 0.5, 0.0, 1.0]], [[0.0, 0.0, 0.5, 0.5]], {}
    yield "edge/kld/ones", "kld", [[1.0, 0.5], [1.0, 0.25]], [[0.5, 1.0], [1.0, 0.25]], {}
    yield "edge/kld/outside", "kld", [[1.5, -0.5, 0.5, 0.5]], [[0.5, 0.5, 1.5, -0.5]], {}
    yield "edge/kld/near", "kld", [[0.5, 0.5 + 2.0**-24]], [[0.5, 0.5]], {}


def hinges():
    p = [[1.0, 1.0, -1.0, 0.5], [2.0, -2.0, 0.25, 0.0]]
    signs, bits, mixed = [[1.0, -1.0, -1.0, 1.0]] * 2, [[1.0, 0.0, 0.0, 1.0]] * 2, [[1.0, 0.0, -1.0, 1.0]] * 2
    for kind in ("hinge", "squared_hinge"):
        yield f"edge/{kind}/labels=-1,1", kind, p, signs, {}
        yield f"edge/{kind}/labels=0,1", kind, p, bits, {}
        yield f"edge/{kind}/labels=0,1,-1", kind, p, mixed, {}
        yield f"edge/{kind}/labels=1", kind, p, [[1.0] * 4] * 2, {}
        yield f"edge/{kind}/labels=2,0.5", kind, p, [[2.0, 0.5, 0.0, 1.0]] * 2, {}
        yield f"trap7/{kind}/converted", kind, [[0.25, 0.25]], [[0.0, 1.0]], {}
        yield f"trap7/{kind}/not-converted", kind, [[0.25, 0.25, 0.25]], [[0.0, 1.0, -1.0]], {}
        yield f"trap7/{kind}/by-the-whole-call", kind, [[0.25, 0.25], [0.25, 0.25]], [[0.0, 1.0], [1.0, -1.0]], {}
    yield "trap6/categorical_hinge/target-slot", "categorical_hinge", [[-5.0, -2.0, -4.0]], [[0.0, 1.0, 0.0]], {}
    yield "trap6/categorical_hinge/signs", "categorical_hinge", [[0.25, 0.5, 0.75]], [[-1.0, 1.0, -1.0]], {}
    yield (
        "edge/categorical_hinge/tie-at-0",
        "categorical_hinge",
        [[0.5, 1.5, 0.25], [0.0, 1.0, -1.0]],
        [[0.0, 1.0, 0.0]] * 2,
        {},
    )
    yield (
        "edge/categorical_hinge/tie-of-the-max",
        "categorical_hinge",
        [[2.0, 1.0, 2.0], [0.0, 0.5, 0.0]],
        [[0.0, 1.0, 0.0]] * 2,
        {},
    )
    yield "edge/categorical_hinge/correct", "categorical_hinge", [[0.5, 3.0, 0.25]], [[0.0, 1.0, 0.0]], {}


def cosine():
    zero, unit = [0.0, 0.0], [1.0, 2.0]
    yield "trap9/cosine/zero-prediction", "cosine", [zero], [unit], {}
    yield "edge/cosine/zero-target", "cosine", [unit], [zero], {}
    yield "edge/cosine/zeros", "cosine", [zero], [zero], {}
    for size in ("1e-05", "1e-06", "5e-07", "1e-07", "5e-08", "1e-08", "1e-20", "1e19", "1e20"):
        v = float(size)
        yield f"trap9/cosine/norm={size}", "cosine", [f32(v, 0.0)], [[1.0, 0.0]], {}
        yield f"edge/cosine/norm={size},apart", "cosine", [f32(v, v)], [f32(0.0, v)], {}
    yield (
        "edge/cosine/lines",
        "cosine",
        [[1.0, 2.0], [1.0, 2.0], [2.0, -1.0]],
        [[2.0, 4.0], [-1.0, -2.0], [1.0, 2.0]],
        {},
    )


def nan():
    for kind in ("mape", "msle", "kld", "hinge", "squared_hinge", "categorical_hinge", "cosine", "categorical"):
        yield f"edge/{kind}/nan", kind, [["nan", 0.5], [0.5, 0.25]], [[1.0, 0.0], ["nan", 1.0]], {}
    yield "edge/sparse/nan,p", "sparse", [["nan", 0.5], [0.5, 0.5]], [1, 0], {}


def bounds():
    """At the clips as f32 holds them, and beside clips and floors. In f64 both ends are inside the clip."""
    at, most = np.float32(1e-7), 1 - 2.0**-23
    below, at, above = f32(np.nextafter(at, np.float32(0)), at, np.nextafter(at, np.float32(1)))
    low, high, beside = [[below], [at], [above]], [[1 - 3 * 2.0**-24], [most]], [[below], [above]]
    for t in (0.0, 1.0, 0.25):
        yield f"edge/bce/at-the-bounds,t={t}", "bce", low + high, [[t]] * 5, {}
    yield "edge/bce/at-the-bounds", "bce", low + high, [[0.0], [1.0], [0.0], [1.0], [0.0]], {"label_smoothing": 0.1}
    # They add up to 1 in f32, in any order, and are at the bound after the division too.
    rows, hot, soft = [[at, 0.5, 0.5 - 2.0**-23]] * 2, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[0.25, 0.5, 0.25]] * 2
    yield "edge/categorical/at-the-lower-bound", "categorical", rows, hot, {}
    yield "edge/categorical/at-the-lower-bound,soft", "categorical", rows, soft, {}
    yield "edge/categorical/at-the-lower-bound", "categorical", rows, hot, {"label_smoothing": 0.25}
    yield "edge/sparse/at-the-lower-bound", "sparse", rows, [0, 1], {}
    rows, hot, soft = (
        [[most, at, 2.0**-23 - at]] * 2 + [[most, 2.0**-24, 2.0**-24]],
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]],
        [[0.25, 0.5, 0.25]] * 3,
    )
    yield "edge/categorical/at-the-upper-bound", "categorical", rows, hot, {}
    yield "edge/categorical/at-the-upper-bound,soft", "categorical", rows, soft, {}
    yield "edge/categorical/at-the-upper-bound", "categorical", rows, hot, {"label_smoothing": 0.25}
    yield "edge/sparse/at-the-upper-bound", "sparse", rows, [0, 1, 0], {}
    yield "edge/kld/at-the-bound,predictions", "kld", low, [[0.5]] * 3, {}
    yield "edge/kld/at-the-bound,targets", "kld", [[0.5]] * 3, low, {}
    yield "edge/kld/at-the-bound,both", "kld", low, low[::-1], {}
    yield "edge/msle/at-the-floor,predictions", "msle", [[at]], [[1.0]], {}
    yield "edge/msle/at-the-floor,targets", "msle", [[1.0]], [[at]], {}
    yield "edge/mape/at-the-floor", "mape", [[1.0]] * 2, [[at], [-at]], {}
    yield "edge/msle/beside-the-floor,predictions", "msle", beside, [[1.0]] * 2, {}
    yield "edge/msle/beside-the-floor,targets", "msle", [[1.0]] * 2, beside, {}
    yield "edge/mape/beside-the-floor", "mape", [[1.0]] * 4, beside + [[-v] for (v,) in beside], {}


def spelled(framework, rows):
    """Both forms: the class without reduction where it reduces, so that rows are seen."""
    for ident, kind, x, t, options in rows:
        every = names(kind, framework)
        own = "reduction" in options or ("ignore_class" in options and "reduction" not in options)
        # Classes and functions take turns; what says its reduction is the class.
        name = every[0] if "reduction" in options else every[1]
        if not own and len(ident) % 3 == 0:
            name, options = every[0], {**options, "reduction": "none"}
        ident += "".join(f",{k}={v}" for k, v in options.items()) + f",{name}"
        yield ident, name, options, x, t


def shapes(framework, backend):
    """Empty and single inputs, ranks that differ by one, other axes."""

    def case(ident, name, options, shape, x, t, **more):
        return make(framework, backend, ident, name, options, shape, {"x": x, "t": t}, **more)

    for how in ("sum_over_batch_size", "sum", "none"):
        yield case(f"edge/mse/empty,{how}", "MeanSquaredError", {"reduction": how}, (0, 2), [], [])
        yield case(f"edge/mse/one,{how}", "MeanSquaredError", {"reduction": how}, (1, 1), [3.0], [1.0])
    yield case(
        "edge/mse/target-of-lower-rank",
        "MeanSquaredError",
        {},
        (3, 1),
        [1.0, 2.0, 4.0],
        [0.0, 0.5, 1.0],
        shapes={"t": (3,)},
    )
    yield case("edge/mse/one-dimension", "MeanSquaredError", {}, (3,), [1.0, 2.0, 4.0], [0.0, 0.5, 1.0])
    x, p = (
        [0.5, 1.0, -1.0, 2.0, 0.25, -0.5] * 2,
        [0.5, 0.25, 0.25, 0.5, 0.25, 0.25, 0.125, 0.625, 0.375, 0.125, 0.5, 0.25],
    )
    hot = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0] * 2
    for smooth in (0.0, 0.25):
        options = {"axis": 1, "from_logits": True, "label_smoothing": smooth, "reduction": "none"}
        yield case(f"edge/categorical/axis=1,smooth={smooth}", "CategoricalCrossentropy", options, (2, 3, 2), x, hot)
    yield case("edge/bce/axis=1", "binary_crossentropy", {"axis": 1}, (2, 3, 2), p, hot)
    yield case("edge/cosine/axis=1", "cosine_similarity", {"axis": 1}, (2, 3, 2), x, p)
    if framework == "tf_keras" or backend == "torch":
        for of, values in (({}, p), ({"from_logits": True}, x)):
            ident = f"edge/sparse/axis=1{',logits' if of else ''}"
            yield case(ident, "sparse_categorical_crossentropy", {"axis": 1, **of}, (2, 3, 2), values, [0, 2, 1, 1])
    if framework == "keras" and backend == "torch":
        for of in ({}, {"ignore_class": 1}):
            options = {"axis": 1, "from_logits": True, "reduction": "none", **of}
            ident = f"edge/sparse/axis=1,class{',ignored' if of else ''}"
            yield case(ident, "SparseCategoricalCrossentropy", options, (2, 3, 2), x, [0, 2, 1, 1])


def clipped_as_given(framework, backend):
    """On TensorFlow sparse cross-entropy clips before it divides by the sum, and so at the entries themselves."""
    if framework == "tf_keras" or backend == "tensorflow":
        (at,), most = f32(1e-7), 1 - 2.0**-23
        x, options = [at, 0.5, 0.25, most, at, 0.5] * 2, {"reduction": "none"}
        ident, name = "edge/sparse/at-the-bounds,class", "SparseCategoricalCrossentropy"
        yield make(framework, backend, ident, name, options, (4, 3), {"x": x, "t": [0, 0, 1, 1]})


def cases(framework, backend):
    groups = (bce, categorical, ignored, errors, divergences, hinges, cosine, nan, bounds)
    rows = [row for group in groups for row in group()]
    for ident, name, options, x, t in spelled(framework, rows):
        if backend == "torch" and framework == "keras" and ident.startswith(REFUSED_BY_TORCH):
            continue
        flat = [v for row in t for v in row] if isinstance(t[0], list) else t
        shape = (len(x), len(x[0]))
        yield make(framework, backend, ident, name, options, shape, {"x": [v for row in x for v in row], "t": flat})
    yield from clipped_as_given(framework, backend)
    yield from shapes(framework, backend)
