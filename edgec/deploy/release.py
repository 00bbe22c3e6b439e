"""Deploy, roll back, look: the three things one does with a board.

Whatever fails, the release that served before serves on: the switch is one rename, and nothing but
tidying comes after it. What a failure leaves behind is removed: now if the connection holds, or
else by the next deployment.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgec.deploy.boards import Board
from edgec.deploy.execute import Execution, Report
from edgec.deploy.facts import Facts, read_facts
from edgec.deploy.lock import Claim, new_claim
from edgec.deploy.plan import Options, Plan, Wish, plan_deploy, plan_rollback, plan_stage
from edgec.deploy.transport import Transport, open_transport
from edgec.deploy.wish import sums, wish_for, wish_on_board
from edgec.errors import ConnectError, DeployError, FormatError, UsageError
from edgec.format.bundle import MANIFEST, read_bundle

Planner = Callable[[Facts, Wish, Claim, Options], Plan]


@dataclass(frozen=True)
class Deployment:
    """What was done or, with `dry_run`, would be.

    `path` is the release's directory on the board, below the user's home; `replaced` the release
    that served before, or ""; `steps` one line each.
    """

    where: str
    release: str
    path: str
    replaced: str
    steps: tuple[str, ...]
    notes: tuple[str, ...]
    self_tested: bool
    dry_run: bool


@dataclass(frozen=True)
class Status:
    """What a board is and serves: the model `name`, lowered for `target`; "" when nothing is.

    `fault` says what is wrong with the release that serves, if something is.
    """

    board: Board
    where: str
    facts: Facts
    name: str = ""
    target: str = ""
    fault: str = ""


def deploy(board: Board, bundle: Path, engine: Sequence[Path], options: Options | None = None,
           report: Report | None = None) -> Deployment:
    """Makes the bundle serve on the board, with the programs `engine` of the same architecture.

    Raises FormatError for a bad bundle, UsageError or BuildError for the wrong programs,
    ConnectError, BoardBusy, DeployError when the board cannot take it, and StepFailed when a step
    failed: the old release then serves on.
    """
    return _bring(board, wish_for(read_bundle(bundle), engine), plan_deploy, options, report)


def stage(board: Board, bundle: Path, engine: Sequence[Path], options: Options | None = None,
          report: Report | None = None) -> Deployment:
    """Brings the bundle to the board and tests it there, beside what serves; raises as `deploy`.

    To measure it, say, before it is trusted. Deploying it afterwards only switches.
    """
    return _bring(board, wish_for(read_bundle(bundle), engine), plan_stage, options, report)


def _bring(board: Board, wish: Wish, planner: Planner, options: Options | None,
           report: Report | None) -> Deployment:
    with open_transport(board) as transport:
        facts = read_facts(transport, board.root, wish.release, sums(wish.files))
        plan = planner(facts, wish, new_claim(), options or Options())
        if not plan.dry_run:
            Execution(transport, board.root, facts, plan).run(report)
        return _told(transport.where, board, facts, wish, plan)


def rollback(board: Board, to: str = "", options: Options | None = None,
             report: Report | None = None) -> Deployment:
    """Makes the previous release serve again, or the one named `to`, after testing it there.

    A second rollback undoes the first. Raises UsageError when there is nothing to go back to, and
    what `deploy` raises.
    """
    options = options or Options()
    with open_transport(board) as transport:
        facts = read_facts(transport, board.root)
        release = _choose(facts, to, transport.where)
        wish = _read_wish(transport, board, release)
        plan = plan_rollback(facts, wish, new_claim(), options)
        if not plan.dry_run:
            Execution(transport, board.root, facts, plan).run(report)
        return _told(transport.where, board, facts, wish, plan)


def status(board: Board) -> Status:
    """What the board is, what it serves, what else is there and who holds its lock."""
    with open_transport(board) as transport:
        facts = read_facts(transport, board.root)
        if not facts.current:
            return Status(board, transport.where, facts)
        try:
            wish = _read_wish(transport, board, facts.current)
        except ConnectError:
            raise
        except (DeployError, FormatError) as error:
            return Status(board, transport.where, facts, fault=str(error))
        return Status(board, transport.where, facts, wish.name, wish.target)


def _choose(facts: Facts, to: str, where: str) -> str:
    names = [release.name for release in facts.releases]
    wanted = to or facts.previous
    if not to and facts.previous in ("", facts.current):
        raise UsageError(f"{where}: there is no previous release to go back to. Name one of those "
                         f"on the board: {', '.join(names) or 'none'}.")
    if wanted not in names:
        raise UsageError(f"{where}: release {wanted!r} is not on the board. There are: "
                         f"{', '.join(names) or 'none'}.")
    return wanted


def _read_wish(transport: Transport, board: Board, release: str) -> Wish:
    """The wish that a release on the board stands for, from its manifest there."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / MANIFEST
        transport.get(f"{board.root}/releases/{release}/{MANIFEST}", copy, board.command_timeout_s)
        return wish_on_board(copy, release)


def _told(where: str, board: Board, facts: Facts, wish: Wish, plan: Plan) -> Deployment:
    return Deployment(
        where=where, release=wish.release, path=f"{board.root}/releases/{wish.release}",
        replaced=facts.current if facts.current != wish.release else "",
        steps=tuple(step.describe() for step in plan.steps), notes=plan.notes,
        self_tested=bool(wish.self_test), dry_run=plan.dry_run)
