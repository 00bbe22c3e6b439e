"""What an energy reader is: the contract of every module in edgec.measure.energy.

A reader says how to find its sensor, gives a shell snippet that prints one sample, and turns the
printed text into watts or joules. The snippet runs on the board beside the benchmark, in one
script with one clock (see edgec.measure.power), so nothing but a POSIX shell is needed there.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from edgec.deploy.transport import Transport


@dataclass(frozen=True)
class Sample:
    """One reading: power in watts, or a counter in joules that only grows (None = not given)."""

    watts: float | None = None
    joules: float | None = None


@dataclass(frozen=True)
class Sensor:
    """A sensor that was found: where it is, what it covers, and its sampling snippet."""

    reader: str
    source: str  # for the report, e.g. "INA3221 VDD_IN (/sys/bus/i2c/...)"
    scope: str  # what is inside the number, e.g. "whole module"
    snippet: str  # shell; prints one sample
    interval_s: float  # time between samples
    wraps_at_joules: float | None = None  # where a counter starts again


class EnergyReader(ABC):
    """One kind of power or energy sensor. The docstring's first line appears in the list."""

    name: ClassVar[str]

    @abstractmethod
    def find(self, transport: Transport, root: str) -> Sensor | str:
        """The sensor on this board, or one sentence why there is none."""

    @abstractmethod
    def parse(self, text: str) -> Sample | None:
        """One printed sample, or None when the text is not one."""
