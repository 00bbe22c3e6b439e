"""What something was made from: hashes of the inputs, versions of the tools."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable
from hashlib import file_digest, sha256
from importlib import metadata
from pathlib import Path
from typing import Any

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


def sha256_of_json(document: Any) -> str:
    """The sha256 of plain values, the same whatever the order of keys."""
    return sha256(json.dumps(document, sort_keys=True, allow_nan=False).encode()).hexdigest()
