"""The process that tunes: measures schedules of a model's kernels until its time is up.

    python -m edgec.lower.backends.tvm.tuner FOLDER SECONDS

A request (request.py) and the address of TVM's RPC (rpc.py) come on the standard input, as
`compiler.py` reads them; lines for the user go to the standard output. TVM's database grows in
FOLDER and is gone on with. When the standard input ends, so does the process, with all it started.
"""

from __future__ import annotations

import json
import math
import os
import signal
import sys
import tempfile
import threading
import time
from itertools import cycle
from pathlib import Path
from typing import Any, TextIO

from edgec.atomic import write_file
from edgec.lower.backends.tvm.compiler import linker, receive
from edgec.lower.backends.tvm.database import tuner
from edgec.lower.backends.tvm.request import Request
from edgec.lower.backends.tvm.rpc import Address
from edgec.lower.backends.tvm.tuned import DEFAULTS, repair

TRIALS = 4  # measured between two looks at the clock
LINK_S = 60.0  # a kernel takes well under a second
LEAST_FLOP = 1e4  # of a function worth the time


def main(folder: Path, seconds: float) -> None:
    """Tunes until the time is up."""
    end = time.monotonic() + seconds
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # TVM's tables go to the log
    request: Request = receive(sys.stdin.buffer)
    server: Address = receive(sys.stdin.buffer)
    threading.Thread(target=_end_with_input, daemon=True).start()
    repair(folder)
    with tempfile.TemporaryDirectory(prefix="edgec-tune-") as scratch:
        _Tuning(request, folder, Path(scratch), server, lines).run(end)


def _end_with_input() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


class _Tuning:
    """The tasks of one model, the database, and the clock."""

    def __init__(self, request: Request, folder: Path, scratch: Path, server: Address,
                 lines: TextIO) -> None:
        schedules = tuner()
        import tvm

        from edgec.lower.backends.tvm.kernels import functions
        from edgec.lower.backends.tvm.measuring import Builder, Runner
        from edgec.lower.backends.tvm.program import build

        self._schedules, self._folder, self._lines = schedules, folder, lines
        self._target = tvm.target.Target({**request.llvm, "num-cores": 1})
        self._builder, self._runner = Builder(linker(request, LINK_S), scratch), Runner(server)
        module = functions(build(request), self._target)
        found = schedules.relax_integration.extract_tasks(module, self._target)
        self._tasks = sorted((t for t in found if _flop(t) >= LEAST_FLOP), key=_cost, reverse=True)
        self._database = schedules.database.JSONDatabase(work_dir=str(folder))
        defaults = folder / DEFAULTS
        self._defaults: dict[str, float] = (json.loads(defaults.read_text())
                                            if defaults.is_file() else {})

    def run(self, end: float) -> None:
        """A few trials of each task in turn, the costly first, the first one in any case."""
        records = len(self._database.get_all_tuning_records())
        self._tell(f"{len(self._tasks)} kernels to tune, {records} measurements from before")
        for task in self._tasks:
            if self._name(task) not in self._defaults:
                self._default(task)
        for seed, task in enumerate(cycle(self._tasks)):
            self._try(task, seed)
            self._default(task)  # again beside the candidates: the machine may be less busy now
            self._say(task)
            if time.monotonic() >= end:
                return

    def _default(self, task: Any) -> None:
        """What our own loops take, measured in the same way."""
        from tvm.s_tir.meta_schedule.arg_info import ArgInfo

        from edgec.lower.backends.tvm.schedule import scheduled

        module = task.dispatched[0]
        api = self._schedules
        built = self._builder.build([api.builder.BuilderInput(scheduled(module), self._target)])[0]
        if built.error_msg is not None:
            raise RuntimeError(f"{task.task_name} with default loops: {built.error_msg}")
        given = api.runner.RunnerInput(built.artifact_path, "cpu",
                                       ArgInfo.from_entry_func(module, False))
        seconds = self._runner.run([given])[0].result().run_secs
        if seconds is None:
            raise RuntimeError(f"{task.task_name} with default loops could not be measured")
        name = self._name(task)
        self._defaults[name] = min(float(seconds[0]), self._defaults.get(name, math.inf))
        write_file(self._folder / DEFAULTS, json.dumps(self._defaults).encode())

    def _name(self, task: Any) -> str:
        return str(self._database.commit_workload(task.dispatched[0]).as_json()[0])

    def _try(self, task: Any, seed: int) -> None:
        """A few candidates: near the best so far, and some at random."""
        api = self._schedules
        strategy = api.search_strategy.EvolutionarySearch(
            population_size=64, init_measured_ratio=0.3, init_min_unmeasured=8,
            genetic_num_iters=2, max_fail_count=5)
        # Another seed after every record, or a second call would repeat the first.
        seed += len(self._database.get_all_tuning_records())
        contexts, weights = api.relax_integration.extracted_tasks_to_tune_contexts(
            [task], str(self._folder), space=_space(api, task.dispatched[0]), strategy=strategy,
            num_threads=1, seed=seed)
        api.tune.tune_tasks(
            tasks=contexts, task_weights=weights, work_dir=str(self._folder),
            max_trials_global=TRIALS, num_trials_per_iter=TRIALS, builder=self._builder,
            runner=self._runner, database=self._database, cost_model="random",
            measure_callbacks=[api.measure_callback.AddToDatabase()])

    def _tell(self, line: str) -> None:
        self._lines.write(f"{line}\n")
        self._lines.flush()

    def _say(self, task: Any) -> None:
        record = self._database.query_tuning_record(task.dispatched[0], self._target,
                                                    task.task_name)
        default = self._defaults[self._name(task)]
        best = math.inf if record is None else float(sum(record.run_secs) / len(record.run_secs))
        self._tell(f"{task.task_name}: default {default * 1e6:.1f} us, "
                   f"best found {best * 1e6:.1f} us")


def _space(api: Any, module: Any) -> Any:
    """Sizes of our tiles; where they do not fit TVM's rules for a CPU, on one thread."""
    from edgec.lower.backends.tvm.schedule import sampled, tunable

    if tunable(module):
        return api.space_generator.ScheduleFn(sampled, sch_rules=[], postprocs=[],
                                              mutator_probs="llvm")
    rules = [r for r in api.schedule_rule.ScheduleRule.create("llvm")
             if "ParallelizeVectorizeUnroll" not in type(r).__name__]
    rules.insert(-1, api.schedule_rule.ParallelizeVectorizeUnroll(
        max_jobs_per_core=-1, max_vectorize_extent=64, unroll_max_steps=[0, 16, 64, 512]))
    return api.space_generator.PostOrderApply(sch_rules=rules, postprocs="llvm",
                                              mutator_probs="llvm")


def _flop(task: Any) -> float:
    from tvm.s_tir.analysis import estimate_tir_flops
    return float(estimate_tir_flops(task.dispatched[0]))


def _cost(task: Any) -> float:
    return _flop(task) * float(task.weight)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
