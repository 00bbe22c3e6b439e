"""Boards as data: what is read, and what is said when a file is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgec.errors import EdgecError, TargetError, UnknownName
from edgec.target.target import load_target, target_names

BOARD = '''
title = "My board"
triple = "aarch64"
memory_mb = 512
backends = ["native"]
energy = []

[cpu]
core = "mine"
cores = 2
clock_mhz = 1000
l1d_kb = 32
l2_kb = 256
'''
CPU = '''
title = "My core"
isa = ["neon"]
in_order = true
int8_macs_per_cycle = 8
'''


@pytest.fixture
def board(tmp_path: Path) -> Path:
    (tmp_path / "cpus").mkdir()
    (tmp_path / "cpus/mine.toml").write_text(CPU)
    (tmp_path / "my_board.toml").write_text(BOARD)
    return tmp_path / "my_board.toml"


def test_board_of_the_user_is_read_with_the_cpu_beside_it(board: Path) -> None:
    target = load_target(board)
    assert (target.name, target.title, target.cores, target.triple) == (
        "my_board", "My board", 2, "aarch64")
    assert (target.cpu.name, target.cpu.isa, target.cpu.in_order) == ("mine", ("neon",), True)
    assert (target.cpu.l1d_kb, target.cpu.l2_kb, target.cpu.clock_mhz) == (32, 256, 1000)
    assert (target.notes, target.little, target.little_cores) == ("", None, 0)


def test_board_of_the_user_may_use_a_cpu_of_ours(board: Path) -> None:
    board.write_text(BOARD.replace('"mine"', '"cortex_a72"'))
    assert load_target(str(board)).cpu.title == "Arm Cortex-A72"


def test_percent_of_sparse_kernels_is_read_or_the_same_for_all(board: Path) -> None:
    assert dict(load_target(board).cpu.sparse_percent) == {4: 150, 8: 150, 16: 150}
    cpu = board.parent / "cpus/mine.toml"
    cpu.write_text(CPU + "[sparse_percent]\ncolumns_4 = 120\ncolumns_8 = 110\ncolumns_16 = 105\n")
    assert dict(load_target(board).cpu.sparse_percent) == {4: 120, 8: 110, 16: 105}
    cpu.write_text(CPU + "[sparse_percent]\ncolumns_4 = 120\ncolumns_8 = 110\n")
    with pytest.raises(TargetError, match="key 'columns_16' is missing"):
        load_target(board)


def test_little_cores_are_read(board: Path) -> None:
    board.write_text(BOARD + BOARD[BOARD.index("[cpu]"):].replace("[cpu]", "[little]"))
    target = load_target(board)
    assert target.little is not None
    assert (target.little.name, target.little_cores) == ("mine", 2)


def test_unknown_name_lists_the_known_ones_and_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"no target named 'raspberry_pi4'; did you mean "
                                          r"'raspberry_pi_4'\? There are: .*jetson_nano"):
        load_target("raspberry_pi4")


def test_missing_file_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"none\.toml: cannot be read \(No such file"):
        load_target(tmp_path / "none.toml")


@pytest.mark.parametrize(("old", "new", "message"), [
    ('title = "My board"\n', "", "key 'title' is missing"),
    ('triple = "aarch64"', 'triple = "arm64"',
     "key 'triple' is 'arm64'; it must be one of aarch64, armv7, armv8m, x86_64"),
    ("memory_mb = 512", "memory_mb = 0.5", "key 'memory_mb' is 0.5; it must be an integer from 16"),
    ("cores = 2", "cores = 0", "[cpu]: key 'cores' is 0; it must be an integer from 1 to 1024"),
    ("cores = 2", "cores = 2\nthreads = 4", "[cpu]: unknown key 'threads'"),
    ('["native"]', "[]", "key 'backends' is []; it must be a list of at least one backend"),
    ('["native"]', '["native", "native"]', "it must be a list of different names"),
    ('["native"]', '["Native"]', "it must be a list of different names"),
    ("energy = []", "energy = []\nenergie = []", "unknown key 'energie'; did you mean 'energy'?"),
    ('core = "mine"', 'core = "cortex_a99"', "key 'core' is 'cortex_a99'; it must be the name of a "
     "file in cpus/; there are cortex_a53"),
    ('core = "mine"', 'core = "../mine"', "key 'core' is '../mine'"),
    ('triple = "aarch64"', 'triple = "x86_64"', "core 'mine' has the instruction sets neon, which "
     "x86_64 does not have; it may have avx2, avxvnni, avx512vnni"),
    ("[cpu]", "[cpus]", "key 'cpu' is missing; it must be a table [cpu]"),
    ("[cpu]", "[cpu", "is not a TOML file"),
])
def test_wrong_board_names_file_key_found_and_allowed(
        board: Path, old: str, new: str, message: str) -> None:
    assert old in BOARD
    board.write_text(BOARD.replace(old, new))
    with pytest.raises(EdgecError) as caught:
        load_target(board)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(board))


@pytest.mark.parametrize(("old", "new", "message"), [
    ('["neon"]', '["sse"]', "it must be a list of different names among avx2, avx512vnni, "
     "avxvnni, i8mm"),
    ("true", '"yes"', "key 'in_order' is 'yes'; it must be true or false"),
    ("= 8", "= 0", "key 'int8_macs_per_cycle' is 0"),
    ('title = "My core"', 'title = ""', "key 'title' is ''; it must be a line of text, not empty"),
    ("in_order = true", "in_order = true\nclock_mhz = 5", "unknown key 'clock_mhz'"),
])
def test_wrong_cpu_names_its_own_file(board: Path, old: str, new: str, message: str) -> None:
    (board.parent / "cpus/mine.toml").write_text(CPU.replace(old, new))
    with pytest.raises(TargetError) as caught:
        load_target(board)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(board.parent / "cpus/mine.toml"))


def test_names_are_sorted() -> None:
    assert list(target_names()) == sorted(target_names())
