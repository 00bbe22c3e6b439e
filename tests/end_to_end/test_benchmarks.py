"""Each command of scripts/bench once, on the smallest network."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "benchmarks", *map(str, words)], cwd=ROOT,
                          capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}"})


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    done = bench("models", "dscnn", "--models", folder)
    assert done.returncode == 0, done.stderr
    assert {p.name for p in folder.iterdir()} == {"dscnn.onnx", "dscnn.calib.npy",
                                                  "dscnn.int8.onnx"}
    return folder


def document(path: Path, schema: str) -> dict:
    found = json.loads(path.read_text())
    assert found["schema"] == schema
    return found


def test_arm(models: Path, tmp_path: Path) -> None:
    tools = ("qemu-aarch64", "aarch64-linux-gnu-g++", "llvm-mca-19", "cc")
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")
    done = bench("arm", "dscnn", "--models", models, "--layers", "--json", tmp_path / "arm.json")
    assert done.returncode == 0, done.stderr
    for result in document(tmp_path / "arm.json", "edgec-bench-arm/1")["results"]:
        edgec = result["edgec"]
        assert edgec["macs"] == 2_656_768
        assert sum(edgec["classes"].values()) == edgec["instructions"] > 100_000
        multiplies = edgec["classes"]["dot" if result["core"] == "a76" else "widening_multiply"]
        assert multiplies > 10_000
        assert edgec["instructions"] / 8 < edgec["cycles"] < edgec["instructions"] * 8
        assert sum(x["instructions"] for x in result["layers"]) == edgec["instructions"]
    assert "no latency" in done.stdout


def test_kernels(tmp_path: Path) -> None:
    done = bench("kernels", "add_s8", "--json", tmp_path / "kernels.json")
    assert done.returncode == 0, done.stderr
    rows = document(tmp_path / "kernels.json", "edgec-bench-kernels/1")["rows"]
    assert "add_s8_portable" in {row["kernel"] for row in rows}
    assert all(row["ns"] > 0 for row in rows)


def test_profile(models: Path) -> None:
    done = bench("profile", "dscnn", "--models", models, "--seconds", "0.1")
    assert done.returncode == 0, done.stderr
    assert "of the roofline" in done.stdout
    assert done.stdout.count("depthwise_conv2d_s8") == 4


def test_peers_with_those_that_are_installed_here(models: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("ai_edge_litert") is None:
        pytest.skip("ai-edge-litert is not installed")
    done = bench("peers", "dscnn", "--models", models, "--python", sys.executable, "--rounds", "2",
                 "--seconds", "0.02", "--json", tmp_path / "peers.json")
    assert done.returncode == 0, done.stderr
    rows = document(tmp_path / "peers.json", "edgec-bench-peers/1")["rows"]
    measured = {(r["runtime"], r["precision"]): r for r in rows if r["error"] is None}
    for runtime in ("edgec", "ort", "litert"):
        for precision in ("float", "int8"):
            row = measured[runtime, precision]
            assert row["cosine"] > (0.9999 if precision == "float" else 0.98)
            assert row["cpu_ms"] > 0
            assert row["of_edgec"]["median"] > 0
    if importlib.util.find_spec("openvino") is None:
        assert "absent: dscnn int8 openvino" in done.stdout


def test_compare_with_the_same_revision(models: Path, tmp_path: Path) -> None:
    git = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True,
                         check=False)
    if git.returncode != 0:
        pytest.skip("this is no git checkout")
    done = bench("compare", "HEAD", "dscnn", "--models", models, "--rounds", "3", "--seconds",
                 "0.02", "--json", tmp_path / "compare.json")
    assert done.returncode == 0, done.stderr
    (row,) = document(tmp_path / "compare.json", "edgec-bench-compare/1")["rows"]
    assert 0.1 < row["ratio"]["median"] < 10
    assert row["tie"]  # three rounds are no proof


def test_a_mistake_is_one_message() -> None:
    done = bench("arm", "dscn")
    assert done.returncode == 1
    assert done.stderr.startswith("bench: no network named 'dscn'; did you mean 'dscnn'?")
    assert bench("arm", "--core", "m55").returncode == 2


def test_help_teaches_every_command() -> None:
    shown = bench("--help").stdout
    for command in ("models", "peers", "profile", "kernels", "arm", "compare"):
        assert command in shown
        assert bench(command, "--help").returncode == 0
