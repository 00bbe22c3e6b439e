"""`package.module:callable`: how a user names a model or data that Python code makes."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def is_callable_spec(spec: str | Path) -> bool:
    """Whether `spec` reads as package.module:callable and not as a file."""
    module, colon, name = str(spec).partition(":")
    return (bool(colon) and name.isidentifier()
            and all(part.isidentifier() for part in module.split("."))
            and not Path(spec).exists())


def load_callable(spec: str, error: type[Exception]) -> Any:
    """The callable that `package.module:callable` names; raises `error` when there is none.

    The working directory is searched too, as `python -m` does.
    """
    module_name, _, name = spec.partition(":")
    with _working_directory_on_path():
        try:
            module = importlib.import_module(module_name)
        except ImportError as cause:
            raise error(f"cannot import the module {module_name!r} of {spec!r}: {cause}. Run from "
                        "the folder that holds it, or set PYTHONPATH.") from cause
        except (ValueError, TypeError, SyntaxError) as cause:
            raise error(f"cannot import the module {module_name!r} of {spec!r}: "
                        f"{cause}.") from cause
    found = getattr(module, name, None)
    if not callable(found):
        names = sorted(key for key, value in vars(module).items()
                       if callable(value) and not key.startswith("_"))
        raise error(f"{module_name} has no callable {name!r}. "
                    f"It has: {', '.join(names) or 'none'}.")
    return found


@contextlib.contextmanager
def _working_directory_on_path() -> Iterator[None]:
    folder = os.getcwd()
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
