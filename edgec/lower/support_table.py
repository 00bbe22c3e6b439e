"""The table of supported ops, from the ops' and rules' own docstrings, in the package's README.

    python -m edgec.lower.support_table        writes it there
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path

from edgec.atomic import write_file
from edgec.lower import catalog
from edgec.lower.backend import backend_names, load_backend

README = Path(__file__).with_name("README.md")
BEGIN = "<!-- supported ops: written by scripts/supported-ops -->"
END = "<!-- end of supported ops -->"
_IN_FLOAT = catalog.FLOAT_ONLY | {"unary", "exit"}


def render() -> str:
    """The table in Markdown, and the rules that its numbers stand for."""
    names = backend_names()
    notes: dict[str, int] = {}
    rows = [f"| op | what it computes | in | {' | '.join(names)} |",
            "|---|---|---|" + "---|" * len(names)]
    for op in sorted(catalog.ops()):
        cells = [_cell(load_backend(name).conditions(op), notes) for name in names]
        rows.append(f"| `{op}` | {_formula(op)} | {_types(op)} | {' | '.join(cells)} |")
    listing = [f"{number}. {rule}" for rule, number in notes.items()]
    return "\n".join([*rows, "", *listing])


def insert(text: str) -> str:
    """A README with the table between its markers."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    assert found, f"the README lacks {BEGIN} or {END}"
    return f"{before}{BEGIN}\n{render()}\n{END}{after}"


def _cell(conditions: tuple[str, ...] | None, notes: dict[str, int]) -> str:
    """Yes, no, or the numbers of the rules."""
    if conditions is None:
        return "no"
    numbers = [notes.setdefault(rule, len(notes) + 1) for rule in conditions]
    return ", ".join(map(str, sorted(set(numbers)))) or "yes"


def _formula(op: str) -> str:
    line = (inspect.getdoc(type(catalog.ops()[op])) or "").partition("\n")[0]
    return line.replace("|", "\\|")


def _types(op: str) -> str:
    kinds: Mapping[bool, str] = {True: "float32", False: "int8, float32"}
    if op == "lut":
        return "int8, uint8"
    return "any" if op in catalog.MOVEMENT else kinds[op in _IN_FLOAT]


if __name__ == "__main__":
    write_file(README, insert(README.read_text("utf-8")).encode())
