"""Random int8 graphs give the reference's bytes on every instruction set and number of threads.

The engine's memory lies between guard pages meanwhile (judge.py). scripts/soak runs more graphs,
for as long as you like; EDGEC_EXAMPLES multiplies their number.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from edgec.lower import catalog
from edgec.lower.backend import load_backend
from edgec.lower.interpret import interpret
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.judge import HERE, MACHINES, judge
from tests.contract.op_cases import cases_of
from tests.contract.random_graphs import Model, models, steps

MORE = int(os.environ.get("EDGEC_EXAMPLES", "1"))
TARGETS = {HERE: "generic_x86_64_avx512vnni", "cortex-a53": "raspberry_pi_3",
           "cortex-a72": "raspberry_pi_4", "cortex-a76": "raspberry_pi_5",
           "max": "raspberry_pi_5"}


def test_every_op_with_exact_int8_results_has_a_step() -> None:
    exact = {op for op in catalog.ops() for case in cases_of(op)
             if "s8" in {t.dtype for t in case.graph.tensors.values()} and case.tolerance == 0}
    assert {name.partition(".")[0] for name in steps()} == exact - {"cast"}  # makes no int8


@pytest.mark.parametrize("machine", MACHINES)
def test_random_graphs_give_the_references_bytes(machine: str, tmp_path: Path) -> None:
    target = load_target(TARGETS[machine])

    @settings(max_examples=(100 if machine == HERE else 10) * MORE, deadline=None,
              suppress_health_check=list(HealthCheck))
    @given(models(target))
    def run(model: Model) -> None:
        expected = interpret(model.graph, model.inputs)
        file = load_backend("native").emit(model.graph, plan(model.graph), target)
        wrong = judge(machine, tmp_path, file, model, expected)
        assert not wrong, f"{wrong}; the files are in {tmp_path}"

    run()
