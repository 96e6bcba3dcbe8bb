"""What the frameworks are known to get wrong, beyond rounding. A deviation that no line covers stops the recording."""

from dataclasses import dataclass
from math import isfinite, isinf, isnan


@dataclass
class Deviation:
    key: str
    got: float
    want: float
    bits: int
    # The largest magnitude in the computation.
    size: float


def is_nan(d):
    return isnan(d.got) and not isnan(d.want)


def in_f32(test):
    return lambda d: d.bits == 32 and test(d)


def of(which, test):
    return lambda d: d.key in which and test(d)


def within(relative):
    def test(d):
        return isfinite(d.got) and isfinite(d.want) and abs(d.got - d.want) <= relative * max(abs(d.want), d.size)

    return test


def zero(d):
    return d.got == 0


def zero_for_nan(d):
    return d.got == 0 and isnan(d.want)


def number_for_nan(d):
    return isfinite(d.got) and isnan(d.want)


def nan_for_zero(d):
    return isnan(d.got) and d.want == 0


def half(d):
    return isfinite(d.got) and isfinite(d.want) and abs(2 * d.got - d.want) <= 4e-7 * abs(d.want)


def overflows(d):
    return isinf(d.got) and isfinite(d.want)


def differs(d):
    return isfinite(d.got) and isfinite(d.want)


VALUE, SLOPES = ("value",), ("dx", "dt")
TENSORFLOW, KERAS = ("tf_keras/", "keras-tensorflow/"), ("tf_keras/", "keras-tensorflow/", "keras-torch/")
MEANS_IN_F32 = "means are computed in f32"

# (reason, start of the id, pattern in the id, applies)
KNOWN = [
    ("1e-12 is held in f32", "torch/", "bce/|cosine_embedding/", within(8.2e-9)),
    ("0*inf is NaN", "torch/", "bce_logits/infinite|kl_div/|masked,soft", of(VALUE, is_nan)),
    ("gradient of t*ln(t) at 0 is NaN", "torch/", "kl_div/", of(["dt"], is_nan)),
    ("gradient at NaN is 0", "torch/", "L1Loss|hinge_embedding/", of(SLOPES, zero_for_nan)),
    ("NaN is written into an ignored row", "torch/", "/trap1/", of(["dx"], nan_for_zero)),
    ("0/0 in the gradient of a mean over no weight", "torch/", "zero-weight,mean", of(["dx"], nan_for_zero)),
    ("a square overflows in f32", "torch/", "cosine_embedding/norm=1e20", in_f32(is_nan)),
    ("a square is subnormal in f32", "torch/", "cosine_embedding/norm=1e-20", in_f32(differs)),
    ("a difference overflows in f32", "torch/", "soft,3e", in_f32(overflows)),
    (MEANS_IN_F32, "keras-torch/", "", lambda d: d.bits == 64 and within(4e-7)(d)),
    (MEANS_IN_F32, "keras-torch/", "mse/far", lambda d: d.bits == 64 and overflows(d)),
    ("the floor of the norm is a tie in f32", "keras-torch/", "cosine/norm=1e-07", differs),
    ("gradient of 1/norm at 0 is NaN", "keras-torch/", "cosine/zero", of(SLOPES, is_nan)),
    ("half the gradient at a tie", "keras-torch/", "/kld/at-the-bound|/at-the-floor", of(SLOPES, half)),
    ("no gradient at the ends of a clip in f32", "keras-torch/", "/bce/at-the-bounds", in_f32(of(["dx"], zero))),
    (
        "no gradient at the ends of a clip in f32",
        "keras-torch/",
        "/(categorical|sparse)/at-the-(lower|upper)-bound",
        in_f32(of(["dx"], differs)),
    ),
    ("a square underflows in f32", "keras-torch/", "cosine/norm=1e-20", in_f32(is_nan)),
    ("a square overflows in f32", KERAS, "cosine/norm=1e(19|20)", in_f32(differs)),
    ("the floor of the norm is a tie in f32", "tf_keras/", "cosine/norm=1e-06", in_f32(differs)),
    ("1 - 1e-7 is 0.99999988 in f32", KERAS, "/bce/", in_f32(differs)),
    ("0*inf is NaN", KERAS, "bce/infinite|categorical/masked", of(VALUE, is_nan)),
    ("0*inf in the branch not taken", KERAS, "huber/far", of(SLOPES, is_nan)),
    ("gradient at NaN is a number", KERAS, "/nan,|mae/far", of(SLOPES, number_for_nan)),
    ("gradient takes the sum of the target for 1", TENSORFLOW, "target-sums-to|one-class", of(["dx"], differs)),
    ("smoothing divides by the last axis", ("keras-tensorflow/", "keras-torch/"), "axis=1,smooth=0.25", differs),
    ("0*NaN in a masked row", KERAS, "/masked-row-of-nan/", lambda d: isnan(d.got) and isfinite(d.want)),
    ("0/0 in the gradient of a mean of which a mask left nothing", "tf_keras/", "mask=0*$", of(SLOPES, nan_for_zero)),
]
