"""Makes a model smaller: graph in, graph out, plus a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgec.compress.method import Compressed, Data, Given, run

if TYPE_CHECKING:
    import onnx_ir as ir

    from edgec.compress.methods.quantize import Quantize
    from edgec.target.target import Target


def quantize(model: ir.Model, data: Data, config: Quantize | None = None,
             target: Target | None = None) -> Compressed:
    """Post-training quantization of a loaded float model; see `edgec.compress.methods.quantize`.

    data: inputs by name, one mapping per run of the model. MethodError or DataError say what does
    not fit.
    """
    from edgec.compress.methods.quantize import Quantize

    return run(Quantize() if config is None else config, model, Given(data, target=target))


__all__ = ["Compressed", "Given", "quantize"]
