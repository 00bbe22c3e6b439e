"""AdaRound: learns for every weight of a layer whether to round it up or down.

Nagel et al. 2020, arXiv 2004.10568, equations 21 to 24: w' = s clip(floor(w/s) + h(V)) with the
rectified sigmoid h, and the least output error plus a penalty that drives h to 0 or 1. The output
error over all of the data is e^T H e with H = E[x x^T] (equation 13), so no data is drawn: each
step sees all of it, and equal inputs give equal bits. The inputs are those of the float model.

Two things differ from the paper, which takes 20,000 steps: the error of each output is counted in
units of its nearest rounding's, so that one weight of the penalty suits every layer, and the
learning rate is 30 times larger.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from edgec.compress.method import Array
from edgec.compress.quantization import scheme
from edgec.compress.quantization.rounding import grouped, keep_better, output_error, scales
from edgec.compress.quantization.units import Unit, weight_array

_STRETCH_LOW, _STRETCH_HIGH = -0.1, 1.1
_BETA_START, _BETA_END = 20.0, 2.0
_WARM_UP = 0.2  # share of the steps without penalty
_RATE = 0.03
_PENALTY = 10.0
_DAMPING = 0.01  # share of the mean of H's diagonal


def learn_rounding(unit: Unit, weight: scheme.Weight, moments: Array,
                   steps: int) -> scheme.Weight:
    """`weight`, the nearest rounding, with integers that leave less error in the unit's outputs.

    moments: [groups, depth, depth]. An output channel that would not gain keeps its rounding.
    """
    exact = grouped(unit, weight_array(unit).astype(np.float64))
    in_steps = exact / scales(unit, weight)[..., None]
    integers = round_up_or_down(in_steps, moments, weight.levels, steps)
    return keep_better(unit, weight, moments, integers)


def round_up_or_down(weight: Array, moments: Array, levels: int, steps: int) -> Array:
    """Integers for weight [groups, outputs, depth] in units of its scale, float64.

    What is an integer already stays so: a sparse weight keeps its pattern.
    """
    diagonal = np.einsum("gkk->gk", moments).mean(axis=1)
    damped = moments + _DAMPING * diagonal[:, None, None] * np.eye(moments.shape[1])
    nearest = np.clip(np.rint(weight), -levels, levels)
    worth = weight.shape[2] / np.maximum(output_error(nearest - weight, damped), 1e-30)
    below = torch.from_numpy(np.floor(weight))
    moment = torch.from_numpy(damped).to(torch.float32)
    wanted = torch.from_numpy(weight - np.floor(weight)).to(torch.float32)
    least, most = ((end - below).to(torch.float32) for end in (-levels, levels))
    share = ((wanted - _STRETCH_LOW) / (_STRETCH_HIGH - _STRETCH_LOW)).clamp(1e-3, 1 - 1e-3)
    learned = torch.log(share / (1 - share)).requires_grad_()
    optimizer = torch.optim.Adam([learned], _RATE)
    rates = torch.from_numpy(worth).to(torch.float32)
    for step in range(steps):
        up = rectified_sigmoid(learned)
        error = torch.minimum(torch.maximum(up, least), most) - wanted
        loss = (((error @ moment) * error).sum(2) * rates).sum() + _penalty(up, step / steps)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    up = ((rectified_sigmoid(learned.detach()) >= 0.5) & (wanted > 0)).to(below.dtype)
    return np.asarray((below + up).clamp(-levels, levels).numpy())


def rectified_sigmoid(v: Tensor) -> Tensor:
    """clip(sigmoid(v) (1.1 + 0.1) - 0.1, 0, 1): equation 23."""
    stretched = torch.sigmoid(v) * (_STRETCH_HIGH - _STRETCH_LOW) + _STRETCH_LOW
    return stretched.clamp(0, 1)


def _penalty(up: Tensor, done: float) -> Tensor:
    """Equation 24, its exponent falling from 20 to 2 after the warm-up."""
    if done < _WARM_UP:
        return torch.zeros(())
    beta = _BETA_START + (_BETA_END - _BETA_START) * (done - _WARM_UP) / (1 - _WARM_UP)
    return _PENALTY * (1 - (2 * up - 1).abs().pow(beta)).sum()
