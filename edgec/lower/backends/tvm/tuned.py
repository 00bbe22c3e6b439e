"""The folder of `edgec tune`: TVM's database of measured schedules, and what to make of it.

Beside TVM's two files, of a JSON value per line, is DEFAULTS: seconds that our default loops take,
by workload. A record that is no faster than those is not used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgec.atomic import write_file
from edgec.errors import UsageError

WORKLOADS, RECORDS = "database_workload.json", "database_tuning_record.json"  # TVM's own names
DEFAULTS = "defaults.json"


def read_tuning(folder: str | None) -> tuple[str, str] | None:
    """Workloads, and the records that are faster than our defaults; UsageError when the folder is
    not one of `edgec tune`."""
    if folder is None:
        return None
    path = Path(folder)
    missing = [name for name in (WORKLOADS, RECORDS, DEFAULTS) if not (path / name).is_file()]
    if missing:
        raise UsageError(f"--tuning {folder}: there is no {' and no '.join(missing)}. Make the "
                         f"folder with `edgec tune MODEL --target T -o {folder}`.")
    try:
        workloads, records = (_lines(path / name) for name in (WORKLOADS, RECORDS))
        defaults = json.loads((path / DEFAULTS).read_text())
        hashes = [json.loads(line)[0] for line in workloads]
        faster = [line for line in records if _faster(json.loads(line), hashes, defaults)]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"--tuning {folder} is damaged: {error}. Delete it, and tune again."
                         ) from None
    return "".join(workloads), "".join(faster)


def _faster(record: Any, hashes: list[str], defaults: Mapping[str, float]) -> bool:
    index, (_, seconds, *_) = record
    return bool(sum(seconds) / len(seconds) < defaults.get(hashes[index], 0.0))


def repair(folder: Path) -> None:
    """Removes a last line that a killed process had begun."""
    for path in (folder / WORKLOADS, folder / RECORDS):
        if path.is_file():
            write_file(path, "".join(_lines(path)).encode())


def _lines(path: Path) -> list[str]:
    """The whole lines."""
    lines = path.read_text(errors="replace").splitlines(keepends=True)
    return [line for line in lines if line.endswith("\n")]
