"""Soft gates over the components of all layers that leave a given share of the weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from edgec.compress.method import Array

_BISECTIONS = 40


class Gates:
    """g = sigmoid((z + shift + c) / tau), one for each component; see spectrum.py.

    gains: of each layer's components, [components]. costs: weights of one component of a layer.
    dense: weights of a layer as it is; a layer whose gates leave more of it counts as whole.
    """

    def __init__(self, gains: Sequence[Array], costs: Sequence[int], dense: Sequence[int]) -> None:
        tiny = float(np.finfo(np.float32).tiny)
        self._levels = [torch.from_numpy(0.5 * np.log(np.maximum(g / cost, tiny))).float()
                        for g, cost in zip(gains, costs, strict=True)]
        self.shifts = [nn.Parameter(torch.zeros(())) for _ in gains]
        self._costs, self._dense, self._total = tuple(costs), tuple(dense), sum(dense)

    def gains(self) -> list[Array]:
        """What the components gain by now: as given, times exp(2 shift)."""
        return [cost * np.exp(2 * s.detach().double().numpy())
                for s, cost in zip(self._scores(), self._costs, strict=True)]

    def __call__(self, left: float, tau: float) -> list[Tensor]:
        """Of each layer the gates [components] that leave this share of all weights."""
        scores = self._scores()
        with torch.no_grad():
            offset = self._offset(scores, left, tau)
        offset.requires_grad_(True)
        share = self._share([torch.sigmoid((s.detach() + offset) / tau) for s in scores])
        (slope,) = torch.autograd.grad(share, offset)
        offset = offset.detach()
        share = self._share([torch.sigmoid((s + offset) / tau) for s in scores])
        # one step of Newton's method: hardly another value, but with the derivative by the shifts
        offset = offset - (share - left) / slope.clamp_min(1e-6)
        return [torch.sigmoid((s + offset) / tau) for s in scores]

    def _scores(self) -> list[Tensor]:
        return [z + shift for z, shift in zip(self._levels, self.shifts, strict=True)]

    def _offset(self, scores: Sequence[Tensor], left: float, tau: float) -> Tensor:
        every = torch.cat(list(scores))
        low, high = -every.max() - 20 * tau, -every.min() + 20 * tau
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            much = self._share([torch.sigmoid((s + middle) / tau) for s in scores]) > left
            low, high = torch.where(much, low, middle), torch.where(much, middle, high)
        return (low + high) / 2

    def _share(self, gates: Sequence[Tensor]) -> Tensor:
        used = [(cost * g.sum()).clamp_max(dense)
                for g, cost, dense in zip(gates, self._costs, self._dense, strict=True)]
        return torch.stack(used).sum() / self._total
