"""How the tuner builds a candidate, and measures it over TVM's RPC. Imports TVM.

Candidates are linked here, so the other side needs TVM's runtime and no compiler.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tvm import driver, rpc
from tvm.ir.utils import derived_object
from tvm.s_tir.meta_schedule import builder, runner
from tvm.s_tir.meta_schedule.runner import config, rpc_runner
from tvm.s_tir.transform import RemoveWeightLayoutRewriteBlock

from edgec.lower.backends.tvm.rpc import Address

EVALUATION = config.EvaluatorConfig(number=1, repeat=7, min_repeat_ms=10)


@derived_object
class Builder(builder.PyBuilder):  # type: ignore[misc]
    """Builds candidates in this process, one after the other: it need not import TVM again."""

    def __init__(self, link: Any, folder: Path) -> None:
        super().__init__()
        self._link, self._folder = link, folder

    def build(self, build_inputs: Sequence[Any]) -> list[Any]:
        """One shared library each, or what TVM said."""
        return [self._one(given) for given in build_inputs]

    def _one(self, given: Any) -> Any:
        path = Path(tempfile.mkdtemp(dir=self._folder)) / "candidate.so"
        try:
            module = RemoveWeightLayoutRewriteBlock(skip_tensor_rewrite=True)(given.mod)
            driver.build(module, target=given.target).export_library(str(path), fcompile=self._link)
        except Exception as error:  # a candidate that does not compile is one that loses
            return builder.BuilderResult(None, str(error))
        return builder.BuilderResult(str(path), None)


@derived_object
class Measured(runner.PyRunnerFuture):  # type: ignore[misc]
    """A result that is there already."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self._result = result

    def done(self) -> bool:
        """Yes."""
        return True

    def result(self) -> Any:
        """It."""
        return self._result


@derived_object
class Runner(runner.PyRunner):  # type: ignore[misc]
    """Measures one candidate at a time, each in a session of its own: one may crash."""

    def __init__(self, server: Address) -> None:
        super().__init__()
        self._server = server

    def run(self, runner_inputs: Sequence[Any]) -> list[Any]:
        """Seconds of each, or what went wrong."""
        results = []
        for given in runner_inputs:
            # Outside: a server that is gone is the end, not a candidate that loses.
            session = rpc.connect(self._server.host, self._server.port, self._server.key)
            try:
                seconds = self._seconds(session, given)
                results.append(Measured(runner.RunnerResult(seconds, None)))
            except Exception as error:  # it crashed there, or took too long
                results.append(Measured(runner.RunnerResult(None, str(error))))
        return results

    def _seconds(self, session: Any, given: Any) -> list[float]:
        path = Path(str(given.artifact_path))
        remote = f"{path.parent.name}.so"
        session.upload(str(path), remote)
        try:
            device = session.device(str(given.device_type), 0)
            arguments = rpc_runner.default_alloc_argument(
                session, device, tuple(info.as_json() for info in given.args_info), 1)
            seconds = rpc_runner.default_run_evaluator(
                session, session.load_module(remote), device, EVALUATION, arguments)
            return [min(seconds)]  # what else the machine did only adds
        finally:
            session.remove(remote)
