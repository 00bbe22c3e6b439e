"""One model by every backend: what is made, what is refused, what is chosen and why."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import onnx_ir as ir
import pytest
from onnx import TensorProto, helper

from edgec import comparing
from edgec.errors import LoweringError, UsageError
from edgec.format.bundle import read_bundle
from edgec.lower.backend import backend_names
from edgec.target.target import load_target
from edgec.target.toolchain import host_triple

pytest.importorskip("ai_edge_litert.schema_py_generated")
TARGET = next(load_target(name) for name in ("generic_x86_64", "raspberry_pi_4")
              if load_target(name).triple == host_triple())
TWO = replace(TARGET, backends=("native", "tflite"))


def model(op: str) -> ir.Model:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 64]) for name in "xy")
    graph = helper.make_graph([helper.make_node(op, ["x"], ["y"], name="n")], "g", [x], [y])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(made)
    return ir.serde.deserialize_model(made)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("all")
    comparing.lower_all(model("Relu"), made, name="relu", target=TWO)
    return made


def test_every_backend_of_the_target_makes_a_bundle_and_the_others_are_named(tmp_path) -> None:
    made, refused = comparing.lower_all(model("Relu"), tmp_path, name="relu",
                                        target=replace(TARGET, backends=("native",)))
    assert set(made) == {"native"}
    assert "does not have it" in refused["tflite"]
    assert [path.name for path in comparing.bundles_in(tmp_path)] == ["native"]


def test_reason_that_all_backends_share_is_told_once(tmp_path) -> None:
    with pytest.raises(LoweringError, match=r"^the integer graph does not support 1 node"):
        comparing.lower_all(model("Det"), tmp_path, name="det", target=TWO)
    assert not any(tmp_path.iterdir())


def test_table_has_a_row_for_each_bundle_fastest_first(folder: Path) -> None:
    found = comparing.compare(comparing.bundles_in(folder))
    rows = found.rows
    assert {row.backend for row in rows} == {"native", "tflite"}
    assert rows[0].ratio == 1
    assert rows[0].median_us <= rows[1].median_us
    assert all(len(row.rounds_us) == comparing.ROUNDS for row in rows)
    assert found.board["name"] == "here"


def test_bundle_itself_is_no_folder_of_bundles(folder: Path) -> None:
    assert comparing.bundles_in(folder / "native") == []


def test_bundles_of_several_targets_are_refused(folder: Path, tmp_path: Path) -> None:
    comparing.lower_all(model("Relu"), tmp_path, name="relu", target=replace(TWO, name="other"))
    with pytest.raises(UsageError, match="several targets"):
        comparing.compare([folder / "native", tmp_path / "native"])


def test_fastest_is_chosen_and_the_manifest_alone_says_why(tmp_path: Path) -> None:
    bundle, _placements, rows = comparing.lower_fastest(
        model("Relu"), tmp_path / "bundle", name="relu", target=TWO)
    chosen = read_bundle(bundle.path).chosen
    assert chosen is not None
    assert bundle.backend == chosen["rows"][0]["backend"] == rows[0].backend
    assert [row["median_us"] for row in chosen["rows"]] == [row.median_us for row in rows]
    assert chosen["measured_on"]["cpu"]
    assert set(chosen["refused"]) == set(backend_names()) - {row.backend for row in rows}
    assert "chosen" not in bundle.lowering()
