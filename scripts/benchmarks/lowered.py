"""Models compiled by `edgec lower`, kept for as long as neither model nor compiler changes."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.networks import cache_folder
from edgec.errors import LoweringError
from edgec.target.toolchain import source_folder


def lowered(model: Path, target: str, backend: str = "native") -> Path:
    """The artifact of `model` for `target`: made now unless it was before.

    An .edgec file is its own artifact. LoweringError holds the end of what `edgec lower` printed.
    """
    if model.suffix == ".edgec":
        return model
    folder = cache_folder() / "lowered"
    bundle = folder / f"{model.stem}-{target}-{backend}-{_fingerprint(model)}"
    if not bundle.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        partial = bundle.with_name(f"{bundle.name}.{os.getpid()}")
        lower(source_folder(), model, partial, target, backend)
        if bundle.is_dir():  # somebody else was faster
            shutil.rmtree(partial)
        else:
            partial.rename(bundle)
    return artifact(bundle)


def lower(source: Path, model: Path, bundle: Path, target: str, backend: str = "native") -> None:
    """Runs `edgec lower` of the checkout at `source`."""
    command = [sys.executable, "-m", "edgec", "lower", str(model.resolve()), "--target", target,
               "--backend", backend, "--output", str(bundle)]
    done = subprocess.run(command, cwd=source, env={**os.environ, "PYTHONPATH": str(source)},
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LoweringError(f"{model} could not be lowered for {target}: "
                            f"{(done.stderr or done.stdout).strip()[-1000:]}")


def artifact(bundle: Path) -> Path:
    """The file of a bundle that a runtime loads."""
    return next(bundle.glob("model.*"))


def _fingerprint(model: Path) -> str:
    """12 hex digits over the model and the compiler's sources."""
    digest = hashlib.sha256(model.read_bytes())
    source = source_folder()
    for pattern in ("edgec/**/*.py", "targets/**/*.toml"):
        for path in sorted(source.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
