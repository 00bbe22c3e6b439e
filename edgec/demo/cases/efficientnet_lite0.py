"""EfficientNet-Lite0 with ImageNet weights, compared with its float self on photographs."""

from __future__ import annotations

from collections.abc import Callable

from edgec.demo.case import Case
from edgec.examples import efficientnet_lite0, photographs
from edgec.model.load import normalize
from edgec.model.torch_export import export_module


def make(progress: Callable[[str], None]) -> Case:
    """Loads the weights and cuts the photographs into views."""
    progress(f"load: weights, {len(photographs.CALIBRATION)} photographs to calibrate on, "
             f"{len(photographs.TEST)} others to compare on")
    return Case("efficientnet-lite0", normalize(export_module(*efficientnet_lite0.model())),
                photographs.views(photographs.CALIBRATION, 16),
                photographs.views(photographs.TEST, 40), None,
                f"{40 * len(photographs.TEST)} views of {len(photographs.TEST)} photographs")


PLUGIN = make
