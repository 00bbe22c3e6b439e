"""Names that nobody else has."""

from __future__ import annotations


def take(stem: str, taken: set[str], mark: str = "#") -> str:
    """`stem`, where it is taken with `mark` and the first free number from 2; taken from now on."""
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}{mark}{number}"
    taken.add(name)
    return name
