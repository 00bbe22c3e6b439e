"""Finds the layers that 8 bits do not suit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgec.compress.quantization.units import Unit


def sensitive(units: Sequence[Unit], own_sqnr_db: Mapping[str, float], least_db: float,
              largest_fraction: float) -> dict[str, str]:
    """Why a unit should stay float, by name: those below `least_db`, the worst first.

    own_sqnr_db: of each unit's output when only that unit is quantized. largest_fraction: at most
    this share of the units is named.
    """
    below = sorted((u.name for u in units if own_sqnr_db[u.name] < least_db),
                   key=lambda name: (own_sqnr_db[name], name))
    chosen = below[: int(largest_fraction * len(units))]
    return {name: f"its output keeps {own_sqnr_db[name]:.1f} dB in int8; at least {least_db:g} dB "
                  "are asked for" for name in chosen}
