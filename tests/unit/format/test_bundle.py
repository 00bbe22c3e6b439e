"""Bundles: whole or not at all, and refused after any change."""

from __future__ import annotations

import dataclasses
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgec.errors import FormatError
from edgec.format import BundleContents, Port, read_bundle, write_bundle
from edgec.provenance import sha256_of, tool_versions

CONTENTS = BundleContents(
    "kws", "native", "raspberry_pi_4", "aarch64", "model.edgec", b"\x89EDGEC\r\n...",
    (Port("audio", "f32", (1, 49, 10)),), (Port("scores", "s8", (1, 12)), Port("n", "s64", ())),
    (np.zeros((1, 49, 10), np.float32),), (np.arange(12, dtype=np.int8)[None], np.asarray(7)),
    tolerance=1e-4, lowering={"nodes": [{"name": "conv", "op": "conv2d"}], "arena_bytes": 64},
    lock_inputs={"kws.onnx": "ab" * 32}, lock_tools={"python": "3.11.7"},
    command=("edgec", "lower", "kws.onnx"))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "kws.bundle", CONTENTS).path


def edited(path: Path, **changes: Any) -> Path:
    """The bundle with other values in its manifest."""
    manifest = json.loads((path / "manifest.json").read_text())
    manifest.update(changes)
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


def test_read_bundle_gives_back_what_was_written(bundle: Path) -> None:
    back = read_bundle(bundle)
    for field in ("name", "backend", "target", "triple", "artifact", "inputs", "outputs",
                  "tolerance", "command", "chosen"):
        assert getattr(back, field) == getattr(CONTENTS, field), field
    assert back.artifact_path.read_bytes() == CONTENTS.artifact_bytes
    assert back.lock == {"inputs": CONTENTS.lock_inputs, "tools": CONTENTS.lock_tools}
    assert back.lowering() == CONTENTS.lowering
    for path, array in zip((*back.golden_inputs, *back.golden_outputs),
                           (*CONTENTS.golden_inputs, *CONTENTS.golden_outputs), strict=True):
        loaded = np.load(path, allow_pickle=False)
        np.testing.assert_array_equal(loaded, array)
        assert loaded.shape == array.shape


def test_how_the_backend_was_chosen_is_in_the_manifest(tmp_path: Path) -> None:
    chosen = {"reason": "the lowest median", "refused": {"tvm": "no linker"},
              "measured_on": {"name": "line3", "where": "line3 (pi@host:22)", "cpu": "Pi 4"},
              "rows": [{"backend": "native", "artifact_bytes": 64, "median_us": 3.5, "ratio": 1.0,
                        "rounds_us": [3.5]}]}
    contents = dataclasses.replace(CONTENTS, chosen=chosen)
    assert write_bundle(tmp_path / "b", contents).chosen == chosen


@pytest.mark.parametrize("chosen", [{}, {"reason": "x", "measured_on": {}, "rows": [],
                                         "refused": {}}, "native"])
def test_choice_without_its_numbers_is_refused(bundle: Path, chosen: object) -> None:
    with pytest.raises(FormatError, match="malformed at chosen"):
        read_bundle(edited(bundle, chosen=chosen))


def test_bundle_id_is_the_start_of_the_manifests_sha256(bundle: Path) -> None:
    digest = sha256((bundle / "manifest.json").read_bytes()).hexdigest()
    assert read_bundle(bundle).id == digest[:16]


def test_write_bundle_same_contents_give_same_id(bundle: Path, tmp_path: Path) -> None:
    assert write_bundle(tmp_path / "again", CONTENTS).id == read_bundle(bundle).id


def test_write_bundle_replaces_a_bundle_and_leaves_nothing_else(bundle: Path) -> None:
    other = dataclasses.replace(CONTENTS, artifact_bytes=b"new", artifact="new.edgec")
    assert write_bundle(bundle, other).artifact_path.read_bytes() == b"new"
    assert not (bundle / "model.edgec").exists()
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]


def test_write_bundle_into_an_empty_directory_is_fine(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert write_bundle(tmp_path / "empty", CONTENTS).name == "kws"


def test_write_bundle_refuses_to_replace_anything_else(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"cat")
    with pytest.raises(FormatError, match="holds something that is not a bundle"):
        write_bundle(tmp_path / "photos", CONTENTS)
    assert [p.name for p in (tmp_path / "photos").iterdir()] == ["cat.jpg"]
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FormatError, match="a file or link of that name"):
        write_bundle(tmp_path / "file", CONTENTS)


def test_write_bundle_that_fails_leaves_the_old_one_and_no_rest(
        bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, rename = read_bundle(bundle).id, Path.rename

    def full(self: Path, target: Path) -> Path:
        if target == bundle and not self.name.endswith(".old"):
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(FormatError, match="No space left on device"):
        write_bundle(bundle, dataclasses.replace(CONTENTS, artifact_bytes=b"new"))
    assert read_bundle(bundle).id == before
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]


@pytest.mark.parametrize("name", ["model.edgec", "lowering.json", "golden/input_0.npy",
                                  "golden/output_1.npy"])
def test_read_bundle_changed_file_is_refused(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[-1] ^= 1
    (bundle / name).write_bytes(data)
    with pytest.raises(FormatError, match="changed after lowering"):
        read_bundle(bundle)


def test_read_bundle_longer_file_is_refused(bundle: Path) -> None:
    with (bundle / "model.edgec").open("ab") as stream:
        stream.write(b"!")
    with pytest.raises(FormatError, match="its manifest says 11"):
        read_bundle(bundle)


def test_read_bundle_missing_file_is_refused(bundle: Path) -> None:
    (bundle / "model.edgec").unlink()
    with pytest.raises(FormatError, match=r"lacks the file 'model\.edgec'"):
        read_bundle(bundle)


def test_read_bundle_link_is_refused(bundle: Path, tmp_path: Path) -> None:
    (bundle / "golden").rename(tmp_path / "elsewhere")
    (bundle / "golden").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(FormatError, match="or it is a link"):
        read_bundle(bundle)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "a\\..\\b", ".hidden",
                                  "a//b", "", "a/", "-rf", "a\n"])
def test_read_bundle_path_outside_is_refused(bundle: Path, name: str) -> None:
    files = json.loads((bundle / "manifest.json").read_text())["files"]
    files[name] = {"sha256": "0" * 64, "bytes": 0}
    with pytest.raises(FormatError, match="malformed at files"):
        read_bundle(edited(bundle, files=files))
    with pytest.raises(FormatError, match="malformed at artifact"):
        read_bundle(edited(bundle, files={"a": {"sha256": "0" * 64, "bytes": 0}}, artifact=name))


@pytest.mark.parametrize(("changes", "message"), [
    ({"schema": "edgec-bundle/2"}, "malformed at schema"),
    ({"triple": "mips"}, "malformed at triple"),
    ({"inputs": []}, "malformed at inputs"),
    ({"golden": {"tolerance": -1}}, "malformed at golden/tolerance"),
    ({"extra": 1}, "malformed at the top level"),
    ({"artifact": "other.edgec"}, r"does not list 'other\.edgec'"),
    ({"outputs": [{"name": "y", "dtype": "s8", "shape": [1]}] * 3},
     "does not list 'golden/output_2"),
])
def test_read_bundle_malformed_manifest_is_refused(bundle: Path, changes: dict[str, Any],
                                                   message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_bundle(edited(bundle, **changes))


@pytest.mark.parametrize("text", ["", "not JSON", "[" * 100000, "[]", "\ufeff{}"])
def test_read_bundle_manifest_that_is_no_object_is_refused(bundle: Path, text: str) -> None:
    (bundle / "manifest.json").write_text(text)
    with pytest.raises(FormatError, match=r"is not JSON|malformed at"):
        read_bundle(bundle)


def test_read_bundle_huge_manifest_is_refused(bundle: Path) -> None:
    (bundle / "manifest.json").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(FormatError, match="larger than 1048576 bytes"):
        read_bundle(bundle)


def test_read_bundle_of_something_else_says_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match=r"is not a bundle: cannot read manifest\.json"):
        read_bundle(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_write_bundle_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(FormatError, match="Permission denied"):
        write_bundle(tmp_path / "b", CONTENTS)


def test_lock_names_installed_tools_and_hashes_files(tmp_path: Path) -> None:
    versions = tool_versions(("numpy", "no-such-package"))
    assert versions["numpy"] == np.__version__
    assert set(versions) == {"python", "numpy"}
    (tmp_path / "f").write_bytes(b"abc")
    assert sha256_of(tmp_path / "f") == sha256(b"abc").hexdigest()
