"""The edges of PyTorch's losses of single elements and of cosine embedding."""

import cases_torch_classes_edges
import numpy as np
from cases_torch import make


def f32(*values):
    return [float(np.float32(v)) for v in values]


def pointwise(ident, name, x, t, options=None, shape=None, **more):
    """Each element on its own, and the mean too where it says more."""
    options = options or {"reduction": "none"}
    return make(ident, name, options, shape or (len(x),), {"x": x, "t": t, **more.pop("inputs", {})}, **more)


def bce():
    ends = [0.0, 1.0, 0.0, 1.0, 0.0, 1.0]
    yield pointwise("edge/bce/0-and-1", "BCELoss", ends, [0.0, 1.0, 1.0, 0.0, 0.5, 0.5])
    yield pointwise(
        "edge/bce/0-and-1,mean", "binary_cross_entropy", ends, [0.0, 1.0, 1.0, 0.0, 0.5, 0.5], {"reduction": "mean"}
    )
    near = [2.0**-149, 2.0**-126, 2.0**-60, 2.0**-24, 1 - 2.0**-24, 1 - 2.0**-23]
    for t in (0.0, 1.0, 0.25):
        yield pointwise(f"edge/bce/near-the-ends,t={t}", "BCELoss", near, [t] * 6)
    # ln x is cut off at -100, (1 - x) x at 1e-12.
    clamps = [26 * 2.0**-149, 27 * 2.0**-149, 2.0**-40, *f32(1e-12, np.nextafter(np.float32(1e-12), np.float32(1)))]
    for t in (0.0, 1.0, 0.25):
        yield pointwise(f"edge/bce/at-the-clamps,t={t}", "BCELoss", clamps, [t] * 5)
    yield pointwise("edge/bce/empty,sum", "BCELoss", [], [], {"reduction": "sum"})
    yield pointwise("edge/bce/one", "BCELoss", [0.5], [0.25])
    yield pointwise("trap8/bce/clamps", "BCELoss", [0.0], [1.0])
    x = [15.0, -15.0, 100.0, -100.0, 3e38, -3e38, 0.0, 17.0, -17.0]
    x = f32(*x)
    for t in (0.0, 1.0, 0.5):
        yield pointwise(f"edge/bce_logits/large,t={t}", "BCEWithLogitsLoss", x, [t] * 9)
        yield pointwise(f"edge/bce_logits/infinite,t={t}", "binary_cross_entropy_with_logits", ["inf", "-inf"], [t] * 2)
        inputs, shapes = {"pos_weight": [3.0]}, {"pos_weight": (1,)}
        ident = f"edge/bce_logits/large,pos_weight=3,t={t}"
        yield pointwise(ident, "BCEWithLogitsLoss", x[:4] + x[6:], [t] * 7, inputs=inputs, shapes=shapes)
        ident = f"edge/bce_logits/infinite,pos_weight=3,t={t}"
        yield pointwise(ident, "BCEWithLogitsLoss", ["inf", "-inf"], [t] * 2, inputs=inputs, shapes=shapes)
    yield pointwise("edge/bce_logits/nan", "BCEWithLogitsLoss", ["nan", 1.0], [0.0, 1.0])
    yield pointwise("edge/bce_logits/target-outside", "BCEWithLogitsLoss", [0.5, -2.0], [2.0, -1.0])
    yield pointwise("edge/bce_logits/empty,mean", "BCEWithLogitsLoss", [], [], {"reduction": "mean"})
    yield pointwise("edge/bce_logits/one", "BCEWithLogitsLoss", [0.75], [0.5])
    three = {"inputs": {"pos_weight": [3.0]}, "shapes": {"pos_weight": (1,)}}
    yield pointwise("edge/bce_logits/soft-target-and-pos_weight", "BCEWithLogitsLoss", f32(0.3), [0.5], **three)
    yield pointwise("trap4/bce_logits/t=0", "BCEWithLogitsLoss", [-10.0, -15.0], [0.0, 0.0])


def errors():
    kinks = {"x": [1.0, 2.0, 0.0, -0.5, 1.5, -4.0, 4.0, 0.25], "t": [1.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.25]}
    far = {"x": ["inf", "-inf", "nan", 1.0, "inf", *f32(1e20, -3e38)], "t": [0.0, 0.0, 0.0, "nan", "inf", 0.0, 0.0]}
    for name, options in (
        ("L1Loss", {}),
        ("MSELoss", {}),
        ("SmoothL1Loss", {}),
        ("SmoothL1Loss", {"beta": 0.5}),
        ("SmoothL1Loss", {"beta": 0.0}),
        ("SmoothL1Loss", {"beta": 2.0**-100}),
        ("HuberLoss", {}),
        ("HuberLoss", {"delta": 0.5}),
        ("HuberLoss", {"delta": 4.0}),
    ):
        of = "".join(f",{k}={v}" for k, v in options.items())
        options = {**options, "reduction": "none"}
        yield pointwise(f"edge/{name}{of}/kinks", name, kinks["x"], kinks["t"], options)
        yield pointwise(f"edge/{name}{of}/far", name, far["x"], far["t"], options)
    for name in ("L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss", "HingeEmbeddingLoss"):
        for how in ("none", "mean", "sum"):
            yield pointwise(f"edge/{name}/empty,{how}", name, [], [], {"reduction": how})
        yield pointwise(f"edge/{name}/one,mean", name, [3.0], [1.0], {"reduction": "mean"})
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        for how in ("none", "mean", "sum"):
            inputs, shapes = {"weight": [1.0, 3.0]}, {"weight": (2,)}
            ident = f"trap2/{name}/weight,{how}"
            yield pointwise(ident, name, [1.0, 2.0], [0.0, 0.0], {"reduction": how}, inputs=inputs, shapes=shapes)
    yield pointwise(
        "trap9/SmoothL1Loss/is-not-Huber", "SmoothL1Loss", [2.0, 0.25], [0.0, 0.0], {"beta": 0.5, "reduction": "none"}
    )
    yield pointwise(
        "trap9/HuberLoss/is-not-SmoothL1", "HuberLoss", [2.0, 0.25], [0.0, 0.0], {"delta": 0.5, "reduction": "none"}
    )


def kl():
    yield pointwise("edge/kl_div/zero-target", "KLDivLoss", [-1.0, -2.0, -0.5], [0.0, 0.5, 0.5])
    yield pointwise(
        "edge/kl_div/zero-target,batchmean", "kl_div", [-1.0, -2.0, -0.5], [0.0, 0.5, 0.5], {"reduction": "batchmean"}
    )
    yield pointwise("trap3/kl_div/zero-target-and-minus-inf", "KLDivLoss", ["-inf", "-inf", -1.0], [0.0, 0.5, 0.5])
    yield pointwise("edge/kl_div/negative-target", "KLDivLoss", [-1.0, -1.0], [-0.5, 1.5])
    yield pointwise("edge/kl_div/nan", "KLDivLoss", ["nan", -1.0], [0.5, "nan"])
    near = f32(-0.6931471805599453, -1.3862943611198906, -0.25)
    yield pointwise("edge/kl_div/near-equal", "KLDivLoss", near, [0.5, 0.25, *f32(0.7788)])
    log = {"log_target": True, "reduction": "none"}
    yield pointwise("edge/kl_div/log_target", "KLDivLoss", [-1.0, -2.0, -0.25, -1.0], [-1.0, -100.0, 0.0, -0.75], log)
    yield pointwise("edge/kl_div/log_target-minus-inf", "KLDivLoss", [-1.0, "-inf", -1.0], ["-inf", -1.0, -2.0], log)
    x = [-0.5, -1.5, -2.0, -1.0, -1.25, -0.75]
    t = [0.5, 0.25, 0.25, 0.125, 0.375, 0.5]
    for how in ("mean", "batchmean", "sum"):
        yield pointwise(f"trap10/kl_div/{how}", "KLDivLoss", x, t, {"reduction": how}, (2, 3))
    yield pointwise("edge/kl_div/one", "KLDivLoss", [-0.5], [0.25])
    yield pointwise("edge/kl_div/empty,sum", "KLDivLoss", [], [], {"reduction": "sum"}, (0, 3))
    yield pointwise("edge/kl_div/empty,batchmean", "KLDivLoss", [], [], {"reduction": "batchmean"}, (0, 3))


def hinge_embedding():
    x = [1.0, 0.5, 2.0, -1.0, -0.25, 0.0, 1.5]
    for margin in (1.0, 0.5, 2.0):
        for t in (1.0, -1.0, 0.0, 2.0):
            options = {"margin": margin, "reduction": "none"}
            yield pointwise(f"edge/hinge_embedding/margin={margin},t={t}", "HingeEmbeddingLoss", x, [t] * 7, options)
    yield pointwise(
        "edge/hinge_embedding/specials",
        "hinge_embedding_loss",
        ["nan", "nan", "inf", "-inf", "inf"],
        [1.0, -1.0, -1.0, -1.0, 1.0],
    )
    yield pointwise("edge/hinge_embedding/other-label-adds-both", "HingeEmbeddingLoss", f32(0.3), [0.0])


def cosine():
    def one(ident, x, t, labels, options=None, shape=None):
        shape = shape or (len(labels), len(x) // len(labels))
        shapes = {"labels": () if len(shape) == 1 else (len(labels),)}
        inputs = {"x": f32(*x), "t": f32(*t), "labels": labels}
        return make(ident, "CosineEmbeddingLoss", options or {"reduction": "none"}, shape, inputs, shapes=shapes)

    for size in ("1e-06", "1e-07", "1e-20", "1e20"):
        v = float(size)
        for label in (1, -1):
            yield one(f"trap9/cosine_embedding/norm={size},label={label}", [v, 0, 0], [v, 0, 0], [label])
        yield one(f"edge/cosine_embedding/norm={size},apart", [v, v, 0], [0, v, v], [1])
    pairs = [1, 2, 3, 1, 2, 3, 1, 2, 3, 0.5, 1, 1.5], [2, 4, 6, -2, -4, -6, 1, 2, 3, -0.5, -1, -1.5]
    for margin in (0.0, 0.5, -0.25):
        for label in (1, -1, 0):
            options = {"margin": margin, "reduction": "none"}
            yield one(f"edge/cosine_embedding/lines,margin={margin},label={label}", *pairs, [label] * 4, options)
    for label in (1, -1, 0, 2):
        yield one(f"edge/cosine_embedding/zero,label={label}", [0, 0, 1, 2], [0, 0, 0, 0], [label] * 2)
        yield one(f"edge/cosine_embedding/at-margin,label={label}", [1, 0, 0, 3], [0, 2, -4, 0], [label] * 2)
    yield one("edge/cosine_embedding/nan", ["nan", 1, 1, 2], [1, 1, 1, 1], [1, -1])
    for label in (1, -1):
        yield one(f"edge/cosine_embedding/unbatched,label={label}", [1, 2, 2], [2, 1, 2], [label], None, (3,))
    yield one("edge/cosine_embedding/one-dimension", [2, -3], [1, 1], [1, -1], {"reduction": "mean"})
    yield make(
        "edge/cosine_embedding/empty,mean",
        "CosineEmbeddingLoss",
        {"reduction": "mean"},
        (0, 3),
        {"x": [], "t": [], "labels": []},
        shapes={"labels": (0,)},
    )


def cases():
    for group in (bce, errors, kl, hinge_embedding, cosine, cases_torch_classes_edges.cases):
        yield from group()
