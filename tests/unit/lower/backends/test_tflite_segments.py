"""A .tflite file of a model with early exits: where it is cut, what it says, what is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgec.lower.backend import load_backend
from edgec.lower.backends.tflite.segments import METADATA, metadata, split
from edgec.lower.graph import Array, Graph, Node, Tensor
from edgec.lower.ops.exit import Exit
from edgec.lower.ops.fully_connected import FullyConnected
from edgec.lower.ops.unary import Unary
from edgec.lower.plan import plan
from edgec.model.confidence import ALWAYS
from edgec.target.target import load_target

schema = pytest.importorskip("ai_edge_litert.schema_py_generated")
WEIGHTS = np.random.default_rng(0).normal(size=(40, 40)).astype(np.float32)
X = np.linspace(-1, 1, 40, dtype=np.float32)[None]
FIRST_PLACE, FIRST_EXIT = 3, 3 + 2 * 3  # words of the metadata of `graph`


def graph(limit: int = 0) -> Graph:
    """x → a → exit e; a → b → y, the end; a → exit f. One matrix for all layers."""
    def layer(x: str, y: str) -> Node:
        return Node(f"{x}_{y}", "fully_connected", (x, "w", ""), (y,), FullyConnected())

    def leave(x: str, y: str) -> Node:
        return Node(y, "exit", (x,), (y,), Exit(limit))

    nodes = (layer("x", "a"), layer("a", "l"), leave("l", "e"), leave("l", "f"),
             Node("b", "unary", ("a",), ("b",), Unary("neg")), layer("b", "y"))
    tensors = {n: Tensor(n, (1, 40), "f32") for n in "xalefby"}
    tensors["w"] = Tensor("w", WEIGHTS.shape, "f32", None, WEIGHTS)
    return Graph("g", tensors, nodes, ("x",), ("y", "e", "f"))


def emitted(made: Graph) -> bytes:
    return load_backend("tflite").emit(made, plan(made), load_target("generic_x86_64"))


def test_segments_end_at_exits_and_take_what_crosses() -> None:
    cut = split(graph())
    assert [(s.inputs, s.outputs) for s in cut] == [
        (("x",), ("e", "a", "l")), (("l",), ("f",)), (("a",), ("y",))]
    assert sum((s.nodes for s in cut), ()) == graph().nodes


def test_nothing_behind_the_last_exit_is_no_segment() -> None:
    whole = graph()
    ends = replace(whole, nodes=whole.nodes[:4], outputs=("a", "e", "f"))
    assert [s.outputs for s in split(ends)] == [("a", "e", "l"), ("f",)]


def test_without_exits_nothing_is_cut_and_nothing_said() -> None:
    plain = replace(graph(), nodes=tuple(n for n in graph().nodes if n.op != "exit"),
                    outputs=("y",))
    assert split(plain) == (plain,)
    assert metadata(plain, split(plain)) == {}


def test_weights_of_several_segments_are_stored_once() -> None:
    data = emitted(graph())
    assert len(schema.ModelT.InitFromPackedBuf(data, 0).subgraphs) == 3
    assert WEIGHTS.nbytes < len(data) < 2 * WEIGHTS.nbytes + 4096
    assert data.count(WEIGHTS.tobytes()) == 1


def run(data: bytes, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "model.tflite").write_bytes(data)
    np.save(folder / "x.npy", X)
    words = [*load_backend("tflite").host_programs().run, folder / "model.tflite", "--input",
             folder / "x.npy", "--answers", folder / "answers.npy"]
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False,
                          timeout=60)


@pytest.mark.parametrize(("limit", "answer"), [(0, 0), (ALWAYS, 1)])
def test_the_run_ends_at_the_first_exit_or_at_none(limit: int, answer: int,
                                                   tmp_path: Path) -> None:
    assert run(emitted(graph(limit)), tmp_path).returncode == 0
    assert np.load(tmp_path / "answers.npy").tolist() == [answer]


def _set(index: int, value: int) -> Callable[[Array], None]:
    def change(words: Array) -> None:
        words[index] = value
    return change


@pytest.mark.parametrize(("change", "message"), [
    (_set(0, 2), "damaged, or of a later edgec"),
    (_set(1, 4), "damaged, or of a later edgec"),
    (_set(2, 2**31), "damaged, or of a later edgec"),
    (_set(FIRST_PLACE, 3), "damaged, or of a later edgec"),
    (_set(FIRST_EXIT, 0), "damaged, or of a later edgec"),
    (_set(FIRST_EXIT, 7), "damaged, or of a later edgec"),
    (_set(FIRST_PLACE + 1, 1), "segment 2 has no output 1")],
    ids=["version", "segments", "outputs", "segment_of_output", "exit_of_another_segment",
         "exit_of_no_output", "position"])
def test_damaged_exits_are_refused_before_a_run(change: Callable[[Array], None], message: str,
                                                tmp_path: Path) -> None:
    said = metadata(graph(), split(graph()))[METADATA]
    words = np.frombuffer(said, "<u4").copy()
    change(words)
    data = emitted(graph())
    assert data.count(said) == 1
    done = run(data.replace(said, words.tobytes()), tmp_path)
    assert done.returncode == 1
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_signatures_that_are_gone_are_refused(tmp_path: Path) -> None:
    import flatbuffers

    model = schema.ModelT.InitFromPackedBuf(emitted(graph()), 0)
    model.signatureDefs.pop()
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    done = run(bytes(builder.Output()), tmp_path)
    assert done.returncode == 1
    assert "2 signatures, its exits are for 3" in done.stderr
