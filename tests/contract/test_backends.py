"""Every backend keeps the contract of edgec.lower.backend, on every case of every op."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from edgec import registry
from edgec.lower import catalog
from edgec.lower.backend import Site, backend_names, load_backend
from edgec.lower.graph import Array, Graph
from edgec.lower.interpret import interpret
from edgec.lower.plan import plan
from edgec.target.target import Target, load_target
from tests.contract.op_cases import Case, cases_of, merged
from tests.contract.runners import Runner

RUNNERS: dict[str, Runner] = registry.load_all("tests.contract.runners", "runner")
PAIRS = [(backend, op) for backend in backend_names() for op in sorted(catalog.ops())]
RUNS = [(backend, variant, op) for backend, op in PAIRS for variant in RUNNERS[backend].variants]
PORTS = 200  # model inputs or outputs of one merged graph


def test_every_backend_has_a_runner() -> None:
    assert sorted(RUNNERS) == sorted(backend_names())


@pytest.fixture(scope="module")
def target() -> Target:
    return load_target("generic_x86_64")


def supported(backend: str, op: str, target: Target) -> list[Case]:
    """The cases that the backend says it can do."""
    return [c for c in cases_of(op) if not list(load_backend(backend).supports(
        Site.of(c.graph.nodes[0], c.graph.tensors), target))]


def chunks(cases: Sequence[Case]) -> Iterator[list[Case]]:
    """As many cases as fit one file."""
    chunk: list[Case] = []
    for case in cases:
        if sum(max(len(c.inputs), 1) for c in [*chunk, case]) > PORTS:
            yield chunk
            chunk = []
        chunk.append(case)
    if chunk:
        yield chunk


def snapshot(graph: Graph) -> list[tuple[str, bytes]]:
    """The bytes of all constants."""
    return [(t.name, t.data.tobytes()) for t in graph.tensors.values() if t.data is not None]


@pytest.mark.parametrize(("backend", "op"), PAIRS)
def test_op_is_emitted_or_refused_by_a_sentence(backend: str, op: str, target: Target) -> None:
    for case in cases_of(op):
        rules = list(load_backend(backend).supports(
            Site.of(case.graph.nodes[0], case.graph.tensors), target))
        assert all(rule.endswith(".") and len(rule) > 20 for rule in rules), (case.name, rules)


@pytest.mark.parametrize(("backend", "op"), PAIRS)
def test_emit_gives_same_bytes_and_leaves_graph_alone(backend: str, op: str, target: Target
                                                      ) -> None:
    for chunk in chunks(supported(backend, op, target)):
        graph, _ = merged(chunk)
        before = snapshot(graph)
        first = load_backend(backend).emit(graph, plan(graph), target)
        assert load_backend(backend).emit(graph, plan(graph), target) == first
        assert snapshot(graph) == before


@pytest.mark.parametrize(("backend", "variant", "op"), RUNS)
def test_run_is_like_the_reference(backend: str, variant: str, op: str, target: Target,
                                   tmp_path: Path) -> None:
    for chunk in chunks(supported(backend, op, target)):
        graph, inputs = merged(chunk)
        artifact = tmp_path / load_backend(backend).artifact
        artifact.write_bytes(load_backend(backend).emit(graph, plan(graph), target))
        outputs = RUNNERS[backend].run(artifact, list(inputs.values()), variant)
        for case, got in zip(chunk, outputs, strict=True):
            check(case, got, RUNNERS[backend].allowed(case))


def check(case: Case, got: Array, allowed: int) -> None:
    """`got` against the reference: equal, within `allowed` steps, or within a float tolerance."""
    expected = interpret(case.graph, case.inputs)["y"]
    assert (got.shape, got.dtype) == (expected.shape, expected.dtype), case.name
    if expected.dtype == np.float32 and case.tolerance > 0:
        np.testing.assert_allclose(got, expected, rtol=case.tolerance, atol=case.tolerance,
                                   err_msg=case.name)
    elif allowed:
        apart = np.abs(got.astype(np.int64) - expected.astype(np.int64))
        assert apart.max(initial=0) <= allowed, case.name
    else:
        np.testing.assert_array_equal(got, expected, err_msg=case.name)
