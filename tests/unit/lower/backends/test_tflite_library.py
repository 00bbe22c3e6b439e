"""Where LiteRT's library comes from, and what is said when it does not come."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgec.deploy.elf import read_elf
from edgec.errors import BuildError
from edgec.lower.backends.tflite.library import WHEELS, litert_library
from edgec.target.toolchain import host_triple


def test_library_of_this_machine_is_the_installed_one() -> None:
    pytest.importorskip("ai_edge_litert")
    elf = read_elf(litert_library(host_triple()))
    assert elf is not None
    assert elf.triple == host_triple()


def test_machine_without_a_package_is_told_the_way_out() -> None:
    with pytest.raises(BuildError, match=r"no package of LiteRT for armv7.*backend native"):
        litert_library("armv7")


def test_no_way_to_the_package_index_is_an_error_and_leaves_nothing(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = next(triple for triple in WHEELS if triple != host_triple())
    monkeypatch.setenv("EDGEC_CACHE", str(tmp_path / "cache"))
    for name in ("PIP_CONFIG_FILE", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.setenv(name, "/dev/null" if name == "PIP_CONFIG_FILE" else "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(BuildError, match="cannot download ai-edge-litert for the board"):
        litert_library(other)
    assert not (tmp_path / "cache").exists()
