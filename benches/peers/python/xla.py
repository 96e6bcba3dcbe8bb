"""JAX as its user would call it: value and gradient in one compiled function. It has no losses of its own, so these are
the formulas of optax, the library for them."""

import os

import jax
import jax.numpy as jnp

VERSION = jax.__version__


def cross_entropy(x, classes):
    picked = jnp.take_along_axis(x, jnp.expand_dims(classes, 1), axis=1).squeeze(1)
    return jnp.mean(jax.nn.logsumexp(x, axis=1) - picked)


def mse(x, t):
    return jnp.mean(jnp.square(x - t))


def huber(x, t):
    error = jnp.abs(x - t)
    quadratic = jnp.minimum(error, 1.0)
    return jnp.mean(0.5 * quadratic**2 + (error - quadratic))


def bce_with_logits(x, t):
    return jnp.mean(-t * jax.nn.log_sigmoid(x) - (1.0 - t) * jax.nn.log_sigmoid(-x))


def cosine_embedding(x, t):
    norms = jnp.linalg.norm(x, axis=1) * jnp.linalg.norm(t, axis=1)
    return jnp.mean(1.0 - jnp.sum(x * t, axis=1) / norms)


def kl_div(x, t):
    return jnp.sum(jnp.where(t > 0.0, t * (jnp.log(t) - x), 0.0)) / x.shape[0]


FORMULAS = {
    "CrossEntropy": cross_entropy,
    "Mse": mse,
    "Huber": huber,
    "BceWithLogits": bce_with_logits,
    "CosineEmbedding": cosine_embedding,
    "KlDiv": kl_div,
}


def contenders(loss, _shape, x, targets):
    """A call that gives the loss and the gradient."""
    function = jax.jit(jax.value_and_grad(FORMULAS[loss]))
    x, targets = jnp.asarray(x), jnp.asarray(targets)
    return {"jax": lambda: jax.block_until_ready(function(x, targets))}


def threads():
    return len(os.sched_getaffinity(0))
