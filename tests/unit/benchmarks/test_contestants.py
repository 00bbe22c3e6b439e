import json
import os
import sys
from pathlib import Path

import pytest
from benchmarks import kernels, peers, profile
from benchmarks.contestant import Contestant, cosine, started, take_turns
from benchmarks.networks import NETWORKS, VARIANTS, int8_model
from benchmarks.peers_venv import pins
from benchmarks.table import table

from edgec.errors import ModelError, UnknownName

# Speaks the protocol: says which processors it may use, and takes as long as it was told.
OBEDIENT = """
import json, os, sys
print(json.dumps({"cpus": sorted(os.sched_getaffinity(0)), "outputs": [[1.0]]}), flush=True)
for line in sys.stdin:
    if line == "quit\\n":
        break
    print(json.dumps({"wall_ns": [int(sys.argv[1])] * 3, "cpu_ns": [7]}), flush=True)
print(json.dumps({"peak_rss_bytes": 5}), flush=True)
"""


def contestant(code: str, *arguments: str, **labels: object) -> Contestant:
    first = min(os.sched_getaffinity(0))
    return Contestant(labels, [sys.executable, "-c", code, *arguments], [first], False)


def test_contestants_take_turns_and_part() -> None:
    field = [contestant(OBEDIENT, "10"), contestant(OBEDIENT, "20")]
    with started(field) as present:
        assert present == field
        take_turns(present, 4, 0.0)
    assert [c.rounds_wall_ns for c in field] == [[[10] * 3] * 4, [[20] * 3] * 4]
    assert [c.peak_rss_bytes for c in field] == [5, 5]
    assert field[0].greeting["cpus"] == [min(os.sched_getaffinity(0))]


@pytest.mark.parametrize(("code", "reason"), [
    ('print(\'{"error": "cannot read it"}\')', "cannot read it"),
    ("import sys; sys.exit('no such file')", "no such file"),
    ("pass", "without a word"),
])
def test_a_contestant_that_cannot_start_says_why(code: str, reason: str) -> None:
    field = [contestant(code), contestant(OBEDIENT, "10")]
    with started(field) as present:
        assert present == field[1:]
    assert reason in field[0].error


def test_a_contestant_that_dies_takes_no_further_part() -> None:
    dying = contestant('print("{}", flush=True)\ninput()\nraise SystemExit("out of memory")')
    with started([dying]) as present:
        take_turns(present, 3, 0.0)
    assert "out of memory" in dying.error
    assert dying.rounds_wall_ns == []


def test_cosine_of_outputs() -> None:
    assert cosine([1, 2, 2], [2, 4, 4]) == pytest.approx(1.0)
    assert cosine([1, 0], [0, 1]) == 0.0
    assert cosine([1, 2], [1, 2, 3]) is None
    assert cosine([0, 0], [1, 1]) is None


def rows_of(**rounds: list[int]) -> list[peers.Row]:
    """Rows as a run makes them, one per runtime, its CPU times by round."""
    field = []
    for name, times in rounds.items():
        made = contestant("pass", network="dscnn", precision="int8", runtime=name, file="",
                          path="", threads=1, file_bytes=2048)
        made.greeting = {"outputs": [[1.0, 2.0]], "version": "1", "load_ns": 1000000}
        made.rounds_cpu_ns = made.rounds_wall_ns = [[t * 1000] for t in times]
        field.append(made)
    peak = {"int8": 100.0, "float": 10.0}
    return peers.ranked([peers.row(c, NETWORKS["dscnn"], peak, [1.0, 2.0]) for c in field], field)


def test_peers_are_ranked_by_the_ratio_of_rounds() -> None:
    rows = rows_of(edgec=[50] * 7, ort=[100] * 6 + [500], litert=[49, 51, 50, 49, 51, 52, 48])
    by_name = {r["runtime"]: r for r in rows}
    assert by_name["ort"]["of_edgec"] == {"median": 2.0, "low": 2.0, "high": 10.0, "tie": False}
    assert by_name["litert"]["of_edgec"]["tie"]
    assert by_name["edgec"]["gmac_per_s"] == pytest.approx(2_656_768 / 50_000)
    assert by_name["edgec"]["of_peak"] == pytest.approx(0.5313536)
    assert by_name["edgec"]["cosine"] == pytest.approx(1.0)
    assert peers.verdicts(rows) == ["dscnn: the fastest other int8 (litert) takes 1.00x edgec's "
                                    "time (0.96 to 1.04), a tie"]


def test_peers_table_shows_those_that_are_absent() -> None:
    rows = rows_of(edgec=[50] * 7)
    absent = {"network": "dscnn", "precision": "int8", "runtime": "ort", "file": "elsewhere",
              "threads": 1, "error": "no module", "file_bytes": 1}
    lines = peers.shown([*rows, absent]).splitlines()
    assert lines[1].split()[:4] == ["dscnn", "int8", "edgec", "1"]
    assert lines[2].split() == ["dscnn", "int8", "ort", "elsewhere", "1", "absent"]


def test_profile_table_and_summary() -> None:
    document = {"isa": "avx2", "threads": 1, "samples_ns": [2000], "roofline": {
        "s8_gmac_per_s": 100.0, "f32_gmac_per_s": 50.0,
        "read": [{"buffer_bytes": 16384, "gb_per_s": 90.0}]}, "layers": [
        {"name": "a", "op": "conv2d_s8", "kernel": "k", "macs": 50000, "bytes": 3000,
         "median_ns": 1000, "roofline_ns": 500, "bound": "compute"}]}
    assert "25.0 GMAC/s, 25% of the roofline" in profile.summary(document)
    assert profile.shown(document).splitlines()[1].split() == [
        "conv2d_s8", "k", "a", "1.0", "100.0%", "0.05", "3", "50.0", "3.0", "50%", "compute"]


def test_kernels_table_leaves_out_what_does_not_multiply() -> None:
    rows = [kernels.rated({"kernel": "igemm_s8_x_avx2", "shape": "fc", "ns": 500.0, "macs": 10000,
                           "bytes": 1000}),
            kernels.rated({"kernel": "lut_s8_portable", "shape": "row", "ns": 10.0, "macs": 0,
                           "bytes": 80})]
    rows[0]["of_peak"], rows[1]["of_peak"] = 0.25, None
    lines = kernels.shown(rows).splitlines()
    assert lines[1].split() == ["fc", "igemm_s8_x_avx2", "0.50", "20.0", "25%", "2.0"]
    assert lines[2].split() == ["row", "lut_s8_portable", "0.01", "8.0"]


def test_table_aligns_its_columns() -> None:
    assert table(["a", "bb"], [["x", "1"], ["long", "22"]]) == "a     bb\nx      1\nlong  22"


def test_models_are_found_or_the_way_to_make_them_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="scripts/bench models"):
        int8_model(tmp_path, "dscnn")
    with pytest.raises(UnknownName, match="did you mean 'dscnn'"):
        int8_model(tmp_path, "dscn")
    (tmp_path / "own.onnx").touch()
    assert int8_model(tmp_path, str(tmp_path / "own.onnx")) == tmp_path / "own.onnx"
    assert VARIANTS["encoder4all"] is NETWORKS["encoder4"]


def test_every_runtime_is_pinned() -> None:
    assert {p.partition("==")[0] for p in pins()} == {"ai-edge-litert", "onnxruntime", "openvino",
                                                      "numpy"}
    assert all("==" in p for p in pins())


def test_rows_are_json() -> None:
    assert json.loads(json.dumps(rows_of(edgec=[50] * 7)))
