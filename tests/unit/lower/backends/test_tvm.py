"""The tvm backend: what goes where, equal bytes from any process, plain errors."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.compress import method
from edgec.errors import LoweringError, MissingExtra
from edgec.lower.backend import COMPILE_TIMEOUT, Site, load_backend
from edgec.lower.backends import tvm as backend
from edgec.lower.backends.native import Native
from edgec.lower.backends.tvm import worker as workers
from edgec.lower.backends.tvm.steps import Layers, steps
from edgec.lower.backends.tvm.worker import Worker
from edgec.lower.editor import Editor
from edgec.lower.graph import Graph, Tensor
from edgec.lower.ops.add import Add
from edgec.lower.ops.dequantize import Dequantize
from edgec.lower.ops.exit import Exit
from edgec.lower.ops.lut import REQUANTIZE, Lut, table
from edgec.lower.ops.quantize import Quantize
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.op_cases import cases_of, per_tensor
from tests.unit.lower.lower_models import as_ir, float_model, inputs_for

TARGET = load_target("generic_x86_64")
ARM64 = 183  # e_machine
PAGE_BYTES = 4096  # to which linkers fill up a section


def island() -> Graph:
    """int8, then float32 in the middle, then int8 again; a value crosses over it."""
    q = per_tensor(0.1, 2)
    editor = Editor(Graph("island", {"x": Tensor("x", (2, 8), "s8", q)}, (), ("x",), ()))
    lut = editor.add_constant("table", table(Lut(REQUANTIZE), q, q))
    first = editor.emit(Lut(REQUANTIZE), ["x", lut], "first", quantization=q)
    real = editor.emit(Dequantize(), [first], "real")
    doubled = editor.emit(Add(), [real, real], "doubled")
    again = editor.emit(Quantize(), [doubled], "again", quantization=q)
    editor.outputs.append(editor.emit(Add(), [again, first], "last", quantization=q))
    return editor.finish()


def test_int8_nodes_are_calls_of_the_engine_and_float_ones_are_tvms() -> None:
    graph = island()
    made = steps(graph, Native().records(graph, plan(graph), TARGET))
    assert [(s.first, s.last) if isinstance(s, Layers) else s.node.name for s in made] \
        == [(0, 2), "doubled", (3, 5)]


def test_a_call_takes_and_gives_only_what_others_hold() -> None:
    graph = island()
    first, _, last = steps(graph, Native().records(graph, plan(graph), TARGET))
    assert isinstance(first, Layers)
    assert isinstance(last, Layers)
    assert (first.inputs, sorted(first.outputs)) == (("x",), ["first.out", "real.out"])
    assert (sorted(last.inputs), last.outputs) == (["doubled.out", "first.out"], ("last.out",))


def test_exits_and_boards_without_the_runtime_are_refused() -> None:
    case = next(c for c in cases_of("exit"))
    site = Site.of(case.graph.nodes[0], case.graph.tensors)
    assert isinstance(site.attributes, Exit)
    assert any("cannot end early" in r for r in load_backend("tvm").supports(site, TARGET))
    other = next(c for c in cases_of("add"))
    rules = load_backend("tvm").supports(Site.of(other.graph.nodes[0], other.graph.tensors),
                                         load_target("raspberry_pi_2"))
    assert list(rules) == ["TVM's runtime is there for x86_64 and aarch64 only: use the native "
                           "backend."]


def test_missing_tvm_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'edgec\[tvm\]'"):
        emitted(island())


def emitted(graph: Graph) -> bytes:
    return load_backend("tvm").emit(graph, plan(graph), TARGET)


def test_a_crash_of_tvm_is_an_error_with_its_last_words(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tvm_ffi")
    (tmp_path / "crashing.py").write_text(
        "import os, signal, sys\nsys.stderr.write('Check failed: boom')\nsys.stderr.flush()\n"
        "os.kill(os.getpid(), signal.SIGSEGV)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(backend, "_worker", lambda: Worker("crashing"))
    with pytest.raises(LoweringError, match=r"(?s)crashed .*exit code -11.*boom"):
        emitted(island())


def test_a_linker_that_fails_is_an_error_with_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tvm_ffi")
    monkeypatch.setattr(backend, "shared_linker", lambda triple: ("false",))
    with pytest.raises(LoweringError, match=r"(?s)cannot compile.*RuntimeError: false"):
        emitted(island())


def test_a_linker_that_hangs_is_ended_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tvm_ffi")
    other = Worker()
    monkeypatch.setattr(backend, "_worker", lambda: other)
    monkeypatch.setattr(backend, "shared_linker", lambda triple: ("sh", "-c", "exec sleep 617"))
    hurried = load_backend("tvm").configured({COMPILE_TIMEOUT: "6"})
    graph = island()
    with pytest.raises(LoweringError, match=r"took more than 6 s .*--compile-timeout"):
        hurried.emit(graph, plan(graph), TARGET)
    sleeping = [path for path in Path("/proc").glob("[0-9]*/cmdline")
                if path.read_bytes().startswith(b"sleep\x00617\x00")]
    assert not sleeping


def test_another_process_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tvm_ffi")
    here, other = emitted(island()), Worker()
    monkeypatch.setattr(backend, "_worker", lambda: other)
    try:
        assert emitted(island()) == here
    finally:
        other.stop()


def test_a_library_for_a_board_is_of_its_architecture() -> None:
    pytest.importorskip("tvm_ffi")
    graph = island()
    made = load_backend("tvm").emit(graph, plan(graph), load_target("raspberry_pi_4"))
    assert struct.unpack_from("<H", made, 18) == (ARM64,)


@pytest.mark.parametrize(("op", "name"), [("conv2d", "sparse_3x3"),
                                          ("fully_connected", "sparse_fc")])
def test_block_sparse_weights_stay_sparse_in_the_library(op: str, name: str) -> None:
    pytest.importorskip("tvm_ffi")
    case, = (c for c in cases_of(op) if c.name == name)
    planned = plan(case.graph)
    sizes, files = [], []
    for percent in (100, 10_000):
        cpu = dataclasses.replace(TARGET.cpu, sparse_percent=dict.fromkeys((4, 8, 16), percent))
        target = dataclasses.replace(TARGET, cpu=cpu)
        sizes.append(len(load_backend("tvm").emit(case.graph, planned, target)))
        files.append(len(load_backend("native").emit(case.graph, planned, target)))
    saved = files[1] - files[0]
    assert saved > PAGE_BYTES
    assert abs(sizes[1] - sizes[0] - saved) <= PAGE_BYTES


@pytest.mark.parametrize("name", ["convnet", "encoder"])
def test_a_bundle_gives_the_bytes_of_the_native_engine(name: str, tmp_path: Path) -> None:
    pytest.importorskip("tvm_ffi")
    few = [inputs_for(name, i) for i in range(3)]
    model = method.run(method.load("quantize")(), as_ir(float_model(name)),
                       method.Given(few)).model
    found = []
    for kind in ("native", "tvm"):
        bundle, _ = pipeline.lower_model(model, tmp_path / kind, name=name, target=TARGET,
                                         backend=kind)
        found.append(pipeline.run(bundle.path, [inputs_for(name, 9)["x"]]))
    for native, tvm in zip(*found, strict=True):
        np.testing.assert_array_equal(native, tvm)
