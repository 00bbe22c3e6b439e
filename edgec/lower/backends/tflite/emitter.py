"""What a module `emit_<op>` defines as its PLUGIN."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgec.lower.backend import Site
from edgec.lower.backends.tflite.builder import Builder
from edgec.lower.site_rules import Rule


@dataclass(frozen=True)
class Emitter:
    """emit: adds the operators of one node. rules: what it needs besides the op's own rules."""

    emit: Callable[[Site, Builder], None]
    rules: tuple[Rule, ...] = ()
