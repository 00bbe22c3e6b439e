"""A model with early exits from its training to a board: bundle, self-test, measurement, report."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx_ir as ir
import pytest

from edgec import pipeline
from edgec.compress.method import Given, run
from edgec.compress.methods.early_exit import EarlyExit
from edgec.compress.methods.quantize import Quantize
from edgec.deploy.boards import Board
from edgec.deploy.release import deploy
from edgec.errors import StepFailed
from edgec.format.bundle import Bundle, read_bundle
from edgec.lower.backend import load_backend
from edgec.measure.bench import BenchOptions
from edgec.measure.report import render
from edgec.target.target import load_target
from tests.unit.compress.exits.nets import residual
from tests.unit.compress.training.tasks import image_task
from tests.unit.deploy.boards_here import KINDS, board_here
from tests.unit.deploy.releases import TARGET

BACKENDS = ("native", "tflite")
TASK = image_task(192)
QUICK = BenchOptions(0.05, 0.1, 10, 300, energy=False, profile=False)


@pytest.fixture(scope="module")
def quantized() -> ir.Model:
    """Two exits and the end, int8."""
    given = Given(task=TASK)
    method = EarlyExit(epochs=8, at=(0.25, 0.5), learning_rate=0.02, max_drop=0.05, joint=True,
                       follow=0.0)
    floats = run(method, residual(), given).model
    return run(Quantize(), floats, given).model


@pytest.fixture(scope="module", params=BACKENDS)
def bundle(request: pytest.FixtureRequest, quantized: ir.Model,
           tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """With golden samples out of validation."""
    if request.param == "tflite":
        pytest.importorskip("ai_edge_litert.schema_py_generated")
    made, _ = pipeline.lower_model(
        quantized, tmp_path_factory.mktemp("exits") / "bundle", name="exits",
        target=load_target(TARGET), backend=request.param,
        origin=pipeline.Origin(samples=TASK.validation.inputs))
    return made


@pytest.fixture(params=KINDS)
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    with board_here(request.param, tmp_path / "board") as made:
        yield made


def programs(bundle: Bundle) -> tuple[Path, ...]:
    return load_backend(bundle.backend).device_files(bundle.triple)


def answers(bundle: Bundle) -> list[int]:
    found: list[int] = np.load(bundle.path / "golden/answers.npy").tolist()
    return found


def test_the_bundle_holds_a_sample_for_every_exit_that_validation_took(bundle: Bundle) -> None:
    names = [bundle.outputs[a].name for a in answers(bundle)]
    assert names == [row.output for row in bundle.exits if row.share]
    assert len(names) > 1


def test_the_bundle_says_who_leaves_where(bundle: Bundle) -> None:
    shares = [row.share for row in bundle.exits]
    assert sum(s for s in shares if s is not None) == pytest.approx(1)
    assert bundle.exits[-1].output == bundle.outputs[0].name


def test_the_self_test_on_a_board_passes(bundle: Bundle, board: Board) -> None:
    assert deploy(board, bundle.path, programs(bundle)).self_tested


def test_another_answer_than_the_golden_one_is_not_served(bundle: Bundle, tmp_path: Path) -> None:
    """The outputs are right and the run ends elsewhere: the self-test sees it."""
    wrong = tmp_path / "wrong"
    contents = json.loads((bundle.path / "manifest.json").read_text())
    shutil.copytree(bundle.path, wrong)
    path = wrong / "golden/answers.npy"
    np.save(path, np.asarray(answers(bundle)[::-1], np.int32))
    contents["files"]["golden/answers.npy"] = {"sha256": sha256(path.read_bytes()).hexdigest(),
                                               "bytes": path.stat().st_size}
    (wrong / "manifest.json").write_text(json.dumps(contents))
    read_bundle(wrong)
    with board_here("local", tmp_path / "board") as board, pytest.raises(
            StepFailed, match=r"the output that answers: \d values differ"):
        deploy(board, wrong, programs(bundle))


def test_bench_tells_time_share_and_score_of_every_exit(bundle: Bundle) -> None:
    document = pipeline.bench_here(bundle.path, options=QUICK)
    exits = document["exits"]
    seen = {bundle.outputs[a].name for a in answers(bundle)}
    for row in bundle.exits:
        found = exits["exits"][row.output]
        assert (found["share"], found["score"]) == (row.share, row.score)
        assert (found["median_us"] is not None) == (row.output in seen)
    assert exits["expected_us"] > 0
    assert any("early exits" in remark for remark in document["remarks"])
    assert "in the mean" in render([document])


def test_bench_on_own_data_tells_who_leaves_where_and_how_many_are_right(
        bundle: Bundle, tmp_path: Path) -> None:
    (samples,) = TASK.validation.inputs.values()
    np.savez(tmp_path / "own.npz", x=samples, y=TASK.validation.targets)
    document = pipeline.bench_here(bundle.path, options=replace(QUICK, data=tmp_path / "own.npz"))
    exits = document["exits"]["exits"]
    chosen = {row.output: (row.share, row.score) for row in bundle.exits}  # on the same samples
    found = {name: (row["share"], row["score"]) for name, row in exits.items()}
    assert {name: pytest.approx(pair, abs=0.05) for name, pair in chosen.items()
            if None not in pair} == {n: p for n, p in found.items() if None not in chosen[n]}
    assert document["data"]["runs"] == len(TASK.validation)
    assert document["data"]["score"] == pytest.approx(
        sum(share * (score or 0) for share, score in found.values()))
    assert not any("golden samples" in remark for remark in document["remarks"])
