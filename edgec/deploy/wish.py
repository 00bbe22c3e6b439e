"""What shall serve on a board: from a bundle and the engine's programs, or from a release there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from edgec.deploy.elf import read_elf
from edgec.deploy.plan import Need, Wish
from edgec.deploy.steps import WishedFile
from edgec.errors import BuildError, DeployError, UnknownName, UsageError
from edgec.format import manifest as manifests
from edgec.format.bundle import ANSWERS, MANIFEST, Bundle
from edgec.provenance import sha256_of
from edgec.target.target import load_target

_RUNNER = "edgec-run"
_NO_PROGRAM = "no program that runs the model comes with it"


def wish_for(bundle: Bundle, engine: Sequence[Path]) -> Wish:
    """The release made of `bundle` and `engine`: edgec-run, edgec-bench, libraries (*.so*).

    Its name is the bundle's id and, with programs, 8 hex digits of theirs: another build of the
    engine is another release. UsageError when a native bundle comes without edgec-run; BuildError
    when a program is for another architecture than the bundle.
    """
    loaded = [program(path, bundle.triple) for path in sorted(engine)]
    programs = tuple(file for file, _needs in loaded)
    manifest = bundle.path / MANIFEST
    files = (*(WishedFile(name, entry.sha256, entry.bytes, bundle.path / name)
               for name, entry in sorted(bundle.files.items())),
             WishedFile(MANIFEST, sha256_of(manifest), manifest.stat().st_size, manifest),
             *programs)
    if len({file.path for file in files}) != len(files):
        raise UsageError(f"the bundle {bundle.path} has files of its own in bin/ or lib/, where "
                         "the engine goes. Rename them.")
    runs = f"bin/{_RUNNER}" in {file.path for file in programs}
    if bundle.backend == "native" and not runs:
        raise UsageError(f"the bundle {bundle.path} needs the program {_RUNNER} for "
                         f"{bundle.triple} beside it on the board; none was given.")
    release = bundle.id
    if programs:
        sums = "".join(f"{file.path} {file.sha256}\n" for file in programs)
        release += "-" + hashlib.sha256(sums.encode()).hexdigest()[:8]
    return Wish(name=bundle.name, release=release, target=bundle.target, triple=bundle.triple,
                isa=_isa(bundle.target), files=files,
                self_test=_self_test(bundle) if runs else (),
                no_self_test="" if runs else _NO_PROGRAM,
                needs=tuple(need for _file, needs in loaded for need in needs))


def wish_on_board(manifest: Path, release: str) -> Wish:
    """The wish for a release that is on the board: `manifest` is a copy of its manifest.json.

    DeployError when that is not the manifest that the release was named after.
    """
    raw, data = manifests.load(manifest)
    digest = hashlib.sha256(raw).hexdigest()
    if not release.startswith(digest[:16]):
        raise DeployError(f"the manifest of releases/{release} on the board was changed: its "
                          f"sha256 starts with {digest[:16]}. Deploy that bundle again.")
    files = (*(WishedFile(name, entry["sha256"], entry["bytes"])
               for name, entry in sorted(data["files"].items())),
             WishedFile(MANIFEST, digest, len(raw)))
    runs = data["backend"] == "native" or "-" in release  # which names its programs
    test = _command(data["artifact"], len(data["inputs"]), len(data["outputs"]),
                    float(data["golden"]["tolerance"]), ANSWERS in data["files"])
    return Wish(name=data["name"], release=release, target=data["target"], triple=data["triple"],
                isa=_isa(data["target"]), files=files, self_test=test if runs else (),
                no_self_test="" if runs else _NO_PROGRAM)


def sums(files: Sequence[WishedFile]) -> Mapping[str, str]:
    """Path to sha256, as `read_facts` wants it."""
    return {file.path: file.sha256 for file in files}


def program(path: Path, triple: str) -> tuple[WishedFile, tuple[Need, ...]]:
    """A program goes to bin/, a library to lib/, where edgec-run looks for it; with what it needs.

    BuildError when it is for another machine.
    """
    try:
        elf = read_elf(path)
        size = path.stat().st_size
    except OSError as error:
        raise BuildError(f"{path}: the engine's program cannot be read ({error.strerror}). "
                         "Build the engine again.") from None
    if elf is None or elf.triple != triple:
        raise BuildError(f"{path} is not a program for {triple}, which is needed. Build it "
                         f"for {triple}.")
    library = ".so" in path.name
    file = WishedFile(f"{'lib' if library else 'bin'}/{path.name}", sha256_of(path), size, path,
                      executable=not library)
    return file, tuple(Need(file.path, name, version) for name, version in elf.needs.items())


def _self_test(bundle: Bundle) -> tuple[str, ...]:
    return _command(bundle.artifact, len(bundle.inputs), len(bundle.outputs), bundle.tolerance,
                    ANSWERS in bundle.files)


def _command(artifact: str, inputs: int, outputs: int, tolerance: float,
             exits: bool) -> tuple[str, ...]:
    words = [f"bin/{_RUNNER}", artifact]
    for index in range(inputs):
        words += ["--input", f"golden/input_{index}.npy"]
    for index in range(outputs):
        words += ["--expect", f"golden/output_{index}.npy"]
    words += ["--expect-answers", ANSWERS] if exits else []
    return (*words, "--tolerance", repr(tolerance))


def _isa(target: str) -> tuple[str, ...]:
    """What the target's CPU has; () for a target that is not in our folder."""
    try:
        return load_target(target).cpu.isa
    except UnknownName:
        return ()
