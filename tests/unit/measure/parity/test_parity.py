"""edgec.parity: models and bundles in every runtime here, and on a board."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.deploy.loopback import SFTP
from edgec.errors import UsageError
from edgec.measure.parity.result import Bounds
from edgec.model.onnx_file import save_model
from edgec.parity import ParityOptions, parity
from tests.unit.deploy.boards_here import KINDS, board_here
from tests.unit.lower.lower_models import inputs_for
from tests.unit.measure.parity.quantized import models

TARGET = "generic_x86_64"


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """float.onnx, q.onnx, x.npz and the native bundle of q.onnx."""
    folder = tmp_path_factory.mktemp("parity")
    original, quantized = models()
    save_model(original, folder / "float.onnx")
    save_model(quantized, folder / "q.onnx")
    np.savez(folder / "x.npz", x=np.stack([inputs_for("convnet", s)["x"] for s in (7, 8, 9)]))
    pipeline.lower(str(folder / "q.onnx"), folder / "bundle", target=TARGET,
                   origin=pipeline.Origin(command=["lower", str(folder / "q.onnx")]))
    return folder


def test_runtimes_agree_on_a_quantized_model_and_its_float_origin(made: Path) -> None:
    options = ParityOptions(float_model=str(made / "float.onnx"), data=str(made / "x.npz"),
                            samples=2)
    found = parity(str(made / "q.onnx"), options)
    assert found.violations == ()
    assert found.samples == 2
    pairs = {(p.expected, p.got): p for p in found.pairs}
    assert {("float ONNX", "QDQ ONNX"), ("QDQ ONNX", "reference"), ("reference", "native"),
            ("reference", "tflite")} <= set(pairs)
    assert all(x.own.differ == 0 for x in pairs["reference", "native"].layers)
    assert min(x.own.sqnr_db for x in pairs["float ONNX", "QDQ ONNX"].layers) > 10
    assert "firmware" in found.skipped["ethos_u"]


def test_outputs_below_the_ratio_asked_for_are_beyond_the_bounds(made: Path) -> None:
    options = ParityOptions(float_model=str(made / "float.onnx"), backends=("native",))
    found = parity(str(made / "q.onnx"), options, Bounds(min_sqnr_db=200.0))
    assert {line.partition(" against ")[0] for line in found.violations} == {
        "QDQ ONNX", "reference", "native"}


def test_bundle_finds_its_model_and_its_artifact_gives_the_references_outputs(made: Path) -> None:
    found = parity(str(made / "bundle"), ParityOptions(backends=("native",)))
    assert found.violations == ()
    assert [p.got for p in found.pairs] == ["reference", "native"]
    assert found.outputs[-1].runtime == "model.edgec of the bundle"
    assert found.outputs[-1].difference.differ == 0


def test_bundle_finds_the_tflite_file_that_it_was_lowered_from(made: Path, tmp_path: Path) -> None:
    made_by, _ = pipeline.lower(str(made / "q.onnx"), tmp_path / "t", target=TARGET,
                                backend="tflite")
    spec = str(made_by.artifact_path)
    pipeline.lower(spec, tmp_path / "bundle", target=TARGET,
                   origin=pipeline.Origin(command=["lower", spec]))
    found = parity(str(tmp_path / "bundle"), ParityOptions(backends=("native",)))
    assert found.pairs[0].expected == "source file"
    assert found.pairs[-1].got == "native"


def tampered(made: Path, folder: Path) -> Path:
    """The bundle with another artifact, honestly listed: one that computes something else."""
    quantized = models()[1].clone()
    head = next(v for v in quantized.graph.initializers.values()
                if v.const_value.dtype.name == "INT8" and v.const_value.size > 200)
    import onnx_ir as ir
    head.const_value = ir.tensor(-head.const_value.numpy(), name=head.name)
    save_model(quantized, folder / "other.onnx")
    other, _ = pipeline.lower(str(folder / "other.onnx"), folder / "other", target=TARGET)
    shutil.copytree(made / "bundle", folder / "bundle")
    shutil.copy(other.artifact_path, folder / "bundle" / "model.edgec")
    manifest = json.loads((folder / "bundle" / "manifest.json").read_text())
    data = other.artifact_path.read_bytes()
    manifest["files"]["model.edgec"] = {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    (folder / "bundle" / "manifest.json").write_text(json.dumps(manifest))
    return folder / "bundle"


def test_bundle_with_an_artifact_of_another_model_is_beyond_the_bounds(made: Path, tmp_path: Path
                                                                       ) -> None:
    found = parity(str(tampered(made, tmp_path)), ParityOptions(backends=("native",)))
    assert any("model.edgec of the bundle against reference" in v for v in found.violations)


def test_bundle_without_its_model_is_held_to_its_golden_outputs(made: Path, tmp_path: Path) -> None:
    pipeline.lower(str(made / "q.onnx"), tmp_path / "bundle", target=TARGET)
    found = parity(str(tmp_path / "bundle"))
    assert (found.pairs, found.violations) == ((), ())
    assert found.outputs[0].against == "golden outputs"
    assert "--model" in found.skipped["layers"]


def test_model_that_a_bundle_was_not_lowered_from_is_refused(made: Path) -> None:
    with pytest.raises(UsageError, match=r"is not what .* was lowered from"):
        parity(str(made / "bundle"), ParityOptions(model=str(made / "float.onnx")))


def test_backend_asked_for_by_name_is_not_skipped(made: Path) -> None:
    with pytest.raises(UsageError, match="does not run on this machine"):
        parity(str(made / "q.onnx"), ParityOptions(target="ethos_u55_128", backends=("ethos_u",)))


@pytest.mark.parametrize("kind", KINDS)
def test_native_engine_on_a_board_gives_the_same_bytes_and_nothing_stays_there(
        kind: str, made: Path, tmp_path: Path, monkeypatch) -> None:
    there = tmp_path / "tmp"
    there.mkdir()
    monkeypatch.setenv("TMPDIR", str(there))
    with board_here(kind, tmp_path / "board", (SFTP,), {"TMPDIR": str(there)}) as board:
        monkeypatch.setattr("edgec.parity.load_board", lambda name, boards: board)
        found = parity(str(made / "q.onnx"), ParityOptions(board="here", backends=("native",)))
    pair = found.pairs[-1]
    assert pair.got == f"native on {board.name}"
    assert len(pair.layers) > 5
    assert all(x.own.differ == 0 for x in pair.layers)
    assert list(there.iterdir()) == []
