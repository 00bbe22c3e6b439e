"""What a bundle was made from: hashes of its inputs and versions of its tools."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from hashlib import file_digest
from importlib import metadata
from pathlib import Path

TOOLS = ("edgec", "numpy", "onnx", "onnxruntime", "torch")


def sha256_of(path: Path) -> str:
    """The file's sha256, hexadecimal."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def tool_versions(packages: Iterable[str] = TOOLS) -> dict[str, str]:
    """Versions of Python and of those of `packages` that are installed, by name."""
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
