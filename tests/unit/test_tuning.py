"""edgec tune: real trials over TVM's RPC on the loopback, and plain errors."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
import pytest

from edgec import pipeline, tuning
from edgec.errors import MissingExtra, UsageError
from edgec.lower.backends.tvm import worker
from edgec.lower.backends.tvm.tuned import RECORDS
from tests.unit.lower.lower_models import float_model, inputs_for

TARGET = "generic_x86_64"
ONE_ROUND = tuning.Measuring(seconds=1)  # some trials of the first kernel are made in any case


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "convnet.onnx"
    onnx.save(float_model("convnet"), path)
    return str(path)


def outputs(model: str, folder: Path, options: dict[str, str]) -> list[np.ndarray]:
    bundle, _ = pipeline.lower(model, folder, target=TARGET, backend="tvm",
                               origin=pipeline.Origin(options={"kernels": "tvm", **options}))
    return pipeline.run(bundle.path, [inputs_for("convnet", 9)["x"]])


@pytest.mark.slow
def test_a_tuned_model_gives_the_untuned_ones_values_and_tuning_goes_on(model: str, tmp_path: Path
                                                                        ) -> None:
    pytest.importorskip("tvm_ffi")
    folder, said = tmp_path / "tuning", []
    tuning.tune(model, folder, TARGET, ONE_ROUND, said.append)
    measured = len((folder / RECORDS).read_text().splitlines())
    assert measured > 0
    tuned = outputs(model, tmp_path / "tuned", {"tuning": str(folder)})
    for a, b in zip(tuned, outputs(model, tmp_path / "plain", {}), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4)
    tuning.tune(model, folder, TARGET, ONE_ROUND, said.append)
    assert f"{measured} measurements from before" in said[len(said) // 2]


@pytest.mark.skipif(os.uname().machine == "aarch64", reason="the board is this machine")
def test_another_machine_is_measured_on_a_board(model: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="measure on a board, with --board"):
        tuning.tune(model, tmp_path / "t", "raspberry_pi_4", ONE_ROUND)
    assert not (tmp_path / "t").exists()


def test_missing_package_names_the_command(model: str, tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'edgec\[tvm\]'"):
        tuning.tune(model, tmp_path / "t", TARGET, ONE_ROUND)
    assert not (tmp_path / "t").exists()


def test_a_folder_is_for_one_target(model: str, tmp_path: Path) -> None:
    (tmp_path / tuning.SUBJECT).write_text('{"target": "raspberry_pi_4"}')
    with pytest.raises(UsageError, match="measurements for raspberry_pi_4, not for generic"):
        tuning.tune(model, tmp_path, TARGET, ONE_ROUND)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("20m", 1200), ("1h", 3600)])
def test_a_time_limit_has_a_unit(text: str, seconds: float) -> None:
    assert tuning.parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["20", "0m", "1d", "", "-1s"])
def test_another_time_limit_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="write 90s, 20m or 1h"):
        tuning.parse_duration(text)
