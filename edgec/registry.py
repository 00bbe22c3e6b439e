"""Finds plug-ins by listing a package's modules. A plug-in's name is its module's name.

A module of a plug-in package defines `PLUGIN`; modules whose name starts with an underscore
are private to the package. There is no list to keep: adding a file adds the plug-in.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from edgec.errors import UnknownName


def names(package: str) -> tuple[str, ...]:
    """The plug-in names of `package` (a dotted module path), sorted."""
    paths = importlib.import_module(package).__path__
    return tuple(sorted(m.name for m in pkgutil.iter_modules(paths) if not m.name.startswith("_")))


def load(package: str, name: str, kind: str) -> Any:
    """The `PLUGIN` of module `package.name`; UnknownName (saying `kind`) when there is none."""
    known = names(package)
    if name not in known:
        raise UnknownName(kind, name, known)
    return importlib.import_module(f"{package}.{name}").PLUGIN


def load_all(package: str, kind: str) -> dict[str, Any]:
    """Every plug-in of `package`, by name."""
    return {name: load(package, name, kind) for name in names(package)}
