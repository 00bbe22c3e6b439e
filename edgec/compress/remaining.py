"""How long work that comes in equal parts may still take, in words."""

from __future__ import annotations

import time


class Remaining:
    """Counts from its making; parts that were found and not made should not be told to it."""

    def __init__(self) -> None:
        self._started, self._parts = time.monotonic(), 0

    def part(self, left: int) -> str:
        """A part is done and `left` are to come: ", about 4 min left", empty with none."""
        self._parts += 1
        if left <= 0:
            return ""
        seconds = (time.monotonic() - self._started) / self._parts * left
        return f", about {span(seconds)} left"


def span(seconds: float) -> str:
    """Seconds as people say them: 40 s, 3 min, 1.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
