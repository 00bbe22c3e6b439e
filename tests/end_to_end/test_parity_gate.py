"""`edgec parity` and `edgec deploy --require-parity` as gates: exit codes, what was not done."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from edgec import pipeline
from edgec.model.onnx_file import save_model
from tests.unit.measure.parity.quantized import models

BOARDS = '[board.dir]\ntransport = "local"\nhome = "{}"\ntarget = "generic_x86_64"\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("gate")
    for name, model in zip(("float.onnx", "q.onnx"), models(), strict=True):
        save_model(model, made / name)
    pipeline.lower(str(made / "q.onnx"), made / "bundle", target="generic_x86_64")
    (made / "boards.toml").write_text(BOARDS.format(made / "board"))
    return made


def edgec(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "edgec", *words], cwd=folder, timeout=120,
                          capture_output=True, text=True, check=False)


def test_exit_code_tells_whether_the_bounds_hold_and_the_json_says_why(folder: Path) -> None:
    words = ("parity", "q.onnx", "--float", "float.onnx", "--backend", "native", "--json", "p.json")
    good = edgec(folder, *words)
    assert good.returncode == 0, good.stderr
    assert json.loads((folder / "p.json").read_text())["agree"] is True
    bad = edgec(folder, *words, "--min-sqnr-db", "200")
    said = json.loads((folder / "p.json").read_text())
    assert (bad.returncode, said["agree"]) == (2, False)
    assert "required are 200 dB" in said["violations"][0]
    assert "Traceback" not in bad.stderr


def test_deploy_that_requires_parity_uploads_nothing_when_outputs_are_wrong(folder: Path) -> None:
    from hashlib import sha256

    path = folder / "bundle" / "golden" / "output_0.npy"
    np.save(path, np.load(path) + np.float32(1))
    manifest = folder / "bundle" / "manifest.json"
    said = json.loads(manifest.read_text())
    said["files"]["golden/output_0.npy"] = {
        "sha256": sha256(path.read_bytes()).hexdigest(), "bytes": path.stat().st_size}
    manifest.write_text(json.dumps(said))
    done = edgec(folder, "deploy", "bundle", "--board", "dir", "--require-parity")
    assert done.returncode == 2, done.stderr
    assert "not deployed" in done.stderr
    assert not (folder / "board").exists()
