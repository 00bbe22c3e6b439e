"""Facts and a wish to steps: the cases of tests/cases/steps, and what holds for every plan."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgec import errors
from edgec.deploy.facts import Facts, Release
from edgec.deploy.lock import Claim, Lock
from edgec.deploy.plan import Need, Options, Plan, Wish, plan_deploy, plan_rollback
from edgec.deploy.steps import Script, Upload, WishedFile

CASES = {path.stem: tomllib.loads(path.read_text()) for path in
         sorted((Path(__file__).parents[2] / "cases" / "steps").glob("*.toml"))}
TOOLS = {"cat", "chmod", "date", "df", "grep", "ln", "mkdir", "mv", "mv-T", "readlink", "rm", "sed",
         "sha256sum", "sync", "touch", "timeout"}
CLAIM = Claim("feedfeedfeedfeed", "token=feedfeedfeedfeed\n")


def facts_of(case: Mapping[str, Any]) -> Facts:
    given = dict(case.get("facts", {}))
    releases = tuple(Release(name, i) for i, name in enumerate(given.pop("releases", ())))
    lock = given.pop("lock", None)
    base: dict[str, Any] = {
        "machine": "aarch64", "triple": "aarch64", "isa": ("neon", "neondot"), "host": "line3",
        "os": "Debian", "model": "", "kernel": "6", "user": "pi", "cores": 4,
        "memory_kb": 4_000_000, "memory_available_kb": 3_000_000, "disk_free_kb": 1_000_000,
        "writable": True, "tools": frozenset(TOOLS - set(given.pop("lacks", ())))}
    return Facts(**{**base, **given}, releases=releases, lock=Lock(**lock) if lock else None)


def wish_of(case: Mapping[str, Any]) -> Wish:
    files = (WishedFile("golden/input_0.npy", "1" * 64, 400, Path("b/golden/input_0.npy")),
             WishedFile("model.edgec", "2" * 64, 20_000, Path("b/model.edgec")),
             WishedFile("bin/edgec-run", "3" * 64, 1000, Path("e/edgec-run"), executable=True))
    base: dict[str, Any] = {
        "self_test": ("bin/edgec-run", "model.edgec", "--input", "golden/input_0.npy"),
        "no_self_test": ""}
    base.update(case.get("wish", {}))
    return Wish(name="net", release="aaaaaaaaaaaaaaaa-00000001", target="raspberry_pi_5",
                triple="aarch64", isa=("neon", "neondot"), files=files,
                self_test=tuple(base["self_test"]), no_self_test=base["no_self_test"])


def plan_of(case: Mapping[str, Any]) -> Plan:
    make = plan_rollback if case.get("rollback") else plan_deploy
    return make(facts_of(case), wish_of(case), CLAIM, Options(**case.get("options", {})))


def named(key: str) -> list[str]:
    return [name for name, case in CASES.items() if key in case]


@pytest.mark.parametrize("name", named("steps"))
def test_plan_is_these_steps(name: str) -> None:
    assert [step.describe() for step in plan_of(CASES[name]).steps] == CASES[name]["steps"]


@pytest.mark.parametrize("name", named("kinds"))
def test_plan_has_steps_of_these_kinds(name: str) -> None:
    assert [step.kind for step in plan_of(CASES[name]).steps] == CASES[name]["kinds"]


@pytest.mark.parametrize("name", named("last"))
def test_plan_ends_with_these_steps(name: str) -> None:
    last = CASES[name]["last"]
    assert [step.describe() for step in plan_of(CASES[name]).steps[-len(last):]] == last


@pytest.mark.parametrize("name", named("some"))
def test_plan_contains_these_steps(name: str) -> None:
    assert {step.describe() for step in plan_of(CASES[name]).steps} >= set(CASES[name]["some"])


@pytest.mark.parametrize("name", named("cleanup"))
def test_cleanup_is_these_steps(name: str) -> None:
    assert [step.describe() for step in plan_of(CASES[name]).cleanup] == CASES[name]["cleanup"]


@pytest.mark.parametrize("name", named("notes"))
def test_plan_notes_this(name: str) -> None:
    assert list(plan_of(CASES[name]).notes) == CASES[name]["notes"]


@pytest.mark.parametrize("name", named("error"))
def test_plan_is_refused_with_this_message(name: str) -> None:
    kind = getattr(errors, CASES[name].get("kind", "DeployError"))
    with pytest.raises(kind, match=re.escape(CASES[name]["error"])):
        plan_of(CASES[name])


PLANS = [name for name, case in CASES.items() if "error" not in case]


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_switches_once_and_after_everything_that_may_fail(name: str) -> None:
    kinds = [step.kind for step in plan_of(CASES[name]).steps]
    assert kinds.count("switch") == 1
    assert set(kinds[kinds.index("switch") + 1:]) <= {"prune", "unlock"}


@pytest.mark.parametrize("name", PLANS)
def test_every_plan_takes_the_lock_before_it_touches_anything_and_gives_it_back(name: str) -> None:
    plan = plan_of(CASES[name])
    acting = [step.kind for step in plan.steps if step.action is not None]
    assert (acting[0], acting[-1]) == ("lock", "unlock")
    assert plan.cleanup[-1].kind == "unlock"


@pytest.mark.parametrize("name", PLANS)
def test_every_step_that_acts_says_what_to_do_when_it_fails(name: str) -> None:
    plan = plan_of(CASES[name])
    assert all(step.advice(1) for step in (*plan.steps, *plan.cleanup) if step.action)


@pytest.mark.parametrize("name", PLANS)
def test_every_step_is_bounded_in_time_and_one_line(name: str) -> None:
    for step in plan_of(CASES[name]).steps:
        assert "\n" not in step.describe()
        assert step.action is None or 0 < step.action.timeout_s <= 600


@pytest.mark.parametrize("name", PLANS)
def test_every_script_is_plain_posix_shell(name: str) -> None:
    for step in plan_of(CASES[name]).steps:
        if isinstance(step.action, Script):
            command = step.action.command("edgec", CLAIM.token)
            subprocess.run(("sh", "-n", "-c", command[2]), check=True)


def test_planning_twice_gives_the_same_plan() -> None:
    assert plan_of({}) == plan_of({})


def test_upload_has_time_for_a_slow_connection() -> None:
    large = WishedFile("model.edgec", "0" * 64, 100_000_000, Path("m"))
    assert Upload(large).timeout_s > 100_000_000 / 50_000


LITERT = (Need("lib/libLiteRt.so", "GLIBC", (2, 34)),
          Need("lib/libLiteRt.so", "GLIBCXX", (3, 4, 30)))


@pytest.mark.parametrize(("libraries", "message"), [
    ({"GLIBC": (2, 31)}, "too new for the board line3 (Debian): it needs glibc 2.34, and the board "
                         "has 2.31"),
    ({"GLIBC": (2, 35), "GLIBCXX": (3, 4, 28)}, "needs libstdc++ with GLIBCXX 3.4.30, and the "
                                                "board has 3.4.28"),
])
def test_library_that_is_too_new_for_the_board_is_refused(libraries, message) -> None:
    facts = replace(facts_of({}), libraries=libraries)
    with pytest.raises(errors.DeployError, match=re.escape(message)):
        plan_deploy(facts, replace(wish_of({}), needs=LITERT), CLAIM, Options())


def test_library_that_is_old_enough_is_brought() -> None:
    facts = replace(facts_of({}), libraries={"GLIBC": (2, 34), "GLIBCXX": (3, 4, 30)})
    plan = plan_deploy(facts, replace(wish_of({}), needs=LITERT), CLAIM, Options())
    assert plan.notes == ()


def test_board_that_does_not_tell_its_libraries_gets_a_note() -> None:
    plan = plan_deploy(facts_of({}), replace(wish_of({}), needs=LITERT), CLAIM, Options())
    assert any("does not tell its version of GLIBC, GLIBCXX" in note for note in plan.notes)
