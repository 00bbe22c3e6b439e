"""A network with early exits ends where the reference ends, on every ISA, with the same bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edgec.compress.method import Given, run
from edgec.compress.methods.early_exit import EarlyExit
from edgec.compress.methods.quantize import Quantize
from edgec.lower.backend import load_backend
from edgec.lower.graph import Array, Graph
from edgec.lower.interpret import interpret
from edgec.lower.lower import lower
from edgec.lower.plan import plan
from edgec.model.confidence import NEVER, confidence
from edgec.model.exits import Exit, read_exits, write_exits
from edgec.target.target import load_target
from tests.contract.runners.native import PLUGIN as NATIVE
from tests.contract.runners.native import program
from tests.unit.compress.exits.nets import residual
from tests.unit.compress.training.tasks import image_task

SAMPLES = 40
TASK = image_task(96)


@pytest.fixture(scope="module")
def quantized() -> ir.Model:
    """Two exits and the end, int8."""
    given = Given(task=TASK)
    floats = run(EarlyExit(epochs=1, at=(0.25, 0.5)), residual(), given).model
    return run(Quantize(), floats, given).model


def inputs() -> Array:
    return TASK.validation.inputs["x"][:SAMPLES]


def with_thresholds(model: ir.Model, *thresholds: float) -> Graph:
    """The graph, with these thresholds."""
    model = model.clone()
    write_exits(model, [Exit(e.output, t) for e, t in zip(read_exits(model), thresholds,
                                                          strict=True)])
    return lower(model)


def spread(model: ir.Model) -> Graph:
    """Thresholds at which a third of the samples leaves by each exit."""
    everything = with_thresholds(model, NEVER, NEVER)
    found = [interpret(everything, {"x": x[None]}) for x in inputs()]
    sure = [confidence(np.concatenate([f[name] for f in found])) for name in ("exit_1", "exit_2")]
    first = float(np.quantile(sure[0], 2 / 3))
    return with_thresholds(model, first, float(np.quantile(sure[1][sure[0] < first], 1 / 2)))


def on_engine(graph: Graph, variant: str, folder: Path) -> tuple[Array, list[Array]]:
    """The answers, and each output of all samples."""
    artifact = folder / "model.edgec"
    artifact.write_bytes(load_backend("native").emit(graph, plan(graph),
                                                     load_target("generic_x86_64")))
    np.save(folder / "x.npy", inputs())
    before, options = program(variant)
    files = [folder / f"{i}.npy" for i in range(len(graph.outputs))]
    subprocess.run([*before, str(artifact), "--input", str(folder / "x.npy"), "--answers",
                    str(folder / "answers.npy"), *options,
                    *(word for file in files for word in ("--output", str(file)))], check=True)
    return np.load(folder / "answers.npy"), [np.load(file) for file in files]


@pytest.mark.parametrize("variant", NATIVE.variants)
def test_engine_ends_where_the_reference_ends_with_its_bytes(
        variant: str, quantized: ir.Model, tmp_path: Path) -> None:
    graph = spread(quantized)
    answers, outputs = on_engine(graph, variant, tmp_path)
    expected = [interpret(graph, {"x": x[None]}) for x in inputs()]
    for name, found in zip(graph.outputs, outputs, strict=True):
        np.testing.assert_array_equal(found, np.concatenate([e[name] for e in expected]))
    reached = [max((k for k, name in enumerate(("exit_1", "exit_2", "y")) if e[name].any()),
                   default=0) for e in expected]
    assert answers.tolist() == [(1, 2, 0)[k] for k in reached]
    assert set(answers.tolist()) == {0, 1, 2}


def test_threshold_above_1_is_the_full_network(quantized: ir.Model) -> None:
    graph = with_thresholds(quantized, NEVER, NEVER)
    whole = quantized.clone()
    whole.metadata_props.clear()
    plain = lower(whole)
    for x in inputs()[:8]:
        for name, values in interpret(plain, {"x": x[None]}).items():
            np.testing.assert_array_equal(interpret(graph, {"x": x[None]})[name], values)


def test_threshold_0_leaves_at_the_first_exit_and_the_rest_is_zero(
        quantized: ir.Model, tmp_path: Path) -> None:
    answers, (end, first, second) = on_engine(with_thresholds(quantized, 0.0, 0.0), "portable",
                                              tmp_path)
    assert (answers == 1).all()
    assert first.any()
    assert not end.any()
    assert not second.any()


def test_only_what_an_exit_needs_runs_before_it(quantized: ir.Model) -> None:
    graph = spread(quantized)
    needed: set[str] = set()
    for node in reversed(graph.nodes[:[n.name for n in graph.nodes].index("exit_2:exit") + 1]):
        assert node.op == "exit" or set(node.outputs) & needed, f"{node.name} runs too early"
        needed.update(node.inputs)
