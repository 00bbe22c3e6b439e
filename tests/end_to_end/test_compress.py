"""`edgec compress` and `edgec profile`: from a recipe to a bundle, interrupted on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from edgec.compress.cost import paper_cost
from edgec.model.load import load_model
from edgec.model.onnx_file import save_model
from edgec.target.toolchain import host_triple
from tests.end_to_end.heeding import EDGEC
from tests.unit.compress import trained

RECIPE = """
model = "net.onnx"
target = "generic_{triple}"
seed = 1
[task]
data = "task.npz"
[limits]
drop = 0.2
bit_ops_ratio = 18
[methods.prune]
ratio = [0.2, 0.3]
criterion = "taylor"
round_to = 4
epochs = 2
steps = 1
[methods.quantize]
"""
pytestmark = pytest.mark.slow
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "COLUMNS": "120"}


def edgec(folder: Path, *words: str, code: int = 0) -> str:
    done = subprocess.run([sys.executable, "-m", "edgec", *words], cwd=folder, env=ENVIRONMENT,
                          capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Path:
    """A folder with a trained model, its samples, and the result of the recipe."""
    if host_triple() != "x86_64":
        pytest.skip("there is no target of this machine's kind")
    folder = tmp_path_factory.mktemp("compress")
    save_model(trained.trained(), folder / "net.onnx")
    arrays = {}
    for split, seed in (("train", 1), ("validation", 2), ("test", 3)):
        samples = trained.patterns(384, seed)
        arrays |= {f"{split}_x": samples.inputs["x"], f"{split}_y": samples.targets}
    np.savez(folder / "task.npz", **arrays)
    (folder / "recipe.toml").write_text(RECIPE.format(triple=host_triple()))
    edgec(folder, "profile", "recipe.toml", "-o", "costs.json")
    edgec(folder, "compress", "recipe.toml", "-o", "whole", "--costs", "costs.json")
    return folder


def result(folder: Path) -> dict:
    return json.loads((folder / "result.json").read_text())


def test_the_result_meets_its_limits_as_counted_on_the_written_model(workshop: Path) -> None:
    before, after = (paper_cost(load_model(str(workshop / name)))
                     for name in ("net.onnx", "whole/result.onnx"))
    assert before.bit_ops / after.bit_ops >= 18
    document = result(workshop / "whole")
    assert document["before"]["validation"] - document["after"]["validation"] <= 0.2


def test_the_bundle_is_of_the_result_and_as_large_as_said(workshop: Path) -> None:
    size = (workshop / "whole" / "bundle" / "model.edgec").stat().st_size
    assert size == result(workshop / "whole")["after"]["cost"]["bytes"]


def test_layers_that_a_search_may_ask_for_are_mostly_in_its_profile(workshop: Path) -> None:
    latency = result(workshop / "whole")["after"]["cost"]["latency"]
    assert latency["measured"] + latency["interpolated"] > 0.5


def test_a_second_profile_measures_nothing(workshop: Path) -> None:
    before = (workshop / "costs.json").read_bytes()
    assert ", 0 not measured yet" in edgec(workshop, "profile", "recipe.toml", "-o", "costs.json")
    assert (workshop / "costs.json").read_bytes() == before


def test_an_interrupted_search_says_how_to_go_on_and_ends_with_the_same_bytes(
        workshop: Path) -> None:
    words = ["compress", "recipe.toml", "-o", "broken", "--costs", "costs.json"]
    process = subprocess.Popen([*EDGEC, *words], cwd=workshop, env=ENVIRONMENT,
                               stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "trial 2" in line:
            time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            break
    rest = process.stderr.read()
    assert process.wait(60) == 130
    assert "the same command goes on" in rest
    assert "Traceback" not in rest
    edgec(workshop, *words)
    assert ((workshop / "broken" / "result.onnx").read_bytes()
            == (workshop / "whole" / "result.onnx").read_bytes())


def test_limits_that_nothing_meets_end_with_the_nearest_candidates(workshop: Path) -> None:
    recipe = (workshop / "recipe.toml").read_text().replace("drop = 0.2", "bytes = 1")
    (workshop / "impossible.toml").write_text(recipe)
    said = edgec(workshop, "compress", "impossible.toml", "-o", "impossible", code=1)
    assert "none of 2 candidates meets the limits. The nearest:" in said
    assert "bytes" in said
    assert not (workshop / "impossible" / "result.onnx").exists()


def test_a_replay_of_the_lock_gives_the_same_bytes(workshop: Path) -> None:
    assert "same bytes" in edgec(workshop, "verify", "whole/lock.json")
