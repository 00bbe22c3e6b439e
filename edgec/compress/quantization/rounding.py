"""Rounds weights so that the errors of a layer cancel on its inputs, instead of one by one.

The squared error of an output is e^T H e, with e the error of its weights and H = E[x x^T]. Going
through the weights in order, each is rounded to nearest and its error is passed on to those that
follow, where it costs least: GPTQ (Frantar et al. 2022, arXiv 2210.17323, equations 2 and 3, with
the Cholesky factor of the inverse of section 3.3).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgec.compress.method import Array
from edgec.compress.quantization import scheme
from edgec.compress.quantization.units import Unit, groups, output_axis, weight_array

RULES = ("feedback", "nearest", "adaround")
_BLOCK = 64
_DAMPING = 0.1  # share of the mean of H's diagonal; holds what few samples do not show


def round_weight(unit: Unit, weight: scheme.Weight, moments: Array) -> scheme.Weight:
    """`weight`, the nearest rounding, with integers that leave less error in the unit's outputs.

    moments: [groups, depth, depth]. An output channel that would not gain keeps its rounding.
    """
    exact, scale = grouped(unit, weight_array(unit).astype(np.float64)), scales(unit, weight)
    return keep_better(unit, weight, moments, feed_errors(exact, moments, scale, weight.levels))


def keep_better(unit: Unit, weight: scheme.Weight, moments: Array,
                integers: Array) -> scheme.Weight:
    """`weight` with `integers` [groups, outputs, depth] in every output that gains by them."""
    exact = grouped(unit, weight_array(unit).astype(np.float64))
    nearest = grouped(unit, weight.values.astype(np.float64))
    scale = scales(unit, weight)[..., None]
    better = (output_error(integers * scale - exact, moments)
              < output_error(nearest * scale - exact, moments))
    chosen = np.where(better[..., None], integers, nearest)
    return replace(weight, values=ungrouped(unit, chosen).astype(np.int8))


def feed_errors(weight: Array, moments: Array, scale: Array,
                levels: int = scheme.WEIGHT_MAX) -> Array:
    """Integers up to `levels` for weight [groups, outputs, depth] at scale [groups, outputs].

    What is exactly 0 stays 0, or a sparse layer would not be sparse any more.
    """
    factor = _inverse_factor(moments)
    rest, result = weight.copy(), np.zeros_like(weight)
    depth = weight.shape[2]
    for start in range(0, depth, _BLOCK):
        end = min(start + _BLOCK, depth)
        errors = np.zeros((*weight.shape[:2], end - start))
        for index in range(start, end):
            integers = np.rint(rest[:, :, index] / scale) * (weight[:, :, index] != 0)
            result[:, :, index] = np.clip(integers, -levels, levels)
            error = rest[:, :, index] - result[:, :, index] * scale
            errors[:, :, index - start] = error / factor[:, index, index, None]
            rest[:, :, index:end] -= (errors[:, :, index - start, None]
                                      * factor[:, None, index, index:end])
        rest[:, :, end:] -= np.matmul(errors, factor[:, start:end, end:])  # all at once: faster
    return result


def _inverse_factor(moments: Array) -> Array:
    """The upper triangular U with U^T U = (H + damping)^-1, per group."""
    diagonal = np.einsum("gkk->gk", moments).mean(axis=1)
    damping = _DAMPING * np.where(diagonal > 0, diagonal, 1.0)
    damped = moments + damping[:, None, None] * np.eye(moments.shape[1])
    return np.asarray(np.linalg.cholesky(np.linalg.inv(damped)).transpose(0, 2, 1))


def output_error(error: Array, moments: Array) -> Array:
    """e^T H e: [groups, outputs]."""
    return np.asarray((np.matmul(error, moments) * error).sum(axis=2))


def scales(unit: Unit, weight: scheme.Weight) -> Array:
    """The scale of every output, float64 [groups, outputs / groups]."""
    count, outputs = groups(unit), weight_array(unit).shape[output_axis(unit)]
    every = np.broadcast_to(weight.scale.astype(np.float64), (outputs,))
    return np.asarray(every.reshape(count, outputs // count))


def grouped(unit: Unit, weight: Array) -> Array:
    """A unit's weight as [groups, outputs / groups, depth]."""
    weight = weight.T if output_axis(unit) == 1 else weight
    return weight.reshape(groups(unit), weight.shape[0] // groups(unit), -1)


def ungrouped(unit: Unit, weight: Array) -> Array:
    """The opposite of `grouped`."""
    shape = weight_array(unit).shape
    if output_axis(unit) == 1:
        return np.ascontiguousarray(weight.reshape(shape[::-1]).T)
    return weight.reshape(shape)
