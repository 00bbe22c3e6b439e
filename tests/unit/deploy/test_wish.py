"""From a bundle and programs, or from a manifest on a board, to what shall serve."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgec.deploy.wish import wish_for, wish_on_board
from edgec.errors import BuildError, DeployError, FormatError, UsageError
from edgec.format.bundle import read_bundle
from tests.unit.deploy.releases import TARGET, TRIPLE, elf_header, make_bundle


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    return elf_header(tmp_path / "edgec-run", TRIPLE)


def test_files_are_those_of_the_bundle_its_manifest_and_the_programs(
        tmp_path: Path, runner: Path) -> None:
    wish = wish_for(read_bundle(make_bundle(tmp_path / "net")), (runner,))
    assert {file.path for file in wish.files} == {
        "golden/input_0.npy", "golden/output_0.npy", "lowering.json", "model.edgec",
        "manifest.json", "bin/edgec-run"}
    assert {file.path for file in wish.files if file.executable} == {"bin/edgec-run"}


def test_self_test_compares_every_golden_output(tmp_path: Path, runner: Path) -> None:
    wish = wish_for(read_bundle(make_bundle(tmp_path / "net")), (runner,))
    assert wish.self_test == (
        "bin/edgec-run", "model.edgec", "--input", "golden/input_0.npy", "--expect",
        "golden/output_0.npy", "--tolerance", "0.0")


def test_release_is_named_after_bundle_and_programs(tmp_path: Path, runner: Path) -> None:
    bundle = read_bundle(make_bundle(tmp_path / "net"))
    first = wish_for(bundle, (runner,)).release
    runner.write_bytes(runner.read_bytes() + b"another build")
    second = wish_for(bundle, (runner,)).release
    assert first[:16] == second[:16] == bundle.id
    assert first != second


def test_native_bundle_without_its_program_is_refused(tmp_path: Path) -> None:
    bundle = read_bundle(make_bundle(tmp_path / "net"))
    with pytest.raises(UsageError, match="needs the program edgec-run"):
        wish_for(bundle, ())


def test_bundle_without_programs_of_another_backend_has_no_self_test(tmp_path: Path) -> None:
    bundle = read_bundle(make_bundle(tmp_path / "net", backend="tflite"))
    wish = wish_for(bundle, ())
    assert (wish.release, wish.self_test) == (bundle.id, ())
    assert "no program" in wish.no_self_test


def test_library_goes_beside_the_programs_and_the_model_is_tested(
        tmp_path: Path, runner: Path) -> None:
    library = elf_header(tmp_path / "libLiteRt.so", TRIPLE)
    bundle = read_bundle(make_bundle(tmp_path / "net", backend="tflite"))
    wish = wish_for(bundle, (runner, library))
    placed = {file.path: file.executable for file in wish.files if "/" in file.path}
    assert (placed["bin/edgec-run"], placed["lib/libLiteRt.so"]) == (True, False)
    assert wish.self_test[:2] == ("bin/edgec-run", "model.tflite")


@pytest.mark.parametrize("head", [b"#!/bin/sh\n", b"", b"\x7fELF" + bytes(14) + b"\xf3\0"])
def test_program_for_another_machine_is_refused(tmp_path: Path, head: bytes) -> None:
    (tmp_path / "edgec-run").write_bytes(head)
    bundle = read_bundle(make_bundle(tmp_path / "net"))
    with pytest.raises(BuildError, match=f"is not a program for {TRIPLE}"):
        wish_for(bundle, (tmp_path / "edgec-run",))


def test_missing_program_is_told_as_such(tmp_path: Path) -> None:
    bundle = read_bundle(make_bundle(tmp_path / "net"))
    with pytest.raises(BuildError, match="cannot be read"):
        wish_for(bundle, (tmp_path / "edgec-run",))


def test_wish_read_on_the_board_is_the_one_that_was_deployed(
        tmp_path: Path, runner: Path) -> None:
    path = make_bundle(tmp_path / "net")
    sent = wish_for(read_bundle(path), (runner,))
    back = wish_on_board(path / "manifest.json", sent.release)
    assert (back.name, back.target, back.triple) == ("net", TARGET, TRIPLE)
    assert (back.release, back.isa, back.self_test) == (sent.release, sent.isa, sent.self_test)
    assert {(file.path, file.sha256, file.bytes) for file in back.files} == {
        (file.path, file.sha256, file.bytes) for file in sent.files if not file.executable}


def test_manifest_that_was_changed_on_the_board_is_refused(tmp_path: Path) -> None:
    manifest = make_bundle(tmp_path / "net") / "manifest.json"
    release = read_bundle(manifest.parent).id
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "name": "other"}))
    with pytest.raises(DeployError, match=f"manifest of releases/{release} on the board was "):
        wish_on_board(manifest, release)


def test_manifest_on_the_board_that_leads_out_of_the_release_is_refused(tmp_path: Path) -> None:
    manifest = make_bundle(tmp_path / "net") / "manifest.json"
    data = json.loads(manifest.read_text())
    data["files"]["../../../etc/passwd"] = data["files"]["model.edgec"]
    manifest.write_text(json.dumps(data))
    with pytest.raises(FormatError):
        wish_on_board(manifest, "0" * 16)
