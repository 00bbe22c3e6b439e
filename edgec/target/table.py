"""A TOML table, read strictly: every key is checked, and a key that nobody asked for is refused.

A message names the file, the key, what was found and what is allowed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from edgec.errors import TargetError

_MAX_FILE_BYTES = 1 << 20
_MISSING = object()


class Table:
    """One table of a TOML file; read the keys, then call `close`."""

    def __init__(self, file: str, data: dict[str, Any], name: str = "") -> None:
        self.where = f"{file} [{name}]" if name else file
        self._file, self._name, self._data = file, name, data
        self._asked: list[str] = []

    @classmethod
    def read(cls, path: Path) -> Table:
        """The top table of the file `path`; TargetError when it cannot be read or is not TOML."""
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise TargetError(f"{path}: cannot be read ({error.strerror}).") from None
        if len(raw) > _MAX_FILE_BYTES:
            raise TargetError(f"{path}: {len(raw)} bytes; at most {_MAX_FILE_BYTES} are allowed.")
        try:
            return cls(str(path), tomllib.loads(raw.decode()))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise TargetError(f"{path}: is not a TOML file: {error}.") from None

    def present(self) -> tuple[str, ...]:
        """The keys that the file has in this table."""
        return tuple(self._data)

    def fail(self, key: str, allowed: str) -> TargetError:
        """The error that says what `key` holds and what it may hold."""
        found = self._data.get(key, _MISSING)
        if found is _MISSING:
            return TargetError(f"{self.where}: key {key!r} is missing; it must be {allowed}.")
        return TargetError(f"{self.where}: key {key!r} is {found!r}; it must be {allowed}.")

    def _take(self, key: str, default: Any, kind: type, allowed: str) -> Any:
        self._asked.append(key)
        value = self._data.get(key, default)
        if value is _MISSING or (key in self._data and type(value) is not kind):
            raise self.fail(key, allowed)
        return value

    def text(self, key: str, default: Any = _MISSING, pattern: str = r"[^\x00-\x1f\x7f]+",
             allowed: str = "a line of text, not empty") -> Any:
        """A string that matches `pattern` whole, or `default` when the key is absent."""
        value = self._take(key, default, str, allowed)
        if key in self._data and not re.fullmatch(pattern, value):
            raise self.fail(key, allowed)
        return value

    def choice(self, key: str, among: Collection[str], default: Any = _MISSING) -> str:
        """One of the strings in `among`."""
        allowed = "one of " + ", ".join(sorted(among))
        value: str = self._take(key, default, str, allowed)
        if value not in among:
            raise self.fail(key, allowed)
        return value

    def integer(self, key: str, low: int, high: int, default: Any = _MISSING) -> int:
        """An integer from `low` to `high`, both included."""
        allowed = f"an integer from {low} to {high}"
        value: int = self._take(key, default, int, allowed)
        if not low <= value <= high:
            raise self.fail(key, allowed)
        return value

    def flag(self, key: str) -> bool:
        """True or false."""
        return bool(self._take(key, _MISSING, bool, "true or false"))

    def names(self, key: str, among: Collection[str] | None = None) -> tuple[str, ...]:
        """A list of different lower-case names, each in `among` when it is given."""
        allowed = ("a list of different names" if among is None
                   else "a list of different names among " + ", ".join(sorted(among)))
        value = self._take(key, _MISSING, list, allowed)
        for name in value:
            legal = isinstance(name, str) and re.fullmatch(r"[a-z][a-z0-9_]*", name)
            if not legal or (among is not None and name not in among):
                raise self.fail(key, allowed)
        if len(set(value)) != len(value):
            raise self.fail(key, allowed)
        return tuple(value)

    def table(self, key: str) -> Table:
        """The table below `key`, which must be there."""
        name = f"{self._name}.{key}" if self._name else key
        return Table(self._file, self._take(key, _MISSING, dict, f"a table [{name}]"), name)

    def optional_table(self, key: str) -> Table | None:
        """The table below `key`, or None when the key is absent."""
        self._asked.append(key)
        return self.table(key) if key in self._data else None

    def close(self) -> None:
        """TargetError when the table has a key that nobody asked for."""
        for key in self._data:
            if key not in self._asked:
                close = get_close_matches(key, self._asked, n=1)
                hint = f"; did you mean {close[0]!r}?" if close else "."
                raise TargetError(f"{self.where}: unknown key {key!r}{hint} "
                                  f"Known keys: {', '.join(sorted(set(self._asked)))}.")
