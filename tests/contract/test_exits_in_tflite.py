"""Random graphs with early exits in LiteRT: the segments give what the whole gives, and the engine.

The limits lie on sums that inputs reach, or one below: a decision that is off by the last bit is
found.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from edgec.lower.backend import Site, load_backend
from edgec.lower.graph import Array, Graph
from edgec.lower.interpret import interpret
from edgec.lower.lower import specialize
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.exit import Exit
from edgec.lower.ops.reshape import Reshape
from edgec.lower.place_exits import place_exits
from edgec.lower.plan import plan
from edgec.lower.verify import verify
from edgec.model.confidence import MOST_CLASSES, NEVER, softmax_sums
from edgec.model.exits import Exit as Named
from edgec.target.target import load_target
from tests.contract.random_graphs import steps
from tests.contract.random_graphs._writer import Writer

pytest.importorskip("ai_edge_litert.schema_py_generated")
TARGET = load_target("generic_x86_64")
SAMPLES = 4
EXAMPLES = 30
Values = Mapping[str, Array]


@dataclass(frozen=True)
class Model:
    """exits: outputs in the order in which they are reached. picks: of each the sample whose sum
    its limit is, and how far below that it is.
    """

    graph: Graph
    exits: tuple[str, ...]
    inputs: Values
    picks: tuple[tuple[int, int], ...]

    def with_exits(self, limits: Mapping[str, int]) -> Graph:
        placed = place_exits(self.graph, [Named(name, NEVER) for name in self.exits])
        return verify(replace(placed, nodes=tuple(
            replace(n, attributes=Exit(limits[n.outputs[0]])) if n.op == "exit" else n
            for n in placed.nodes)))


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Up to three exits anywhere in a graph, perhaps two at the same place."""
    writer = Writer(draw, TARGET)
    for name in draw(st.lists(st.sampled_from(sorted(steps())), min_size=2, max_size=8)):
        steps()[name](writer)
    names = [_add_logits(writer, i) for i in range(writer.integer(1, 3))]
    writer.editor.outputs.extend(names)
    samples = [writer.inputs() for _ in range(SAMPLES)]
    model = Model(verify(writer.graph()), tuple(names),
                  {name: np.stack([s[name] for s in samples]) for name in samples[0]},
                  tuple((writer.integer(0, SAMPLES - 1), writer.integer(0, 1)) for _ in names))
    graph = specialize(model.graph, load_backend("tflite"), TARGET)
    assume(not any(list(load_backend("tflite").supports(Site.of(n, graph.tensors), TARGET))
                   for n in graph.nodes))
    return model


def _add_logits(writer: Writer, number: int) -> str:
    """A tensor as a row of float32, which nobody else reads."""
    tensor = writer.pick()
    assume(tensor.size <= MOST_CLASSES)
    row = writer.editor.emit(Reshape((1, tensor.size)), [tensor.name], f"row_{number}")
    return writer.editor.emit(Dequantize(), [row], f"exit_{number}")


def run(backend: str, graph: Graph, inputs: Values, folder: Path) -> tuple[Array, list[Array]]:
    """The answers, and each output of all samples, [samples, ...]."""
    emitter = load_backend(backend)
    made = specialize(graph, emitter, TARGET)
    artifact = folder / emitter.artifact
    artifact.write_bytes(emitter.emit(made, plan(made), TARGET))
    words: list[object] = [*emitter.host_programs().run, artifact]
    for i, name in enumerate(graph.inputs):
        np.save(folder / f"{i}.in.npy", np.concatenate(inputs[name]))
        words += ["--input", folder / f"{i}.in.npy"]
    files = [folder / f"{i}.out.npy" for i in range(len(graph.outputs))]
    words += ["--answers", folder / "answers.npy", *(w for f in files for w in ("--output", f))]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False,
                          timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    shapes = [graph.tensors[name].shape for name in graph.outputs]
    return np.load(folder / "answers.npy"), [
        np.load(f).reshape((SAMPLES, *shape)) for f, shape in zip(files, shapes, strict=True)]


def ended(graph: Graph, whole: Sequence[Array]) -> tuple[Array, list[Array]]:
    """What the exits make of outputs that were all computed."""
    index = {name: k for k, name in enumerate(graph.outputs)}
    exits = [n for n in graph.nodes if n.op == "exit"]
    answers, outputs = [], [np.array(values) for values in whole]
    end = min(set(index.values()) - {index[n.outputs[0]] for n in exits})
    for sample in range(SAMPLES):
        left = next((n for n in exits if softmax_sums(
            whole[index[n.outputs[0]]][sample])[0] <= n.attributes.limit), None)
        answers.append(end if left is None else index[left.outputs[0]])
        later = () if left is None else graph.nodes[graph.nodes.index(left) + 1:]
        for name in (name for n in later for name in n.outputs if name in index):
            outputs[index[name]][sample] = 0
    return np.asarray(answers, np.int32), outputs


def is_reference(graph: Graph, inputs: Values, whole: Sequence[Array]) -> bool:
    """Whether LiteRT rounded nothing here otherwise than we do."""
    for sample in range(SAMPLES):
        found = interpret(graph, {name: values[sample] for name, values in inputs.items()})
        if any(not np.array_equal(found[name], whole[k][sample])
               for k, name in enumerate(graph.outputs)):
            return False
    return True


def test_segments_give_what_the_whole_and_the_engine_give(tmp_path: Path) -> None:
    alike: list[bool] = []

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck),
              phases=(Phase.generate,))  # shrinking starts LiteRT thousands of times
    @given(models())
    def one(model: Model) -> None:
        _, whole = run("tflite", model.graph, model.inputs, tmp_path)
        row = {name: whole[model.graph.outputs.index(name)] for name in model.exits}
        graph = model.with_exits({name: int(softmax_sums(row[name][sample])[0]) - below
                                  for name, (sample, below)
                                  in zip(model.exits, model.picks, strict=True)})
        found = run("tflite", graph, model.inputs, tmp_path)
        _check(found, ended(graph, whole))
        alike.append(is_reference(model.graph, model.inputs, whole))
        if alike[-1]:
            _check(found, run("native", graph, model.inputs, tmp_path))

    one()
    assert sum(alike) >= EXAMPLES // 3


def _check(found: tuple[Array, list[Array]], expected: tuple[Array, list[Array]]) -> None:
    np.testing.assert_array_equal(found[0], expected[0])
    for got, wanted in zip(found[1], expected[1], strict=True):
        np.testing.assert_array_equal(got, wanted)
