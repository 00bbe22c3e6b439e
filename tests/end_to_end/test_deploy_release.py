"""Deploy, roll back and look, over real transports, with the real engine on the board."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edgec.deploy.boards import Board
from edgec.deploy.execute import Progress
from edgec.deploy.plan import Options
from edgec.deploy.release import deploy, rollback, status
from edgec.errors import DeployError, StepFailed, UsageError
from tests.unit.deploy.boards_here import KINDS, board_here, root_of
from tests.unit.deploy.releases import TRIPLE, elf_header, engine_programs, make_bundle


@pytest.fixture(params=KINDS)
def board(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Board]:
    with board_here(request.param, tmp_path / "board") as made:
        yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return root_of(tmp_path / "board")


@pytest.fixture
def bundles(tmp_path: Path) -> list[Path]:
    return [make_bundle(tmp_path / f"model{seed}", seed=seed) for seed in range(5)]


def link(root: Path, name: str) -> str:
    return (root / name).readlink().name if (root / name).is_symlink() else ""


def is_tidy(root: Path) -> bool:
    return not (root / "lock").exists() and not any((root / "incoming").iterdir())


def test_first_deploy_serves_the_bundle_and_the_engine(
        board: Board, root: Path, bundles: list[Path]) -> None:
    done = deploy(board, bundles[0], engine_programs())
    current = root / "current"
    assert link(root, "current") == done.release
    assert {p.name for p in (current / "bin").iterdir()} == {"edgec-run", "edgec-bench"}
    for file in (path for path in bundles[0].rglob("*") if path.is_file()):
        assert (current / file.relative_to(bundles[0])).read_bytes() == file.read_bytes()
    assert done.self_tested
    assert done.replaced == ""
    assert is_tidy(root)


def test_second_deploy_keeps_the_first_as_previous(
        board: Board, root: Path, bundles: list[Path]) -> None:
    first = deploy(board, bundles[0], engine_programs())
    second = deploy(board, bundles[1], engine_programs())
    assert (link(root, "current"), link(root, "previous")) == (second.release, first.release)
    assert second.replaced == first.release


def test_rollback_serves_the_previous_release_and_a_second_one_undoes_it(
        board: Board, root: Path, bundles: list[Path]) -> None:
    first = deploy(board, bundles[0], engine_programs())
    second = deploy(board, bundles[1], engine_programs())
    assert rollback(board).release == first.release
    assert (link(root, "current"), link(root, "previous")) == (first.release, second.release)
    rollback(board)
    assert link(root, "current") == second.release
    assert is_tidy(root)


def test_rollback_to_a_named_release_serves_it(
        board: Board, root: Path, bundles: list[Path]) -> None:
    releases = [deploy(board, bundle, engine_programs()).release for bundle in bundles[:3]]
    rollback(board, to=releases[0])
    assert link(root, "current") == releases[0]


def test_rollback_without_a_previous_release_names_what_there_is(
        board: Board, bundles: list[Path]) -> None:
    done = deploy(board, bundles[0], engine_programs())
    with pytest.raises(UsageError, match=f"no previous release.*{done.release}"):
        rollback(board)


def test_rollback_to_a_damaged_release_is_refused(
        board: Board, root: Path, bundles: list[Path]) -> None:
    first = deploy(board, bundles[0], engine_programs())
    second = deploy(board, bundles[1], engine_programs())
    with (root / "previous" / "model.edgec").open("r+b") as file:
        file.write(b"damage")
    with pytest.raises(StepFailed, match=r"verify.*model\.edgec: FAILED") as caught:
        rollback(board)
    assert f"releases/{second.release} still serves" in str(caught.value)
    assert link(root, "current") == second.release != first.release


def test_deploy_of_what_is_there_uploads_nothing_and_serves_it(
        board: Board, root: Path, bundles: list[Path]) -> None:
    first = deploy(board, bundles[0], engine_programs())
    deploy(board, bundles[1], engine_programs())
    again = deploy(board, bundles[0], engine_programs())
    assert again.release == first.release
    assert not any(step.startswith("upload") for step in again.steps)
    assert link(root, "current") == first.release


def test_deploy_of_a_release_that_is_damaged_on_the_board_replaces_it(
        board: Board, root: Path, bundles: list[Path]) -> None:
    deploy(board, bundles[0], engine_programs())
    model = root / "current" / "model.edgec"
    model.write_bytes(b"bit rot")
    done = deploy(board, bundles[0], engine_programs())
    assert any("damaged" in note for note in done.notes)
    assert model.read_bytes() == (bundles[0] / "model.edgec").read_bytes()
    assert is_tidy(root)


def test_only_three_releases_are_kept(board: Board, root: Path, bundles: list[Path]) -> None:
    releases = [deploy(board, bundle, engine_programs()).release for bundle in bundles]
    kept = {path.name for path in (root / "releases").iterdir()}
    assert len(kept) == 3
    assert kept >= set(releases[-2:])


def test_dry_run_tells_every_step_and_changes_nothing(
        board: Board, root: Path, bundles: list[Path]) -> None:
    done = deploy(board, bundles[0], engine_programs(), Options(dry_run=True))
    assert done.dry_run
    assert [step.split(":")[0] for step in done.steps if not step.startswith("upload")] == [
        "space", "lock", "prepare", "verify", "sync", "install", "self-test", "switch", "unlock"]
    assert not root.exists()


def test_failed_self_test_keeps_the_old_release_and_discards_the_new_one(
        board: Board, root: Path, bundles: list[Path], tmp_path: Path) -> None:
    first = deploy(board, bundles[0], engine_programs())
    wrong = make_bundle(tmp_path / "wrong", wrong=True)
    with pytest.raises(StepFailed, match=r"self-test.*ended with exit 2") as caught:
        deploy(board, wrong, engine_programs())
    assert "computes something else than the reference" in str(caught.value)
    assert f"releases/{first.release} still serves" in str(caught.value)
    assert [path.name for path in (root / "releases").iterdir()] == [first.release]
    assert link(root, "current") == first.release
    assert is_tidy(root)


def test_file_that_changes_on_the_way_is_found_by_its_sha256(
        board: Board, root: Path, bundles: list[Path]) -> None:
    first = deploy(board, bundles[0], engine_programs())

    def damage(progress: Progress) -> None:
        if progress.step.kind == "verify":
            (model,) = root.glob("incoming/*/model.edgec")
            with model.open("r+b") as file:
                file.write(b"\0")

    with pytest.raises(StepFailed, match=r"verify[^$]*model\.edgec: FAILED"):
        deploy(board, bundles[1], engine_programs(), report=damage)
    assert link(root, "current") == first.release
    assert is_tidy(root)


def test_bundle_for_another_architecture_is_refused_before_anything_is_touched(
        board: Board, root: Path, tmp_path: Path) -> None:
    other = "armv7"
    bundle = make_bundle(tmp_path / "other", triple=other)
    with pytest.raises(DeployError, match=f"is for {other}.*Lower the model for a target with "
                                          f"triple {TRIPLE}"):
        deploy(board, bundle, (elf_header(tmp_path / "edgec-run", other),))
    assert not root.exists()


def test_bundle_without_programs_is_deployed_and_the_plan_says_that_it_is_not_self_tested(
        board: Board, root: Path, tmp_path: Path) -> None:
    done = deploy(board, make_bundle(tmp_path / "model", backend="tflite"), ())
    assert not done.self_tested
    assert any("none on the board" in step and "no program" in step for step in done.steps)
    assert (root / "current" / "model.tflite").is_file()


def test_interrupted_deploy_gives_the_lock_back_and_leaves_nothing(
        board: Board, root: Path, bundles: list[Path]) -> None:
    def interrupt(progress: Progress) -> None:
        if progress.step.kind == "sync":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deploy(board, bundles[0], engine_programs(), report=interrupt)
    assert is_tidy(root)
    assert not any((root / "releases").iterdir())


def test_status_of_a_fresh_board_says_what_it_is(board: Board) -> None:
    found = status(board)
    assert (found.facts.triple, found.facts.current, found.name) == (TRIPLE, "", "")
    assert found.facts.cores > 0


def test_status_names_the_model_that_serves(board: Board, bundles: list[Path]) -> None:
    done = deploy(board, bundles[0], engine_programs())
    found = status(board)
    assert (found.name, found.facts.current, found.fault) == ("model0", done.release, "")


def test_status_of_a_release_with_a_changed_manifest_says_so(
        board: Board, root: Path, bundles: list[Path]) -> None:
    deploy(board, bundles[0], engine_programs())
    manifest = root / "current" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "name": "another"}))
    assert "manifest" in status(board).fault


def test_another_build_of_the_engine_is_another_release(
        board: Board, bundles: list[Path], tmp_path: Path) -> None:
    rebuilt = tmp_path / "rebuilt" / "edgec-run"
    rebuilt.parent.mkdir()
    shutil.copy(engine_programs()[0], rebuilt)
    with rebuilt.open("ab") as file:
        file.write(b"another build")
    first = deploy(board, bundles[0], engine_programs()[:1])
    second = deploy(board, bundles[0], (rebuilt,))
    assert first.release != second.release
    assert first.release[:16] == second.release[:16]


def test_root_that_the_user_may_not_write_is_refused(
        board: Board, bundles: list[Path]) -> None:
    with pytest.raises(DeployError, match=r"may not write|too full"):  # /proc is both
        deploy(replace(board, root="/proc/edgec"), bundles[0], engine_programs())
