"""One process at a time in a folder of results: two would overwrite each other's files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edgec.errors import UsageError

_NAME = ".in_use"


@contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Makes the folder and holds it; UsageError when another process does, or it cannot be made.

    The system lets go of it when the process ends, however it ends; the file itself stays. A
    folder made here goes again when an error comes before anything lies in it.
    """
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / _NAME).open("a+")
    except OSError as error:
        raise UsageError(f"cannot write in the folder {folder}: {error.strerror}. Choose another "
                         "one.") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UsageError(f"process {file.read().strip() or '?'} is at work in {folder}. Wait "
                             "until it has ended, end it, or give another folder.") from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        try:
            yield
        except BaseException:
            if made and [path.name for path in folder.iterdir()] == [_NAME]:
                (folder / _NAME).unlink()
                folder.rmdir()
            raise
