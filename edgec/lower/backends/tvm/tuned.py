"""The folder of `edgec tune`: TVM's database of measured schedules, and what it is of."""

from __future__ import annotations

from pathlib import Path

from edgec.errors import UsageError

WORKLOADS, RECORDS = "database_workload.json", "database_tuning_record.json"  # TVM's own names


def read_tuning(folder: str | None) -> tuple[str, str] | None:
    """Workloads and records; UsageError when the folder has none."""
    if folder is None:
        return None
    files = [Path(folder) / name for name in (WORKLOADS, RECORDS)]
    missing = [path.name for path in files if not path.is_file()]
    if missing:
        raise UsageError(f"--tuning {folder}: there is no {' and no '.join(missing)}. Make the "
                         f"folder with `edgec tune MODEL --target T -o {folder}`.")
    workloads, records = (path.read_text(errors="replace") for path in files)
    return workloads, records
