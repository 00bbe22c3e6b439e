"""How much the model's output suffers from each layer's loss, measured one layer at a time.

The divergence of the outputs is quadratic in small changes, so it grows with a layer's squared
relative error; the measured ratio of the two is the layer's weight when ranks are shared. One run
over a few samples for each layer, where Yuan et al. 2023, arXiv 2312.05821, section 3.3, try
several ranks of each (a cheaper reconstruction of theirs).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgec.compress.factor.choose import Choice
from edgec.compress.factor.overrides import Judged, Overrides, as_tensor


def sensitivities(overrides: Overrides, choices: Sequence[Choice],
                  batches: Sequence[Judged]) -> list[float]:
    """Distance of the outputs for each unit of a layer's squared relative error, by layer.

    choices: the layers as they would be cut at equal ratios.
    """
    found = []
    for choice in choices:
        squared = choice.error ** 2
        if choice.kept is None or squared == 0:
            found.append(0.0)
            continue
        weight = choice.layer.unmatrix(choice.components.matrix(choice.kept))
        distance = overrides.mean_distance(batches, {choice.layer.weight: as_tensor(weight)})
        found.append(distance / squared)
    least = 1e-3 * float(np.mean(found)) or 1.0
    return [max(value, least) for value in found]
