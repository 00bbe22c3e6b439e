"""Every case that the tflite backend emits comes back in, and gives the reference's bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edgec.lower import catalog
from edgec.lower.backend import load_backend
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower
from edgec.lower.plan import plan
from edgec.model.load import load_model
from edgec.target.target import Target, load_target
from tests.contract.op_cases import Case, merged
from tests.contract.test_backends import check, supported

pytest.importorskip("ai_edge_litert")
PORTS = 40  # of one file: the passes take longer than in proportion to a graph's size
NOT_EMITTED = {"conv2d_add", "fully_connected_add"}  # made by a pass of the native backend
SEVERAL_SUBGRAPHS = {"exit"}  # a file of segments, which the import refuses


@pytest.fixture(scope="module")
def target() -> Target:
    return load_target("generic_x86_64")


@pytest.mark.parametrize("op", sorted(set(catalog.ops()) - SEVERAL_SUBGRAPHS))
def test_emitted_cases_come_back_with_the_same_bytes(op: str, target: Target, tmp_path: Path
                                                     ) -> None:
    cases = supported("tflite", op, target)
    assert bool(cases) == (op not in NOT_EMITTED)
    for chunk in chunks(cases):
        graph, inputs = merged(chunk)
        path = tmp_path / "model.tflite"
        path.write_bytes(load_backend("tflite").emit(graph, plan(graph), target))
        outputs = interpret(lower(load_model(path)), inputs)
        for case, name in zip(chunk, graph.outputs, strict=True):
            check(case, outputs[name], 0)


def chunks(cases: list[Case]) -> Iterator[list[Case]]:
    """As many cases as make a file of moderate size."""
    for start in range(0, len(cases), PORTS):
        yield cases[start:start + PORTS]
