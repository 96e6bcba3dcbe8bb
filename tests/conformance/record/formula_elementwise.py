"""PyTorch's losses of single elements: value and derivatives, with PyTorch's clamps and kinks."""

from entry import NAN, Entry, Part, ln, product, sigmoid, sign, softplus, terms, xlogy
from mpmath import mp, mpf


def clamp(x, low, high):
    return x if mp.isnan(x) else min(max(x, low), high)


def l1(x, t, _):
    e = x - t
    return Entry(abs(e)), Entry(sign(e)), Entry(-sign(e))


def mse(x, t, _):
    e = x - t
    return Entry(e * e), Entry(2 * e), Entry(-2 * e)


def huber(x, t, o):
    e, delta = x - t, mpf(o.get("delta", 1.0))
    value = e * e / 2 if abs(e) < delta else delta * (abs(e) - delta / 2)
    slope = clamp(e, -delta, delta)
    return Entry(value), Entry(slope), Entry(-slope)


def smooth_l1(x, t, o):
    e, beta = x - t, mpf(o.get("beta", 1.0))
    if beta == 0:
        return l1(x, t, o)
    value = e * e / (2 * beta) if abs(e) < beta else abs(e) - beta / 2
    slope = clamp(e / beta, -1, 1)
    return Entry(value), Entry(slope), Entry(-slope)


def bce(x, t, _):
    """The clamps of the value (-100) and of the gradient (1e-12) are two."""
    value = -product(t, max(ln(x), mpf(-100))) - product(1 - t, max(ln(1 - x), mpf(-100)))
    slope = (x - t) / max((1 - x) * x, mpf(1e-12))
    return Entry(value), Entry(slope), terms(ln(1 - x), -ln(x))


def bce_with_logits(x, t, o):
    weight = o["pos_weight_here"]
    value = product(1 - t, softplus(x)) + product(weight * t, softplus(-x))
    loose = (1 + abs(weight * t) + abs(1 - t)) * (1 + abs(x))
    slope = product(1 - t, sigmoid(x)) - product(weight * t, sigmoid(-x))
    larger = max(sigmoid(x) * (1 + (weight - 1) * t), weight * t)
    if not 0 <= t <= 1:
        value = Entry(value, abs(product(weight * t, softplus(-x))), loose)
    else:
        value = Entry(value, 0, loose)
    target = Entry(product(weight, softplus(-x)) - softplus(x), max(abs(x), abs((weight - 1) * softplus(-x))), loose)
    if weight == 1:
        target = Entry(-x)
    return value, Entry(slope, 0 if t in (0, 1) else larger, 1 + weight), target


def kl_div(x, t, o):
    if o.get("log_target"):
        q = mp.exp(t)
        return Entry(product(q, t - x)), Entry(-q), Entry(q * (t - x + 1), q * max(abs(t - x), 1))
    entropy = NAN if t < 0 else xlogy(t, t)
    value = Entry(entropy - product(t, x), max(abs(entropy), abs(product(t, x))))
    size = max((abs(v) for v in (ln(t), x, mpf(1)) if mp.isfinite(v)), default=0)
    return value, Entry(-t), Entry(ln(t) + 1 - x, size)


def hinge_embedding(x, t, o):
    margin = mpf(o.get("margin", 1.0))
    value, slope = mpf(0), mpf(0)
    if t != 1:
        value += x if mp.isnan(x) else max(margin - x, mpf(0))
        slope -= x if mp.isnan(x) else mpf(x < margin)
    if t != -1:
        value, slope = value + x, slope + 1
    return Entry(value), Entry(slope), None


FORMULAS = {
    "L1Loss": l1,
    "l1_loss": l1,
    "MSELoss": mse,
    "mse_loss": mse,
    "HuberLoss": huber,
    "huber_loss": huber,
    "SmoothL1Loss": smooth_l1,
    "smooth_l1_loss": smooth_l1,
    "BCELoss": bce,
    "binary_cross_entropy": bce,
    "BCEWithLogitsLoss": bce_with_logits,
    "binary_cross_entropy_with_logits": bce_with_logits,
    "KLDivLoss": kl_div,
    "kl_div": kl_div,
    "HingeEmbeddingLoss": hinge_embedding,
    "hinge_embedding_loss": hinge_embedding,
}


def parts(case, x, t, pos_weight):
    """One part for each element."""
    formula = FORMULAS[case["name"]]
    options = dict(case["options"])
    result = []
    for i, (a, b) in enumerate(zip(x, t)):
        options["pos_weight_here"] = pos_weight[i]
        value, dx, dt = formula(a, b, options)
        result.append(Part(value, {i: dx}, None if dt is None else {i: dt}))
    return result
