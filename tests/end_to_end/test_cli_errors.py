"""Every verb, given something wrong: one clear message, exit code 1, no traceback, nothing left."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgec.target.toolchain import build_engine

UNREACHABLE = """
[board.gone]
host = "127.0.0.1"
port = 1
user = "nobody"
target = "generic_x86_64"
host_key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
connect_timeout_s = 3
"""


def edgec(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HOME": str(folder), "COLUMNS": "100"}
    return subprocess.run([sys.executable, "-m", "edgec", *words], cwd=folder, env=environment,
                          capture_output=True, text=True, check=False, timeout=120)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory) -> Path:
    """A folder with a good model, a bundle of it, a text file named .onnx, and a boards file."""
    build_engine()  # takes longer than a command may
    folder = tmp_path_factory.mktemp("workshop")
    value = helper.make_tensor_value_info
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"], "act")], "tiny",
                              [value("x", TensorProto.FLOAT, [1, 8])],
                              [value("y", TensorProto.FLOAT, [1, 8])])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10),
              folder / "good.onnx")
    weights = helper.make_tensor("w", TensorProto.FLOAT, [8, 8], np.eye(8).ravel())
    graph = helper.make_graph([helper.make_node("MatMul", ["x", "w"], ["y"], "dense")], "dense",
                              graph.input, graph.output, [weights])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10),
              folder / "matmul.onnx")
    (folder / "text.onnx").write_text("this is not a model\n")
    (folder / "text.tflite").write_text("this is not a model\n")
    (folder / "truncated.onnx").write_bytes((folder / "good.onnx").read_bytes()[:-9])
    np.savez(folder / "good.npz", x=np.ones((4, 1, 8), np.float32))
    np.savez(folder / "nan.npz", x=np.full((4, 1, 8), np.nan, np.float32))
    np.savez(folder / "shape.npz", x=np.ones((4, 1, 9), np.float32))
    np.save(folder / "x.npy", np.ones((1, 8), np.float32))
    np.save(folder / "wrong.npy", np.ones((1, 9), np.float32))
    (folder / "broken.json").write_text("{")
    (folder / "recipe.toml").write_text('model = "good.onnx"\n[methods.quantize]\n')
    (folder / "boards.toml").write_text(UNREACHABLE)
    _compression(folder)
    (folder / "no_task.toml").write_text('model = "good.onnx"\n[methods.prune]\n')
    quantized = edgec(folder, "quantize", "matmul.onnx", "-c", "good.npz", "-o", "q.onnx")
    assert quantized.returncode == 0, quantized.stderr
    made = edgec(folder, "lower", "good.onnx", "-t", "generic_x86_64", "-o", "bundle")
    assert made.returncode == 0, made.stderr
    return folder


def _compression(folder: Path) -> None:
    """Two networks of different classes, labels with something wrong, and recipes that use them."""
    _network(folder / "net.onnx", classes=3)
    _network(folder / "student.onnx", classes=5)
    x, y = np.ones((30, 8), np.float32), np.arange(30) % 3
    for name, arrays in {"whole": {"train_x": x, "train_y": y}, "unlabelled": {"train_x": x},
                         "fractions": {"train_x": x, "train_y": y / 2},
                         "gap": {"train_x": x, "train_y": np.where(y == 1, 0, y)},
                         "lonely": {"train_x": x, "train_y": np.maximum(np.arange(30) - 28, 0)}
                         }.items():
        np.savez(folder / f"{name}.npz", **arrays)
        _recipe(folder / f"{name}.toml", "net.onnx", name, "methods.prune", "ratio = 0.5")
    _recipe(folder / "nothing.toml", "good.onnx", "whole", "methods.prune", "ratio = 0.5")
    for ratio in (0, 1):
        _recipe(folder / f"ratio{ratio}.toml", "net.onnx", "whole", "methods.prune",
                f"ratio = {ratio}")
    _recipe(folder / "misfit.toml", "net.onnx", "whole", "methods.distill",
            'student = "student.onnx"')
    np.savez(folder / "few_labels.npz", x=np.ones((4, 8), np.float32), y=np.zeros(3, int))


def _network(path: Path, classes: int) -> None:
    value, rng = helper.make_tensor_value_info, np.random.default_rng(0)
    weights = [onnx.numpy_helper.from_array(rng.standard_normal(shape).astype(np.float32), name)
               for name, shape in (("w1", (8, 32)), ("w2", (32, classes)))]
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w1"], ["h"], "first"),
         helper.make_node("Relu", ["h"], ["r"], "act"),
         helper.make_node("MatMul", ["r", "w2"], ["y"], "last")], "net",
        [value("x", TensorProto.FLOAT, [1, 8])], [value("y", TensorProto.FLOAT, [1, classes])],
        weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10),
              path)


def _recipe(path: Path, model: str, data: str, method: str, option: str) -> None:
    path.write_text(f'model = "{model}"\n[task]\ndata = "{data}.npz"\n'
                    f"[{method}]\nepochs = 0\n{option}\n")


CASES = [
    ("order missing.toml -o o", "cannot read the recipe missing.toml: No such file"),
    ("order recipe.toml -o o", "the recipe has one method; an order needs two"),
    ("order recipe.toml -o o --jobs 2 --cluster tcp://h:1", "--jobs and --cluster are both given"),
    ("methods prun", "no method named 'prun'; did you mean 'prune'?"),
    ("verify broken.json", "the lock broken.json is not JSON"),
    ("verify missing.json", "cannot read the lock missing.json"),
    ("inspect missing.onnx", "missing.onnx"),
    ("lower good.onnx -t generic_x86_64 -o o --tflite-sparse densify",
     "--tflite-sparse is for --backend tflite; the backend is the first of the target"),
    ("lower good.onnx -t generic_x86_64 -o o --backend tflite --tflite-sparse csr",
     "--tflite-sparse is 'csr'; allowed are dense, densify"),
    ("inspect text.onnx", "text file"),
    ("inspect truncated.onnx", "truncated.onnx"),
    ("inspect missing.tflite", "there is no model file missing.tflite"),
    ("inspect text.tflite", "its identifier is b' is ', not b'TFL3'"),
    ("lower text.tflite -t generic_x86_64 -o out", "Give a .tflite file as its converter wrote"),
    ("inspect missing.keras", "there is no model missing.keras"),
    ("inspect .", "holds no saved_model.pb"),
    ("inspect good.onnx --target no_board", "no target named 'no_board'"),
    ("inspect no_module:thing", "no_module"),
    ("inspect good.onnx --shape x=one", "--shape"),
    ("quantize missing.onnx -c good.npz -o out.onnx", "missing.onnx"),
    ("quantize text.onnx -c good.npz -o out.onnx", "text file"),
    ("quantize good.onnx -c missing.npz -o out.onnx", "missing.npz"),
    ("quantize good.onnx -c nan.npz -o out.onnx", "not finite"),
    ("quantize good.onnx -c shape.npz -o out.onnx", "shape.npz"),
    ("quantize good.onnx -c good.npz -o no_folder/out.onnx", "no_folder"),
    ("quantize good.onnx -c good.npz -o out.onnx --set bits=3", "no option 'bits'"),
    ("quantize good.onnx -c good.npz -o out.onnx -t no_board", "no target named"),
    ("lower missing.onnx -t generic_x86_64 -o out", "missing.onnx"),
    ("lower text.onnx -t generic_x86_64 -o out", "text file"),
    ("lower good.onnx -t no_board -o out", "no target named 'no_board'"),
    ("lower good.onnx -t generic_x86_64 --backend no_backend -o out", "no backend"),
    ("lower good.onnx -t generic_x86_64 -o good.npz", "good.npz"),
    ("run no_bundle -i x.npy -o out.npy", "no_bundle"),
    ("run bundle -i missing.npy -o out.npy", "missing.npy"),
    ("run bundle -i wrong.npy -o out.npy", "wrong.npy"),
    ("run bundle -i text.onnx -o out.npy", "text.onnx"),
    ("run bundle -i x.npy -i x.npy -o out.npy", "1 input"),
    ("run bundle -i x.npy -o no_folder/out.npy", "no_folder"),
    ("run bundle -i x.npy -o out.npy --isa neon9", "neon9"),
    ("bench no_bundle --json out.json", "no_bundle"),
    ("bench bundle --board no_board --json out.json", "no board"),
    ("bench bundle --board gone --json out.json", "127.0.0.1:1"),
    ("deploy no_bundle --board gone", "no_bundle"),
    ("deploy bundle --board no_board", "no board"),
    ("deploy bundle --board gone", "127.0.0.1:1"),
    ("deploy bundle --board gone --boards missing.toml", "missing.toml"),
    ("rollback --board gone", "127.0.0.1:1"),
    ("rollback --board no_board", "no board"),
    ("status --board gone", "127.0.0.1:1"),
    ("report missing.json -o out.html", "missing.json"),
    ("report broken.json -o out.html", "broken.json"),
    ("compress missing.toml -o out", "missing.toml"),
    ("compress no_task.toml -o out", "the recipe has no [task]"),
    ("compress unlabelled.toml -o out", "has no array train_y: the labels of train"),
    ("compress fractions.toml -o out", "cross_entropy takes integer classes"),
    ("compress gap.toml -o out", "no sample of class 1"),
    ("compress lonely.toml -o out", "class 1 has 1 sample(s), so none can be held out"),
    ("compress nothing.toml -o out", "prune cannot be applied"),
    ("compress ratio0.toml -o out", "ratio is 0; it must be above 0 and below 1"),
    ("compress ratio1.toml -o out", "ratio is 1; it must be above 0 and below 1"),
    ("compress misfit.toml -o out", "the student puts out [1, 5] and the teacher [1, 3]"),
    ("bench bundle --data missing.npz --json out.json", "there is no data file missing.npz"),
    ("bench bundle --data few_labels.npz --json out.json", "3 labels for 4 samples"),
    ("bench bundle --data shape.npz --json out.json", "has the shape [4, 1, 9]"),
    ("profile missing.onnx -t generic_x86_64 -o out.json", "missing.onnx"),
    ("profile good.onnx -o out.json", "profile needs one target"),
    ("lower good.onnx -t ethos_u55_128 --backend native -o out", "has no backend 'native'"),
    ("parity missing.onnx --json out.json", "missing.onnx"),
    ("parity good.onnx --float good.onnx --json out.json", "is a float model itself"),
    ("parity good.onnx --data nan.npz --json out.json", "not finite"),
    ("parity good.onnx --backend ethos_u --json out.json", "does not run on this machine"),
    ("parity good.onnx --board no_board", "no board"),
    ("parity bundle --model truncated.onnx", "is not what bundle was lowered from"),
    ("tune good.onnx -o out", "tune needs --target, or --board"),
    ("tune q.onnx -t generic_x86_64 -o out", "TVM's own kernels are for float32"),
    ("tune good.onnx -t generic_x86_64 -o out --time-limit 20", "write 90s, 20m or 1h"),
    ("tune good.onnx -t generic_x86_64 -o good.onnx", "good.onnx is a file. Give -o a folder"),
    ("tune good.onnx -t generic_x86_64 -o good.onnx/t", "cannot write the folder good.onnx/t"),
    ("tune good.onnx -t raspberry_pi_2 -o out", "has no backend 'tvm'"),
    ("tune good.onnx --board gone -o out", "cannot connect"),
    ("tune truncated.onnx -t generic_x86_64 -o out", "truncated.onnx"),
    ("lower good.onnx -t generic_x86_64 --compile-timeout 5 -o out",
     "--compile-timeout '5' is not a time"),
    ("lower good.onnx -t generic_x86_64 --compile-timeout 5m -o out",
     "this backend has no option 'compile-timeout'"),
    ("demo --model no_model", "no demo model named"),
]


@pytest.mark.parametrize(("words", "message"), CASES, ids=[words for words, _ in CASES])
def test_verb_given_something_wrong_says_so_once_and_leaves_nothing(workshop: Path, words: str,
                                                                    message: str) -> None:
    before = sorted(workshop.rglob("*"))
    done = edgec(workshop, *words.split())
    assert done.returncode == 1, done.stdout + done.stderr
    assert message in done.stderr
    assert done.stderr.count("edgec: ") == 1
    assert "Traceback" not in done.stderr
    assert sorted(workshop.rglob("*")) == before
