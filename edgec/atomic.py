"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from edgec.errors import UsageError


def write_file(path: Path, data: bytes) -> None:
    """Writes `data` to `path`; UsageError when it cannot, and then nothing has changed there."""
    try:
        replace_file(path, data)
    except OSError as error:
        raise UsageError(f"Cannot write {path}: {error.strerror or error}. Nothing was changed "
                         "there; make room or choose another place.") from None


def replace_file(path: Path, data: bytes) -> None:
    """Writes `data` to `path` by way of a temporary file beside it; OSError when it cannot.

    A reader sees the old file or the whole new one; a failure leaves the old one.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
