"""The lock's scripts, run on this machine: who gets it, who may take it over, who is stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgec.deploy.boards import Board
from edgec.deploy.facts import read_facts
from edgec.deploy.lock import (
    EXIT_LOCK_LOST,
    EXIT_LOCK_TAKEN,
    GUARD,
    LOCK_SCRIPT,
    STALE_AFTER_S,
    UNLOCK_SCRIPT,
    Claim,
    Lock,
    new_claim,
)
from edgec.deploy.transport import open_transport
from tests.unit.deploy.releases import TARGET


def sh(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(("sh", "-c", script, "test", *words), capture_output=True, text=True,
                          check=False)


def take(root: Path, claim: Claim, takes_over: str = "", ancestor: int = 0) -> int:
    return sh(LOCK_SCRIPT, str(root), claim.token, claim.owner, str(ancestor or os.getpid()),
              takes_over).returncode


def owner(root: Path) -> dict[str, str]:
    lines = (root / "lock/owner").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def found_lock(root: Path) -> Lock | None:
    board = Board(name="b", transport="local", target=TARGET, home=root.parent, root=root.name)
    with open_transport(board) as transport:
        return read_facts(transport, board.root).lock


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "edgec"


def test_lock_names_its_owner(root: Path) -> None:
    claim = new_claim()
    assert take(root, claim) == 0
    found = owner(root)
    assert (found["token"], found["pid"]) == (claim.token, str(os.getpid()))
    assert found["session"].split()[2] == str(os.getpid())


def test_second_one_is_refused_and_told_the_owner(root: Path) -> None:
    first, second = new_claim(), new_claim()
    take(root, first)
    done = sh(LOCK_SCRIPT, str(root), second.token, second.owner, "", "")
    assert done.returncode == EXIT_LOCK_TAKEN
    assert f"token={first.token}" in done.stderr
    assert owner(root)["token"] == first.token
    assert [path.name for path in (root / "incoming").iterdir()] == []


def test_only_one_of_many_that_come_at_once_gets_it(root: Path) -> None:
    claims = [new_claim() for _ in range(12)]
    runs = [subprocess.Popen(("sh", "-c", LOCK_SCRIPT, "test", str(root), claim.token, claim.owner,
                              "", ""), stderr=subprocess.DEVNULL) for claim in claims]
    codes = [run.wait() for run in runs]
    assert sorted(codes) == [0] + [EXIT_LOCK_TAKEN] * 11
    assert owner(root)["token"] == claims[codes.index(0)].token


def test_lock_given_back_can_be_taken_again(root: Path) -> None:
    first = new_claim()
    take(root, first)
    assert sh(UNLOCK_SCRIPT, str(root), first.token).returncode == 0
    assert take(root, new_claim()) == 0


def test_unlock_of_somebody_elses_lock_does_nothing(root: Path) -> None:
    first = new_claim()
    take(root, first)
    assert sh(UNLOCK_SCRIPT, str(root), new_claim().token).returncode == 0
    assert owner(root)["token"] == first.token


def test_takeover_needs_the_token_of_the_lock_that_was_seen(root: Path) -> None:
    first, second = new_claim(), new_claim()
    take(root, first)
    assert take(root, second, takes_over=new_claim().token) == EXIT_LOCK_TAKEN
    assert take(root, second, takes_over=first.token) == 0
    assert owner(root)["token"] == second.token


def test_lock_without_an_owner_can_be_taken_over(root: Path) -> None:
    (root / "lock").mkdir(parents=True)
    (root / "lock/something").touch()
    assert take(root, new_claim()) == EXIT_LOCK_TAKEN
    assert take(root, new_claim(), takes_over="none") == 0


def test_winner_empties_what_the_dead_left(root: Path) -> None:
    (root / "incoming/dead/golden").mkdir(parents=True)
    take(root, new_claim())
    assert not any((root / "incoming").iterdir())


def test_guard_stops_one_whose_lock_was_taken_over(root: Path) -> None:
    first = new_claim()
    take(root, first)
    assert sh(GUARD, str(root), first.token).returncode == 0
    take(root, new_claim(), takes_over=first.token)
    assert sh(GUARD, str(root), first.token).returncode == EXIT_LOCK_LOST


def test_lock_of_a_process_that_lives_is_alive(root: Path) -> None:
    take(root, new_claim())
    lock = found_lock(root)
    assert lock is not None
    assert (lock.alive, lock.is_dead) == ("yes", False)


def test_lock_of_a_process_that_is_gone_is_dead(root: Path) -> None:
    claim = new_claim()
    code = (f"import subprocess, os; subprocess.run(['sh', '-c', {LOCK_SCRIPT!r}, 'x', "
            f"{str(root)!r}, {claim.token!r}, {claim.owner!r}, str(os.getpid()), ''], check=True)")
    subprocess.run((sys.executable, "-c", code), check=True)
    lock = found_lock(root)
    assert lock is not None
    assert lock.is_dead


@pytest.mark.parametrize(("field", "value", "alive"), [
    (0, "another-boot", "no"), (1, "pid:[1]", "unknown"), (3, "1", "no")])
def test_lock_is_compared_by_boot_namespace_and_start_time(
        root: Path, field: int, value: str, alive: str) -> None:
    take(root, new_claim())
    words = owner(root)["session"].split()
    text = (root / "lock/owner").read_text()
    changed = " ".join([*words[:field], value, *words[field + 1:]])
    (root / "lock/owner").write_text(text.replace(" ".join(words), changed))
    lock = found_lock(root)
    assert lock is not None
    assert lock.alive == alive


def test_description_calls_an_old_lock_stale() -> None:
    lock = Lock("0" * 16, "laptop", "ann", "7", "noon", STALE_AFTER_S + 1, "unknown")
    assert lock.describe() == ("ann@laptop (process 7) since noon, last active 901 s ago, which "
                               "looks stale")
