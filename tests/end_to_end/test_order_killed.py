"""`edgec order` in a process of its own, interrupted as Ctrl-C does: the same command goes on."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.end_to_end.heeding import EDGEC, interrupted
from tests.unit.compress.recipes import write_recipe

WORDS = (*EDGEC, "order", "recipe.toml", "-o", "out", "--jobs", "2")


@pytest.mark.slow
def test_an_interrupted_order_tells_how_to_go_on_and_does(tmp_path: Path) -> None:
    write_recipe(tmp_path)
    runs = tmp_path / "out" / "runs"
    errors = interrupted(WORDS, tmp_path, lambda: runs.is_dir() and any(runs.glob("*.json")), 300)
    assert "the same command goes on from there" in " ".join(errors.split())
    kept = {path.name: path.read_bytes() for path in runs.glob("*.json")}
    again = subprocess.run(WORDS, cwd=tmp_path, capture_output=True, text=True, check=False,
                           timeout=600)
    assert again.returncode == 0, again.stderr
    assert all((runs / name).read_bytes() == data for name, data in kept.items())
    assert json.loads((tmp_path / "out" / "order.json").read_text())["order"] == [
        "prune", "finetune"]
