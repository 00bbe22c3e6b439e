"""What a quantization did, layer by layer, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edgec.compress.quantization.build_plan import Statistics
from edgec.compress.quantization.equalize import Equalized
from edgec.compress.quantization.plan import Plan
from edgec.compress.quantization.units import Unit


@dataclass(frozen=True)
class Layer:
    """One unit. low, high: values seen on the calibration data, in real units.

    own_sqnr_db: of the output when only this layer is quantized. sqnr_db: of the output when the
    whole model is. None where it was not measured, and for what a float layer does not have.
    """

    name: str
    op: str
    kind: str
    output: str
    runs: str
    reason: str
    low: float | None
    high: float | None
    scale: float | None
    zero_point: int | None
    weight_bits: int | None
    own_sqnr_db: float | None
    sqnr_db: float | None


@dataclass(frozen=True)
class QuantizeReport:
    """All layers in execution order, what was equalized, and how well the outputs survive.

    outputs_sqnr_db: by output name. options: the method's options.
    """

    layers: tuple[Layer, ...]
    equalized: tuple[Equalized, ...]
    outputs_sqnr_db: Mapping[str, float]
    options: Mapping[str, Any]

    @property
    def int8_layers(self) -> tuple[Layer, ...]:
        """The layers that run in int8."""
        return tuple(layer for layer in self.layers if layer.runs == "int8")

    def to_json(self) -> dict[str, Any]:
        """Plain values for `json.dumps`."""
        return {"method": "quantize", **asdict(self)}


def layers(units: Sequence[Unit], plan: Plan, statistics: Statistics,
           own: Mapping[str, float], final: Mapping[str, float]) -> tuple[Layer, ...]:
    """A line per unit. own, final: SQNR in dB by unit name and by output name."""
    return tuple(_layer(u, plan, statistics, own.get(u.name), final.get(str(u.output.name)))
                 for u in units)


def _layer(unit: Unit, plan: Plan, statistics: Statistics, own: float | None,
           final: float | None) -> Layer:
    name = str(unit.output.name)
    reason = plan.float_reasons.get(unit.name, "")
    params = plan.activations.get(name) if not reason else None
    weight = plan.weights.get(unit.name)
    seen = statistics.histograms.get(name)
    has_range = seen is not None and seen.total > 0
    return Layer(
        name=unit.name, op="+".join(node.op_type for node in unit.nodes), kind=unit.kind,
        output=name, runs="float" if reason else "int8", reason=reason,
        low=seen.low if seen is not None and has_range else None,
        high=seen.high if seen is not None and has_range else None,
        scale=params.scale if params else None,
        zero_point=params.zero_point if params else None,
        weight_bits=weight.bits if weight is not None and not reason else None,
        own_sqnr_db=own, sqnr_db=final)
