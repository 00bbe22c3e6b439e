"""What training makes small: losses by name, each (outputs, targets) -> one number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn import functional as F

PADDING = -100  # the class of what is not to be learned
Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(logits: Tensor, classes: Tensor) -> Tensor:
    """logits [..., classes], classes int64 [...]: mean of −log softmax at the class.

    A class of −100 is left out, for padding.
    """
    return F.cross_entropy(logits.reshape(-1, logits.shape[-1]), classes.reshape(-1),
                           ignore_index=PADDING)


def mean_squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean over all values; targets of the outputs' shape."""
    return F.mse_loss(outputs, targets.reshape(outputs.shape).to(outputs.dtype))


def cosine_distance(outputs: Tensor, targets: Tensor) -> Tensor:
    """Mean of 1 − cosine over the rows, [n, width]: for embeddings."""
    return 1 - F.cosine_similarity(outputs, targets.to(outputs.dtype), dim=-1).mean()


LOSSES: Mapping[str, Loss] = {
    "cross_entropy": cross_entropy, "mean_squared_error": mean_squared_error,
    "cosine_distance": cosine_distance}
