"""Options that name layers by patterns, `*` and `?` allowed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase

import onnx_ir as ir


def hit(patterns: Sequence[str], names: Iterable[str]) -> str | None:
    """The first pattern that fits one of the names."""
    names = tuple(names)
    return next((p for p in patterns if any(fnmatchcase(name, p) for name in names)), None)


def excluded(patterns: Sequence[str], names: Iterable[str]) -> str:
    """Why a layer of these names is left out; empty when no pattern fits."""
    found = hit(patterns, names)
    return "" if found is None else f"it is excluded by {found!r}"


def unknown(model: ir.Model, **options: Sequence[str]) -> Iterator[str]:
    """A sentence for every pattern that fits no node of the model."""
    names = [str(node.name) for node in model.graph.all_nodes()]
    for option, patterns in options.items():
        for pattern in patterns:
            if hit((pattern,), names) is None:
                yield (f"{option} has {pattern!r}, and no layer is called that; `edgec inspect` "
                       "lists the names.")
