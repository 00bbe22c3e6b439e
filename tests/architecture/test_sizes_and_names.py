"""The budgets of the house: no file, function or name that one head cannot hold."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN_NAMES = {"utils", "util", "common", "helpers", "helper", "manager", "misc", "stuff"}


def tracked(*patterns: str, new: bool = True) -> list[Path]:
    """Source files: what git tracks or (new) would add; everything when this is no checkout."""
    others = ["--others", "--exclude-standard"] if new else []
    listing = subprocess.run(
        ["git", "ls-files", "--cached", *others, "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode == 0:
        return [ROOT / line for line in listing.stdout.splitlines() if (ROOT / line).is_file()]
    return [p for pattern in patterns for p in ROOT.rglob(pattern)]


SOURCES = tracked("*.py", "*.cc", "*.h", "*.inc", "*.cmake", "scripts/*")
PYTHON = [p for p in SOURCES if p.suffix == ".py"]
IDS = {"ids": lambda p: str(p.relative_to(ROOT))}


@pytest.mark.parametrize("path", SOURCES, **IDS)
def test_file_has_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", PYTHON, **IDS)
def test_python_function_has_at_most_50_lines(path: Path) -> None:
    long = [f"{n.name} ({n.end_lineno - n.lineno + 1})"
            for n in ast.walk(ast.parse(path.read_text()))
            if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
            and n.end_lineno is not None and n.end_lineno - n.lineno + 1 > 50]
    assert not long


def test_no_file_or_folder_is_called_after_nothing() -> None:
    parts = {part.split(".")[0] for p in SOURCES for part in p.relative_to(ROOT).parts}
    assert not parts & FORBIDDEN_NAMES


def test_top_level_is_what_the_readme_draws() -> None:
    expected = {"edgec", "targets", "runtime", "cpp", "tests", "scripts", "CMakeLists.txt",
                "pyproject.toml", "README.md", "LICENSE"}
    found = {p.relative_to(ROOT).parts[0] for p in tracked("*", new=False)}  # a tour leaves its own
    assert {name for name in found if not name.startswith(".")} == expected


def test_every_package_has_a_one_page_readme() -> None:
    packages = [p for p in (ROOT / "edgec").iterdir() if (p / "__init__.py").is_file()]
    missing = [p.name for p in [*packages, ROOT / "cpp", ROOT / "runtime", ROOT / "targets"]
               if not (p / "README.md").is_file()]
    assert not missing


def test_sources_hold_no_unfinished_marks() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [str(p.relative_to(ROOT)) for p in SOURCES
             if p != Path(__file__) and marks.search(p.read_text())]
    assert not found
