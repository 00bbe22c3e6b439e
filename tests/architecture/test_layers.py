"""Imports point down. Every import statement in edgec/ is read, wherever it stands."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RANKS = {
    "errors": 0, "registry": 0, "atomic": 0, "provenance": 0, "names": 0, "__init__": 0,
    "model": 1, "target": 1, "examples": 1,
    "format": 2, "compress": 2, "deploy": 3,
    "lower": 4,
    "measure": 5,
    "pipeline": 6, "demo": 7, "compression": 7, "profiling": 7, "parity": 7, "comparing": 7,
    "tuning": 7,
    "cli": 8, "__main__": 9,
}
# Members of one rank do not know each other; deploy knows nothing of models.
FORBIDDEN = {("deploy", "model"), ("deploy", "compress"), ("format", "model")}
ONLY_IN = {
    "torch": {"model", "compress", "examples", "demo"}, "onnxscript": {"model"},
    "paramiko": {"deploy"}, "typer": {"cli"}, "rich": {"cli"}, "ai_edge_litert": {"lower", "model"},
    "tensorflow": {"model"}, "distributed": {"compress"}, "optuna": {"compress"},
}
MODULES = sorted(p for p in (ROOT / "edgec").rglob("*.py"))


def unit_of(module: str) -> str:
    """edgec.lower.ops.add -> lower."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> Iterator[str]:
    """Every imported module, dotted and absolute."""
    own = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*own.split(".")[: -node.level], *([base] if base else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_module_imports_only_what_lies_below_it(path: Path) -> None:
    own = unit_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    wrong = []
    for name in imports(path):
        top = name.split(".")[0]
        if top in ONLY_IN and own not in ONLY_IN[top]:
            wrong.append(f"{name} (only in {', '.join(sorted(ONLY_IN[top]))})")
        if top == "edgec":
            other = unit_of(name)
            upward = RANKS[other] > RANKS[own]
            sideways = RANKS[other] == RANKS[own] and other != own and RANKS[own] > 0
            if upward or sideways or (own, other) in FORBIDDEN:
                wrong.append(name)
        if top in ("runtime", "edgec_rt") and own not in ("pipeline",):
            wrong.append(name)
    assert not wrong, f"{path.relative_to(ROOT)} imports {', '.join(wrong)}"


def test_every_package_has_a_rank() -> None:
    units = {p.stem if p.is_file() else p.name for p in (ROOT / "edgec").iterdir()
             if p.name != "__pycache__" and (p.is_dir() or p.suffix == ".py")}
    assert units <= RANKS.keys()
