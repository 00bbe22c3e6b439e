"""Results as lines of JSON in a file: what is there is not run again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from edgec.atomic import write_file

Key = Mapping[str, Any]


class Results:
    """Rows of one experiment; a row is what identifies a run and what came out of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = path.read_text() if path.is_file() else ""
        whole = text[:text.rfind("\n") + 1]  # an interrupted run may have left part of a line
        if whole != text:
            write_file(path, whole.encode())
        self.rows: list[dict[str, Any]] = [json.loads(line) for line in whole.splitlines()]

    def get(self, key: Key, run: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
        """The row with this key; runs, appends and prints it when there is none yet."""
        for row in self.rows:
            if all(row.get(name) == value for name, value in key.items()):
                return row
        row = {**key, **run()}
        with self.path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        self.rows.append(row)
        print(json.dumps(row), flush=True)
        return row
