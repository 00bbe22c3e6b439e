"""TVM's own kernels: the reference's values, and plain refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.compress import method
from edgec.errors import UnsupportedOps, UsageError
from edgec.lower import catalog
from edgec.lower.backend import Backend, Site, load_backend
from edgec.lower.backends.tvm.steps import by_tvm, emitters
from edgec.lower.backends.tvm.tuned import DEFAULTS, RECORDS, WORKLOADS, read_tuning, repair
from edgec.lower.interpret import interpret
from edgec.lower.plan import plan
from edgec.target.target import load_target
from tests.contract.op_cases import Case, cases_of, merged
from tests.contract.runners.tvm import run
from tests.unit.lower.lower_models import as_ir, float_model, inputs_for

TARGET = load_target("generic_x86_64")
SMALL, EVERY = 4096, 5  # a kernel takes TVM half a second to compile


def alone() -> Backend:
    return load_backend("tvm").configured({"kernels": "tvm"})


def supported(op: str) -> list[Case]:
    return [c for c in cases_of(op)
            if not any(alone().supports(Site.of(c.graph.nodes[0], c.graph.tensors), TARGET))]


def test_every_emitter_has_a_case_that_it_supports() -> None:
    assert {op for op in catalog.ops() if supported(op)} == set(emitters())


def test_layers_of_tvm_give_the_references_values(tmp_path: Path) -> None:
    """What TVM computes beside our engine, too, is judged by the contract tests."""
    pytest.importorskip("tvm_ffi")
    cases = [c for op in sorted(emitters()) for c in supported(op)
             if not by_tvm(Site.of(c.graph.nodes[0], c.graph.tensors))
             and c.graph.tensors["y"].size < SMALL][::EVERY]
    graph, inputs = merged(cases)
    (tmp_path / "model.so").write_bytes(alone().emit(graph, plan(graph), TARGET))
    outputs = run(tmp_path / "model.so", list(inputs.values()), "threads_1")
    for case, got in zip(cases, outputs, strict=True):
        expected = interpret(case.graph, case.inputs)["y"]
        np.testing.assert_allclose(got, expected, rtol=max(case.tolerance, 1e-6),
                                   atol=max(case.tolerance, 1e-6), err_msg=case.name)


def test_a_float_model_gives_the_native_engines_values(tmp_path: Path) -> None:
    pytest.importorskip("tvm_ffi")
    found = []
    choices: Mapping[str, dict[str, str]] = {"native": {}, "tvm": {"kernels": "tvm"}}
    for backend, options in choices.items():
        bundle, _ = pipeline.lower_model(as_ir(float_model("convnet")), tmp_path / backend,
                                         name="convnet", target=TARGET, backend=backend,
                                         origin=pipeline.Origin(options=options))
        found.append(pipeline.run(bundle.path, [inputs_for("convnet", 9)["x"]]))
    for native, tvm in zip(*found, strict=True):
        np.testing.assert_allclose(tvm, native, rtol=1e-5, atol=1e-5)


def test_an_int8_model_is_refused_with_the_way_out(tmp_path: Path) -> None:
    model = method.run(method.load("quantize")(), as_ir(float_model("convnet")),
                       method.Given([inputs_for("convnet")])).model
    with pytest.raises(UnsupportedOps, match="lower with --tvm-kernels edgec"):
        pipeline.lower_model(model, tmp_path / "b", name="m", target=TARGET, backend="tvm",
                             origin=pipeline.Origin(options={"kernels": "tvm"}))
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(("options", "message"), [
    ({"kernels": "cuda"}, "--tvm-kernels is 'cuda'; allowed are edgec, tvm"),
    ({"tuning": "t"}, "Add --tvm-kernels tvm"),
    ({"kernels": "tvm", "tuning": "/nowhere"}, f"there is no {WORKLOADS}"),
])
def test_wrong_options_say_what_is_allowed(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        load_backend("tvm").configured(options)


def test_a_backend_without_options_refuses_them() -> None:
    with pytest.raises(UsageError, match="no option 'kernels'"):
        load_backend("native").configured({"kernels": "tvm"})


def write_database(folder: Path, seconds: float, tail: str = "") -> None:
    (folder / WORKLOADS).write_text('["17", "module"]\n')
    (folder / RECORDS).write_text(json.dumps([0, [[], [seconds], {}, []]]) + "\n" + tail)
    (folder / DEFAULTS).write_text(json.dumps({"17": 0.5}))


@pytest.mark.parametrize(("seconds", "kept"), [(0.4, 1), (0.6, 0)])
def test_only_what_beats_our_default_loops_is_used(tmp_path: Path, seconds: float, kept: int
                                                   ) -> None:
    write_database(tmp_path, seconds)
    read = read_tuning(str(tmp_path))
    assert read is not None
    assert len(read[1].splitlines()) == kept


def test_a_line_that_a_killed_process_had_begun_is_removed(tmp_path: Path) -> None:
    write_database(tmp_path, 0.4, "[0, [[], [0.")
    repair(tmp_path)
    assert len((tmp_path / RECORDS).read_text().splitlines()) == 1


def test_a_damaged_database_is_a_plain_error(tmp_path: Path) -> None:
    write_database(tmp_path, 0.4, "{}\n")
    with pytest.raises(UsageError, match="damaged"):
        read_tuning(str(tmp_path))
