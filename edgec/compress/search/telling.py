"""What a search says while it runs: which strengths it tries, what came of them, how long yet."""

from __future__ import annotations

from collections.abc import Callable

from edgec.compress.cost import Cost
from edgec.compress.remaining import Remaining
from edgec.compress.search.candidate import Candidate, words


class Teller:
    """Lines for one call of a search, of which `done` trials are known already."""

    def __init__(self, say: Callable[[str], None], wanted: int, done: int, metric: str) -> None:
        self._say, self._wanted, self._metric = say, wanted, metric
        self._done, self._remaining = done, Remaining()
        if done and done < wanted:
            say(f"{done} of {wanted} trials were finished before")

    def begins(self, candidate: Candidate) -> None:
        """Before anything is laid out or trained."""
        self._say(f"trial {self._done + 1} of {self._wanted}: {words(candidate.strengths)}")

    def ends(self, candidate: Candidate) -> None:
        """With its verdict; why one was given up is part of it."""
        self._done += 1
        left = self._remaining.part(self._wanted - self._done)
        self._say(f"trial {self._done}: {self._verdict(candidate)}{left}")

    def _verdict(self, candidate: Candidate) -> str:
        if candidate.stopped:
            return candidate.stopped
        assert candidate.cost is not None
        found = f"{self._metric} {candidate.score:.4f} on validation, {_told(candidate.cost)}"
        over = "; ".join(map(str, candidate.breaks))
        return f"{found}: {'beyond the limits: ' + over if over else 'within the limits'}"


def _told(cost: Cost) -> str:
    time = "" if cost.latency_us is None else f", {cost.latency_us:.1f} µs"
    return f"{cost.bytes:,} bytes{time}"
