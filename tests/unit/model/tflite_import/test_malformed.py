"""A .tflite file that is wrong gives an error of ours that says what is wrong, never a crash."""

from __future__ import annotations

import contextlib
import runpy
import struct
from pathlib import Path

import numpy as np
import pytest

from edgec.errors import EdgecError, ModelError
from edgec.model.load import load_model
from edgec.model.tflite_import._bounds import Broken
from edgec.model.tflite_import._file import parse
from edgec.model.tflite_model import import_tflite

pytest.importorskip("ai_edge_litert")
CASES = Path(__file__).resolve().parents[3] / "cases" / "malformed_tflite"
MADE = runpy.run_path(str(CASES / "make.py"), run_name="make")
FILES = sorted(CASES.glob("*.tflite"))
VALID = CASES / "valid.tflite"


def test_the_files_are_those_that_make_writes():
    assert {path.stem: path.read_bytes() for path in FILES} == MADE["files"]()
    assert {path.stem for path in FILES} == {"valid", *MADE["MALFORMED"]}


def test_the_file_that_the_others_come_from_loads():
    assert [node.op_type for node in load_model(VALID).graph] == ["Gemm"]


@pytest.mark.parametrize("name", MADE["MALFORMED"])
def test_malformed_file_is_refused_with_the_reason(name):
    path = CASES / f"{name}.tflite"
    with pytest.raises(ModelError) as error:
        load_model(path)
    assert MADE["MALFORMED"][name] in str(error.value)


@pytest.mark.parametrize("value", [0, 1, 7, 2**16, 2**31 - 1, 2**31, 2**32 - 1])
def test_no_changed_word_makes_the_reader_crash(value):
    valid, word = VALID.read_bytes(), struct.pack("<I", value)
    for position in range(0, len(valid) - 3, 2):
        survives(valid[:position] + word + valid[position + 4:])


def test_no_truncation_makes_the_reader_crash():
    valid = VALID.read_bytes()
    for length in range(len(valid)):
        survives(valid[:length])


def test_no_random_damage_makes_the_reader_crash():
    valid, random = np.frombuffer(VALID.read_bytes(), np.uint8), np.random.default_rng(0)
    for _ in range(500):
        damaged = valid.copy()
        places = random.integers(0, valid.size, random.integers(1, 9))
        damaged[places] = random.integers(0, 256, places.size)
        survives(damaged.tobytes())


def survives(data: bytes) -> None:
    """It is a model, or an error of ours; anything else fails the test."""
    with contextlib.suppress(EdgecError, Broken):
        import_tflite(parse(data, "the file"), "the file")


def test_file_that_shares_its_tables_again_and_again_is_refused_at_once():
    """20,000 subgraphs that are one, with 20,000 tensors that are one: 400 million visits."""
    with pytest.raises(Broken, match="more often than the file is long"):
        parse(_shared(20_000), "the file")


def _shared(count: int) -> bytes:
    """Offsets only lead forward, so each table stands behind the vector that leads to it."""
    model_vtable, subgraph_vtable, tensor_vtable, model = 8, 20, 28, 32
    data = struct.pack("<I4s", model, b"TFL3")
    data += struct.pack("<HHHHHH", 10, 8, 0, 0, 4, 0)  # a Model with field 2, subgraphs
    data += struct.pack("<HHHH", 6, 8, 4, 0)  # a SubGraph with field 0, tensors
    data += struct.pack("<HH", 4, 4)  # a Tensor without fields
    for vtable in (model_vtable, subgraph_vtable):
        data += struct.pack("<iI", len(data) - vtable, 4)
        data += struct.pack("<I", count)
        data += b"".join(struct.pack("<I", 4 * i) for i in range(count, 0, -1))
    return data + struct.pack("<i", len(data) - tensor_vtable)
