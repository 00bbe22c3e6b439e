"""manifest.json of a bundle: read and written against manifest.schema.json."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from edgec.errors import FormatError

SCHEMA = "edgec-bundle/1"
LIMIT_BYTES = 2**20


def load(path: Path) -> tuple[bytes, dict[str, Any]]:
    """(its bytes, its checked content); FormatError."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(LIMIT_BYTES + 1)
    except OSError as error:
        raise FormatError(f"{path.parent} is not a bundle: cannot read {path.name} "
                          f"({error.strerror}). Give the directory that `edgec lower` wrote."
                          ) from error
    if len(raw) > LIMIT_BYTES:
        raise FormatError(f"the manifest {path} is larger than {LIMIT_BYTES} bytes, the most that "
                          "is allowed. Lower the model again.")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"the manifest {path} is not JSON ({error}). Lower the model again."
                          ) from error
    _check(data, str(path))
    checked: dict[str, Any] = data
    return raw, checked


def render(data: dict[str, Any], where: str) -> bytes:
    """The bytes of a manifest, which is checked first; the same data gives the same bytes."""
    _check(data, where)
    return (json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _check(data: object, where: str) -> None:
    error = next(iter(sorted(_validator().iter_errors(data), key=lambda e: list(map(str, e.path)))),
                 None)
    if error is not None:
        field = "/".join(map(str, error.absolute_path)) or "the top level"
        raise FormatError(f"the manifest {where} is malformed at {field}: {error.message[:200]}. "
                          "Lower the model again.")


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(Path(__file__).with_name("manifest.schema.json").read_text("utf-8"))
    return Draft202012Validator(schema)
