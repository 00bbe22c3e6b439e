"""Runs the steps of a plan, one after the other; cleans up and says what to do when one fails."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgec.deploy.facts import Facts, read_facts
from edgec.deploy.lock import EXIT_LOCK_LOST, EXIT_LOCK_TAKEN, parse_lock
from edgec.deploy.plan import Plan, busy
from edgec.deploy.steps import Script, Step, Upload
from edgec.deploy.transport import Transport
from edgec.errors import BoardBusy, ConnectError, DeployError, StepFailed

_DISK_FULL = ("No space left", "Disk quota exceeded", "File too large")


@dataclass(frozen=True)
class Progress:
    """Step `index` (from 0) of `total` is about to start."""

    index: int
    total: int
    step: Step


Report = Callable[[Progress], None]


class _ScriptFailed(DeployError):
    """A script of a step ended with an exit code that is not 0."""

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Execution:
    """A plan on its way on one board; `facts` are those that the plan was made from."""

    transport: Transport
    root: str
    facts: Facts
    plan: Plan

    def run(self, report: Report | None = None) -> None:
        """Every step in order. Raises StepFailed, BoardBusy or ConnectError, after cleaning up."""
        switched = False
        for index, step in enumerate(self.plan.steps):
            try:
                if report is not None:
                    report(Progress(index, len(self.plan.steps), step))
                self._do(step)
            except DeployError as error:
                failure = self._explain(error, index, self._serving(switched))
                self._clean_up()
                raise failure from None
            except BaseException:
                self._clean_up()
                raise
            switched = switched or step.kind == "switch"

    def _do(self, step: Step) -> None:
        if isinstance(step.action, Upload):
            file, token = step.action.file, self.plan.claim.token
            assert file.local is not None
            self.transport.put(file.local, f"{self.root}/incoming/{token}/{file.path}",
                               step.action.timeout_s)
        elif isinstance(step.action, Script):
            script = step.action
            done = self.transport.run(script.command(self.root, self.plan.claim.token),
                                      script.timeout_s, script.stdin)
            if done.exit_code != 0:
                output = (done.stdout + done.stderr).decode(errors="replace").strip()
                raise _ScriptFailed(done.exit_code, output[-600:])

    def _clean_up(self) -> None:
        """Best effort: what stays is removed by the next deployment, which also takes the lock."""
        for step in self.plan.cleanup:
            try:
                self._do(step)
            except DeployError:
                continue

    def _serving(self, switched: bool) -> str:
        if switched:
            return "The new release serves already."
        if self.facts.current:
            return f"releases/{self.facts.current} still serves."
        return "No release served before, and none does now."

    def _explain(self, error: DeployError, index: int, serving: str) -> DeployError:
        step = self.plan.steps[index]
        where = f"step {index + 1} of {len(self.plan.steps)} ({step.describe()})"
        if isinstance(error, ConnectError):
            return ConnectError(f"{error}, in {where}. {serving} Deploy again when the board is "
                                "back: what is left over is removed then.")
        exit_code = error.exit_code if isinstance(error, _ScriptFailed) else 0
        if exit_code == EXIT_LOCK_TAKEN and step.kind == "lock":
            lock = parse_lock(str(error).splitlines())
            return busy(self.facts.host, lock) if lock else BoardBusy(str(error))
        if exit_code == EXIT_LOCK_LOST:
            return BoardBusy(f"{self.transport.where}: somebody else took the lock over, before "
                             f"{where}. {serving} Agree who deploys, then deploy again.")
        ended = f" ended with exit {exit_code}" if exit_code else " failed"
        shown = f"\n  command, in {self.root}: {step.action.shown}" if step.action else ""
        advice = step.advice(exit_code)
        if self._is_disk_full(error, step):
            advice = "The board's disk is full: make room there, and deploy again."
        return StepFailed(f"{self.transport.where}: {where}{ended}: {error or 'no message'}"
                          f"{shown}\n{advice} {serving}")

    def _is_disk_full(self, error: DeployError, step: Step) -> bool:
        if any(text in str(error) for text in _DISK_FULL):
            return True
        if not isinstance(step.action, Upload):
            return False
        try:  # an SFTP server says no more than "Failure"
            free_kb = read_facts(self.transport, self.root).disk_free_kb
        except DeployError:
            return False
        return free_kb * 1024 < step.action.file.bytes
