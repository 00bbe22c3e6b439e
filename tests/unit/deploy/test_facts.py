"""What a board says, parsed: the cases of tests/cases/facts; the script, on this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from edgec.deploy.boards import Board
from edgec.deploy.facts import Facts, parse_facts, read_facts
from edgec.deploy.transport import open_transport
from edgec.errors import DeployError
from tests.unit.deploy.releases import TARGET, TRIPLE

CASES = sorted((Path(__file__).parents[2] / "cases" / "facts").glob("*.toml"))


def plain(facts: Facts) -> dict[str, Any]:
    """The facts with the types that TOML has."""
    data = asdict(facts)
    data["releases"] = [release.name for release in facts.releases]
    data["tools"] = sorted(facts.tools)
    data["libraries"] = {name: list(version) for name, version in facts.libraries.items()}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in data.items()}


def load(path: Path) -> Mapping[str, Any]:
    return tomllib.loads(path.read_text())


@pytest.mark.parametrize("path", [case for case in CASES if "expect" in load(case)],
                         ids=lambda path: path.stem)
def test_what_the_board_says_becomes_these_facts(path: Path) -> None:
    case = load(path)
    found = plain(parse_facts(case["output"], "the board"))
    for key, value in case["expect"].items():
        if isinstance(value, dict):
            assert {name: found[key][name] for name in value} == value
        else:
            assert found[key] == value, key


@pytest.mark.parametrize("path", [case for case in CASES if "error" in load(case)],
                         ids=lambda path: path.stem)
def test_what_makes_no_sense_is_refused(path: Path) -> None:
    case = load(path)
    with pytest.raises(DeployError, match=re.escape(case["error"])):
        parse_facts(case["output"], "the board")


def here(folder: Path) -> Board:
    return Board(name="here", transport="local", target=TARGET, home=folder)


def test_script_reads_this_machine(tmp_path: Path) -> None:
    with open_transport(here(tmp_path)) as transport:
        facts = read_facts(transport, "edgec")
    free_kb = shutil.disk_usage(tmp_path).free // 1024
    assert facts.triple == TRIPLE
    assert facts.cores == len(os.sched_getaffinity(0))
    assert facts.memory_kb * 1024 == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert abs(facts.disk_free_kb - free_kb) < max(100_000, free_kb // 10)
    assert os.getpid() in facts.ancestors
    assert f"glibc {facts.libraries['GLIBC'][0]}.{facts.libraries['GLIBC'][1]}" == os.confstr(
        "CS_GNU_LIBC_VERSION")
    assert (facts.releases, facts.current, facts.lock, facts.wished) == ((), "", None, "absent")


def test_script_changes_nothing(tmp_path: Path) -> None:
    with open_transport(here(tmp_path)) as transport:
        read_facts(transport, "edgec", "00112233445566aa", {"file": "0" * 64})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("content", "wished"), [(b"content", "intact"), (b"other", "damaged"),
                                                 (None, "damaged")])
def test_script_checks_the_release_that_is_asked_about(
        tmp_path: Path, content: bytes | None, wished: str) -> None:
    release = tmp_path / "edgec/releases/00112233445566aa"
    (release / "golden").mkdir(parents=True)
    if content is not None:
        (release / "golden/file").write_bytes(content)
    digest = "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73"  # of "content"
    with open_transport(here(tmp_path)) as transport:
        facts = read_facts(transport, "edgec", release.name, {"golden/file": digest})
    assert facts.wished == wished
    assert facts.releases[0].name == release.name


def test_script_is_plain_posix_shell() -> None:
    from edgec.deploy import facts, lock

    for script in (facts._SCRIPT, lock.LOCK_SCRIPT, lock.UNLOCK_SCRIPT, lock.GUARD):
        subprocess.run(("sh", "-n", "-c", script), check=True)
