"""PyTorch as its user would call it: eager, and with the loss compiled."""

import os

import torch
import torch.nn.functional as F

VERSION = torch.__version__
# Its own choice leaves hyper-threads idle, which the others use.
torch.set_num_threads(len(os.sched_getaffinity(0)))


def loss_of(loss, shape):
    if loss == "CosineEmbedding":
        labels = torch.ones(shape[0])
        return lambda x, t: F.cosine_embedding_loss(x, t, labels)
    return {
        "CrossEntropy": F.cross_entropy,
        "Mse": F.mse_loss,
        "Huber": F.huber_loss,
        "BceWithLogits": F.binary_cross_entropy_with_logits,
        "KlDiv": lambda x, t: F.kl_div(x, t, reduction="batchmean"),
    }[loss]


def contenders(loss, shape, x, targets):
    """For each way a call that gives the loss and the gradient."""
    # What was compiled for another shape would make this one dynamic.
    torch._dynamo.reset()
    x = torch.from_numpy(x).requires_grad_()
    targets = torch.from_numpy(targets)
    formula = loss_of(loss, shape)

    def step(forward):
        x.grad = None
        value = forward(x, targets)
        value.backward()
        return value.detach(), x.grad

    compiled = torch.compile(formula, dynamic=False)
    return {"pytorch": lambda: step(formula), "torch.compile": lambda: step(compiled)}


def threads():
    return torch.get_num_threads()
