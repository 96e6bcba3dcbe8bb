"""The edges of cross-entropy and negative log-likelihood."""

import numpy as np
from cases_torch import make

BIG = float(np.float32(3e38))


def ce(ident, x, t, options=None, weight=None, shape=None, soft=False, name="CrossEntropyLoss", how="none"):
    """Rows as lists; t is indices, or rows when soft."""
    shape = shape or (len(x), len(x[0]) if x else 3)
    axis = min(1, len(shape) - 1)
    inputs = {"x": [v for row in x for v in row], "t": [v for row in t for v in row] if soft else t}
    shapes = {} if soft else {"t": shape[:axis] + shape[axis + 1 :]}
    if weight:
        inputs["weight"], shapes["weight"] = weight, (len(weight),)
    more = {"axis": axis, "target": "probabilities" if soft else "index", "shapes": shapes}
    return make(ident, name, {**(options or {}), "reduction": how}, shape, inputs, **more)


def ignored():
    for poison in (["nan", 0.0, 0.0], ["-inf", "-inf", "-inf"], ["inf", 0.0, "nan"], ["nan", "nan", "nan"]):
        word = "+".join(str(v) for v in poison)
        for how in ("mean", "sum", "none"):
            yield ce(f"trap1/cross_entropy/ignored-row={word},{how}", [poison, [1.0, 2.0, 3.0]], [-100, 0], how=how)
        yield ce(
            f"trap1/nll_loss/ignored-row={word}", [poison, [-1.0, -2.0, -3.0]], [-100, 0], name="NLLLoss", how="mean"
        )
        smooth = {"label_smoothing": 0.5}
        yield ce(
            f"trap1/cross_entropy/ignored-row={word},smooth", [poison, [1.0, 2.0, 3.0]], [-100, 0], smooth, how="mean"
        )
    x = [[1.0, 2.0, 3.0], [0.5, -1.0, 2.0]]
    for how in ("mean", "sum", "none"):
        for options in ({}, {"label_smoothing": 0.5}):
            ident = f"edge/cross_entropy/all-ignored,{how}{',smooth' if options else ''}"
            yield ce(ident, x, [-100, -100], options, how=how)
            yield ce(ident + ",weight", x, [-100, -100], options, [1.0, 2.0, 3.0], how=how)
        yield ce(f"edge/nll_loss/all-ignored,{how}", x, [-100, -100], name="NLLLoss", how=how)
        yield ce(f"edge/cross_entropy/zero-weight,{how}", x, [0, 0], None, [0.0, 2.0, 3.0], how=how)
        yield ce(f"edge/nll_loss/zero-weight,{how}", x, [0, 0], None, [0.0, 2.0, 3.0], name="nll_loss", how=how)
        yield ce(f"edge/cross_entropy/ignore_index=1-is-a-class,{how}", x, [1, 2], {"ignore_index": 1}, how=how)
    yield ce(
        "edge/cross_entropy/ignore_index=-1,weight,smooth",
        x,
        [-1, 2],
        {"ignore_index": -1, "label_smoothing": 0.5},
        [1.0, 2.0, 3.0],
        how="mean",
    )
    yield ce("edge/cross_entropy/unbatched-ignored", [x[0]], [-100], shape=(3,), how="mean")
    yield ce("edge/cross_entropy/unbatched", [x[0]], [2], shape=(3,), how="mean")


def divisors():
    x, t, w = [[1.0, 2.0, 3.0], [1.0, 0.0, -1.0]], [0, 1], [1.0, 3.0, 5.0]
    hot = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    for alpha in (0.0, 0.2):
        options = {"label_smoothing": alpha} if alpha else {}
        yield ce(f"trap2/cross_entropy/index,weight,alpha={alpha}", x, t, options, w, how="mean")
        yield ce(f"trap2/cross_entropy/soft,weight,alpha={alpha}", x, hot, options, w, soft=True, how="mean")
    yield ce("trap5/cross_entropy/target-sums-to-0.875", [[1.0, 2.0, 3.0]], [[0.5, 0.25, 0.125]], soft=True)
    yield ce("trap5/cross_entropy/target-sums-to-1.75", [[1.0, 2.0, 3.0]], [[0.5, 0.25, 1.0]], soft=True)
    yield ce("edge/cross_entropy/zero-target-row", x, [[0.0, 0.0, 0.0], hot[1]], soft=True, how="mean")
    yield ce("edge/cross_entropy/negative-smoothing", x, t, {"label_smoothing": -0.5}, how="mean")


def infinite():
    masked = [[1.0, "-inf", 2.0]]
    yield ce("trap3/cross_entropy/masked,index", masked, [0])
    yield ce("trap3/cross_entropy/masked,soft", masked, [[1.0, 0.0, 0.0]], soft=True)
    yield ce(
        "trap3/cross_entropy/masked,soft,mean",
        [*masked, [0.0, 1.0, 2.0]],
        [[1.0, 0.0, 0.0], [0.5, 0.25, 0.25]],
        soft=True,
        how="mean",
    )
    yield ce("trap3/cross_entropy/masked,soft-inside", masked, [[0.5, 0.25, 0.25]], soft=True)
    yield ce("trap3/cross_entropy/masked,index,smooth", masked, [0], {"label_smoothing": 0.125})
    yield ce("edge/cross_entropy/target-masked", masked, [1])
    yield ce("edge/cross_entropy/all-masked", [["-inf"] * 3], [1])
    yield ce("edge/cross_entropy/one-open", [["-inf", "-inf", 2.0]], [2])
    yield ce("edge/cross_entropy/plus-inf", [["inf", 1.0, 2.0], [0.0, 1.0, 2.0]], [0, 0])
    yield ce("edge/cross_entropy/nan", [["nan", 1.0, 2.0], [0.0, 1.0, 2.0]], [1, 0])
    yield ce("edge/cross_entropy/nan,soft", [["nan", 1.0, 2.0]], [[0.5, 0.5, 0.0]], soft=True)
    yield ce("edge/nll_loss/minus-inf", [["-inf", -1.0], [-1.0, "-inf"], ["nan", -1.0]], [0, 0, 1], name="NLLLoss")


def magnitudes():
    for a in (10.0, 15.0, 17.0, 40.0, 110.0):
        yield ce(f"trap4/cross_entropy/logits={a},0,right", [[a, 0.0]], [0])
        yield ce(f"trap10/cross_entropy/logits=0,{a},wrong", [[0.0, a]], [0])
    yield ce("trap4/cross_entropy/soft,logits=15,0", [[15.0, 0.0], [15.0, 0.0]], [[1.0, 0.0], [0.75, 0.25]], soft=True)
    for size in (1e8, BIG):
        yield ce(
            f"edge/cross_entropy/logits={size:.0e}",
            [[size, -size, 0.0], [-size, size, 0.0], [0.0, 0.0, size]],
            [0, 0, 1],
        )
        yield ce(f"edge/cross_entropy/equal,{size:.0e}", [[size] * 3, [-size] * 3], [0, 1])
        soft = [[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]
        yield ce(f"edge/cross_entropy/soft,{size:.0e}", [[size, -size, 0.0], [size] * 3], soft, soft=True)
    yield ce("edge/cross_entropy/one-class", [[3.0], [-1.0]], [0, 0])
    yield ce("edge/cross_entropy/one-class,soft", [[3.0], [-1.0]], [[1.0], [0.5]], soft=True)
    for how in ("mean", "sum", "none"):
        yield ce(f"edge/cross_entropy/empty,{how}", [], [], shape=(0, 3), how=how)
        yield ce(f"edge/cross_entropy/empty,soft,{how}", [], [], shape=(0, 3), soft=True, how=how)
        yield ce(f"edge/nll_loss/empty,{how}", [], [], shape=(0, 3), name="NLLLoss", how=how)
        yield ce(f"edge/nll_loss/one-class,{how}", [[-0.25], [-3.0]], [0, 0], name="NLLLoss", how=how)


def cases():
    for group in (ignored, divisors, infinite, magnitudes):
        yield from group()
