"""Finds the layers that 8 bits do not suit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import onnx_ir as ir

from edgec.compress.quantization.policy import FOLLOWERS
from edgec.compress.quantization.units import Unit


def sensitive(units: Sequence[Unit], own_sqnr_db: Mapping[str, float], least_db: float,
              largest_fraction: float) -> dict[str, str]:
    """Why a unit should stay float, by name: those below `least_db`, the worst first.

    A unit whose input is int8 gains nothing from float weights, so the units that make its inputs
    stay float with it. units: those in int8. own_sqnr_db: of each unit's output when only that unit
    is quantized. largest_fraction: at most this share of the units is named.
    """
    made_by = {output: unit for unit in units for output in unit.outputs}
    below = sorted((u for u in units if own_sqnr_db[u.name] < least_db),
                   key=lambda u: (own_sqnr_db[u.name], u.name))
    chosen: dict[str, str] = {}
    for unit in below:
        why = (f"its output keeps {own_sqnr_db[unit.name]:.1f} dB in int8; "
               f"at least {least_db:g} dB are asked for")
        found = {unit.name: why}
        for source in _sources(unit, made_by):
            found.setdefault(source.name, f"{unit.name} needs its output in float")
        if len(found.keys() | chosen.keys()) <= largest_fraction * len(units):
            chosen = {**found, **chosen, unit.name: why}
    return chosen


def _sources(unit: Unit, made_by: Mapping[ir.Value, Unit]) -> Iterator[Unit]:
    """The units that compute what `unit` reads, looking through those that only move values."""
    for value in unit.inputs:
        source = made_by.get(value)
        if source is not None:
            yield source
            if source.kind in FOLLOWERS:
                yield from _sources(source, made_by)
