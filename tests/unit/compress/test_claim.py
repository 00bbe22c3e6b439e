"""Two processes in one folder of results."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edgec.compress.claim import claim
from edgec.errors import UsageError


def test_the_second_one_is_told_who_the_first_is(tmp_path: Path) -> None:
    refusal = rf"process {os.getpid()} is at work in .*out\. Wait until"
    with (claim(tmp_path / "out"), pytest.raises(UsageError, match=refusal),
          claim(tmp_path / "out")):
        pass


def test_it_is_free_again_when_the_first_was_killed(tmp_path: Path) -> None:
    program = ("import os, pathlib, sys; from edgec.compress.claim import claim\n"
               "with claim(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), 9)")
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)
    assert done.returncode == -9
    with claim(tmp_path):
        pass


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (pytest.raises(UsageError, match=r"cannot write in the folder .*file: "),
          claim(tmp_path / "file")):
        pass


class Failure(Exception):
    """Of the work in a claimed folder."""


def fail_in(folder: Path, *files: str) -> bool:
    """Whether the folder is there after work that wrote `files` and failed."""
    with pytest.raises(Failure), claim(folder):
        fail_after_writing([folder / name for name in files])
    return folder.exists()


def fail_after_writing(files: list[Path]) -> None:
    for file in files:
        file.write_text("")
    raise Failure


def test_an_error_leaves_a_folder_that_was_there_or_holds_something(tmp_path: Path) -> None:
    assert fail_in(tmp_path)
    assert fail_in(tmp_path / "full", "result")
    assert not fail_in(tmp_path / "empty")
