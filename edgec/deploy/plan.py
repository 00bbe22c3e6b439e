"""Facts and a wish to a list of steps. Pure: nothing is run, nothing is read.

A plan that cannot work is refused here, before anything is touched on the board.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from edgec.deploy import steps
from edgec.deploy.elf import Version
from edgec.deploy.facts import Facts
from edgec.deploy.lock import Claim, Lock
from edgec.deploy.steps import Step, WishedFile
from edgec.errors import BoardBusy, DeployError

_NEEDED_TOOLS = ("cat", "chmod", "date", "df", "grep", "ln", "mkdir", "mv", "mv-T", "readlink",
                 "rm", "sed", "sha256sum", "sync", "touch")
# Directories, links and the lock, above what the files take.
_SLACK_KB = 512
_LIBRARIES = {"GLIBC": "glibc", "GLIBCXX": "libstdc++ with GLIBCXX"}


@dataclass(frozen=True)
class Need:
    """A version of a library, as GLIBC (2, 34), that the file at `path` does not load without."""

    path: str
    library: str
    version: Version


@dataclass(frozen=True)
class Wish:
    """A release that shall serve. `isa` is what its target's CPU has; `self_test` the words of the
    command that judges it on the board, or () with the reason in `no_self_test`.
    """

    name: str
    release: str
    target: str
    triple: str
    isa: tuple[str, ...]
    files: tuple[WishedFile, ...]
    self_test: tuple[str, ...] = ()
    no_self_test: str = ""
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True)
class Options:
    """`keep` releases stay on the board, the new and the previous one always; `break_lock` takes a
    lock whose holder may be alive; `dry_run` plans and does nothing.
    """

    keep: int = 3
    break_lock: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Plan:
    """What to do, and what to do when one of the steps failed. `notes` are for the user to read."""

    claim: Claim
    steps: tuple[Step, ...]
    cleanup: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    dry_run: bool = False


def plan_deploy(facts: Facts, wish: Wish, claim: Claim, options: Options) -> Plan:
    """The steps that make `wish` serve on the board of `facts`.

    Raises DeployError when the board cannot take it, BoardBusy when somebody else is at work.
    """
    old = _superfluous(facts, wish.release, options.keep)
    prune = [steps.prune(old)] if old else []
    return _plan(facts, wish, claim, options, [steps.switch(wish.release), *prune])


def plan_stage(facts: Facts, wish: Wish, claim: Claim, options: Options) -> Plan:
    """The same up to the switch: `wish` is on the board and tested, and what served serves on."""
    return _plan(facts, wish, claim, options, [])


def _plan(facts: Facts, wish: Wish, claim: Claim, options: Options, use: list[Step]) -> Plan:
    _check_machine(facts, wish)
    present = facts.wished == "intact"
    space = [] if present else [_space(facts, wish)]
    bring = ([steps.verify(wish.files, wish.release)] if present
             else _bring(wish, replaces_damaged=facts.wished == "damaged"))
    all_steps = (*space, _lock(facts, claim, options), *bring, _test(facts, wish), *use,
                 steps.unlock())
    cleanup = (steps.discard("" if present else wish.release), steps.unlock())
    return Plan(claim, all_steps, cleanup, _notes(facts, wish), options.dry_run)


def plan_rollback(facts: Facts, wish: Wish, claim: Claim, options: Options) -> Plan:
    """The steps that make a release serve that is on the board already; `wish` was read there."""
    _check_machine(facts, wish)
    all_steps = (_lock(facts, claim, options), steps.verify(wish.files, wish.release),
                 _test(facts, wish), steps.switch(wish.release), steps.unlock())
    cleanup = (steps.discard(), steps.unlock())
    return Plan(claim, all_steps, cleanup, _notes(facts, wish), options.dry_run)


def _check_machine(facts: Facts, wish: Wish) -> None:
    missing = [tool for tool in _NEEDED_TOOLS if tool not in facts.tools]
    if missing:
        raise DeployError(f"the board {facts.host} lacks {', '.join(missing)}; install coreutils, "
                          "or busybox 1.34 or later ('mv-T' is mv with the option -T).")
    if facts.triple != wish.triple:
        raise DeployError(f"the bundle {wish.name} is for {wish.triple} (target {wish.target}), "
                          f"but the board {facts.host} is {facts.machine}. Lower the model for a "
                          f"target with triple {facts.triple or facts.machine}.")
    require_libraries(facts, wish.needs, f"the bundle {wish.name}",
                      "Lower with the backend native, whose programs need no library, or give "
                      "the board a newer system.")
    if not facts.writable:
        raise DeployError(f"the user {facts.user} may not write in the root of the board "
                          f"{facts.host}. Choose another 'root' in the boards file, or change "
                          "its owner.")


def require_libraries(facts: Facts, needs: Sequence[Need], of: str, way_out: str) -> None:
    """The dynamic linker there would refuse the file: better told before anything is uploaded."""
    for need in needs:
        found = facts.libraries.get(need.library)
        if found is not None and found < need.version:
            raise DeployError(
                f"{need.path} of {of} is too new for the board {facts.host} "
                f"({facts.os}): it needs {_LIBRARIES[need.library]} {_dotted(need.version)}, and "
                f"the board has {_dotted(found)}. {way_out}")


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _space(facts: Facts, wish: Wish) -> Step:
    needed_kb = sum(file.bytes // 1024 + 4 for file in wish.files) + _SLACK_KB
    if needed_kb > facts.disk_free_kb:
        others = ", ".join(release.name for release in facts.releases
                           if release.name not in (facts.current, facts.previous))
        raise DeployError(f"the disk of the board {facts.host} is too full: {needed_kb} KB are "
                          f"needed and {facts.disk_free_kb} KB are free. Make room"
                          + (f", or remove old releases: {others}." if others else "."))
    return steps.check_space(needed_kb, facts.disk_free_kb)


def _lock(facts: Facts, claim: Claim, options: Options) -> Step:
    lock = facts.lock
    if lock is None:
        return steps.take_lock(claim.owner, facts.ancestors)
    if not (lock.is_dead or options.break_lock):
        raise busy(facts.host, lock)
    return steps.take_lock(claim.owner, facts.ancestors, lock.token or "none",
                           lock.describe())


def busy(host: str, lock: Lock) -> BoardBusy:
    """The error that names the holder of a board's lock."""
    return BoardBusy(f"the board {host} is locked by {lock.describe()}. Wait until that is done; "
                     "if nobody is at work there, take the lock with --break-lock.")


def _bring(wish: Wish, replaces_damaged: bool) -> list[Step]:
    directories = _directories(file.path for file in wish.files)
    return [steps.make_incoming(directories), *map(steps.upload, wish.files),
            steps.verify(wish.files), steps.make_durable(wish.files, directories),
            steps.install(wish.release, replaces_damaged)]


def _directories(paths: Iterable[str]) -> tuple[str, ...]:
    parents = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    return tuple(sorted(parents - {"."}))


def _test(facts: Facts, wish: Wish) -> Step:
    if not wish.self_test:
        return steps.skip_self_test(wish.no_self_test)
    return steps.self_test(wish.release, wish.self_test, "timeout" in facts.tools)


def _superfluous(facts: Facts, release: str, keep: int) -> list[str]:
    """Oldest first: all but `keep` releases, of which the new one and the last are two."""
    last = facts.current if facts.current != release else facts.previous
    others = [old.name for old in facts.releases if old.name not in (release, last)]
    stay = max(0, keep - (2 if last else 1))
    return others[:max(0, len(others) - stay)]


def _notes(facts: Facts, wish: Wish) -> tuple[str, ...]:
    notes = []
    lacking = [isa for isa in wish.isa if isa not in facts.isa]
    if lacking:
        notes.append(f"the board's CPU lacks {', '.join(lacking)}, which the target {wish.target} "
                     "has: the model runs, but slower than there")
    untold = {need.library for need in wish.needs} - set(facts.libraries)
    if untold:
        notes.append(f"the board does not tell its version of {', '.join(sorted(untold))}: the "
                     "self-test will show whether the libraries load")
    if facts.wished == "damaged":
        notes.append(f"releases/{wish.release} is on the board but damaged ({facts.damage}); "
                     "it is uploaded again")
    if facts.current == wish.release:
        notes.append(f"releases/{wish.release} is the current release already")
    return tuple(notes)
