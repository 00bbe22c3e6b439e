"""Results on disk, a file for each run: whatever was finished is found again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from edgec.atomic import write_file
from edgec.compress.order.perform import Bench, Result
from edgec.compress.order.plan import Run
from edgec.compress.order.workers import Workers
from edgec.errors import UsageError

Watch = Callable[[int, int, str], None]
"""Told after every run: how many are done, of how many, and which one it was."""


class Store:
    """The results of one bench in `folder`/runs; results of another bench are not taken."""

    def __init__(self, folder: Path, bench: Bench) -> None:
        self.folder, self.bench, self.bench_sha256 = folder, bench, bench.sha256()
        try:
            (folder / "runs").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"cannot make the folder {folder}: "
                             f"{error.strerror or error}.") from None

    @property
    def stages(self) -> Path:
        """Where runs leave models for each other."""
        return self.folder / "stages"

    def find(self, run: Run) -> Result | None:
        """What an earlier call kept; None when there is none or the file is damaged."""
        try:
            document = json.loads(self._path(run.key).read_text())
            result = Result.from_json(document["result"])
        except (OSError, ValueError, TypeError, KeyError):
            return None
        same = document.get("bench") == self.bench_sha256 and result.key == run.key
        return result if same else None

    def complete(self, runs: Iterable[Run], workers: Workers,
                 watch: Watch) -> Mapping[str, Result]:
        """All results by key; those that are missing are performed, and kept as they come."""
        wanted = {run.key: run for run in runs}
        found = {key: result for key, run in wanted.items()
                 if (result := self.find(run)) is not None}
        missing = _spread([run for key, run in wanted.items() if key not in found])
        watch(len(found), len(wanted), "")
        for result in workers.results(self.bench, missing, self.stages) if missing else ():
            self._keep(result)
            found[result.key] = result
            watch(len(found), len(wanted), str(wanted[result.key]))
        return found

    def _keep(self, result: Result) -> None:
        document = {"bench": self.bench_sha256, "result": result.to_json()}
        write_file(self._path(result.key), (json.dumps(document, allow_nan=False) + "\n").encode())

    def _path(self, key: str) -> Path:
        return self.folder / "runs" / f"{key}.json"


def _spread(runs: Sequence[Run]) -> list[Run]:
    """The first of every family, then the second ones: who comes later finds the beginning made."""
    families: dict[str, list[Run]] = {}
    for run in runs:
        families.setdefault(run.family, []).append(run)
    longest = max(map(len, families.values()), default=0)
    return [members[i] for i in range(longest) for members in families.values()
            if i < len(members)]
