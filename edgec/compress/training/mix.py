"""Training samples faded into each other, for a teacher to answer.

Zhang et al. 2018 (mixup), arXiv 1710.09412, equation 1, with shares drawn evenly from 0 to 1 (Beta
with alpha 1). Only the teacher says what a mixed sample is; for long distillation on few samples
that is worth much: Beyer et al. 2022, arXiv 2106.05237 (function matching).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from edgec.compress.method import Array
from edgec.compress.training.hook import Hook


def mixed(arrays: Mapping[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """Each sample of the inputs [n, ...], floats, faded into another one of the batch."""
    n = len(next(iter(arrays.values())))
    share, other = rng.random(n, np.float32), rng.permutation(n)

    def faded(x: Array) -> Array:
        s = share.reshape(n, *[1] * (x.ndim - 1))
        return np.asarray(s * x + (1 - s) * x[other], x.dtype)

    return {name: faded(x) for name, x in arrays.items()}


def why_not(inputs: Mapping[str, Array], taught: bool, hooks: Sequence[Hook]) -> Iterator[str]:
    """Why these samples cannot be mixed, as sentences."""
    for name, x in inputs.items():
        if x.dtype.kind != "f":
            yield (f"mix is true and the input {name!r} is {x.dtype}; only floats can be mixed. "
                   "Set mix to false.")
    if not taught:
        yield "mix is true and there is no teacher. Give one, or set mix to false."
    if any(type(hook).labelled_penalty is not Hook.labelled_penalty for hook in hooks):
        yield ("mix is true and the model has early exits, which learn from labels. Set mix to "
               "false.")
