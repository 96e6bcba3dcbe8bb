"""Runs one case through Keras 3, on the backend of KERAS_BACKEND, or through tf_keras."""

import os
import warnings

from names_keras import is_class

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
warnings.filterwarnings("ignore")


def load(framework):
    if framework == "tf_keras":
        import tf_keras as keras
    else:
        import keras
    return keras


def prepare(case, bits, keras):
    """The call as a function of target and prediction."""
    name, options = case["name"], dict(case["options"])
    if not is_class(name):
        function = getattr(keras.losses, name, None) or keras.losses.get(name)
        return lambda t, x, weight: function(t, x, **options)
    if options.get("reduction") == "auto":
        options["reduction"] = keras.losses.Reduction.AUTO
    if keras.__name__ == "keras":
        options["dtype"] = f"float{bits}"
    loss = getattr(keras.losses, name)(**options)
    return lambda t, x, weight: loss(t, x, sample_weight=weight)


def runner(framework, backend):
    keras = load(framework)
    on = torch_arrays() if framework == "keras" and backend == "torch" else tensorflow_arrays()
    set_floatx = keras.backend.set_floatx if framework == "tf_keras" else keras.config.set_floatx

    def run(case, bits):
        set_floatx(f"float{bits}")
        call, inputs = prepare(case, bits, keras), case["inputs"]

        def array(key):
            if key not in inputs:
                return None
            values = [v if key == "t" and case.get("target") == "index" else float(v) for v in inputs[key]]
            return on["array"](values, case.get("shapes", {}).get(key, case["shape"]), case, key, bits)

        return on["run"](call, array, inputs, case)

    return run


def outcome(value, dx, dt):
    result = {"value": list(value.reshape(-1)), "dx": list(dx.reshape(-1))}
    if dt is not None:
        result["dt"] = list(dt.reshape(-1))
    return result


def tensorflow_arrays():
    import numpy as np
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)

    def array(values, shape, case, key, bits):
        index = key == "t" and case.get("target") == "index"
        kind = np.int64 if index else f"float{bits}"
        if key == "mask":
            kind = bool
        return tf.constant(np.array(values).astype(kind).reshape(shape))

    def run(call, array, inputs, case):
        x, t, weight = array("x"), array("t"), array("sample_weight")
        with tf.GradientTape() as tape:
            tape.watch([x] if case.get("target") == "index" else [x, t])
            if "mask" in inputs:
                x._keras_mask = array("mask")
            value = call(t, x, weight)
            upstream = tf.ones_like(value)
            if "upstream" in inputs:
                upstream = tf.reshape(tf.constant(inputs["upstream"], value.dtype), value.shape)
            whole = tf.reduce_sum(value * upstream)
        # A gradient that does not exist is 0.
        wanted = [x] if case.get("target") == "index" else [x, t]
        found = tape.gradient(whole, wanted, unconnected_gradients="zero")
        return outcome(value.numpy(), found[0].numpy(), found[1].numpy() if len(found) > 1 else None)

    return {"array": array, "run": run}


def torch_arrays():
    import torch

    torch.set_num_threads(1)

    def array(values, shape, case, key, bits):
        index = key == "t" and case.get("target") == "index"
        kind = torch.int64 if index else getattr(torch, f"float{bits}")
        if key == "mask":
            kind = torch.bool
        return torch.tensor(values, dtype=kind).reshape(shape).requires_grad_(key in ("x", "t") and not index)

    def run(call, array, inputs, case):
        x, t, weight = array("x"), array("t"), array("sample_weight")
        if "mask" in inputs:
            x._keras_mask = array("mask")
        value = call(t, x, weight)
        upstream = torch.ones_like(value)
        if "upstream" in inputs:
            upstream = torch.tensor(inputs["upstream"], dtype=value.dtype).reshape(value.shape)
        (value * upstream).sum().backward()
        zero = [torch.zeros_like(v) if v.grad is None else v.grad for v in (x, t)]
        dt = None if case.get("target") == "index" else zero[1].numpy()
        return outcome(value.detach().numpy(), zero[0].numpy(), dt)

    return {"array": array, "run": run}
