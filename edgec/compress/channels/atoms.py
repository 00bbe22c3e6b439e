"""Numbers for channels, and which of them must go together or must stay.

An atom is the number of one channel that some layer makes. Atom 0 is everything that stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Atoms = npt.NDArray[np.int32]
STAYS = 0


@dataclass(frozen=True)
class Components:
    """root: int32 [atoms], equal for atoms that must go together, 0 for those that stay.

    reasons: why an atom stays, by the root that it would have had; `linked` has those.
    """

    root: Atoms
    linked: Atoms
    reasons: dict[int, str]

    def reason(self, atom: int) -> str:
        """Why this atom stays; "" when it need not."""
        return self.reasons.get(int(self.linked[atom]), "")


class Ledger:
    """Hands out atoms and keeps what is learned of them."""

    def __init__(self) -> None:
        self._count = 1
        self._first: list[Atoms] = []
        self._second: list[Atoms] = []
        self._stay: list[tuple[Atoms, str]] = []

    def fresh(self, count: int) -> Atoms:
        """New atoms [count]."""
        made = np.arange(self._count, self._count + count, dtype=np.int32)
        self._count += count
        return made

    def join(self, a: Atoms, b: Atoms, reason: str) -> None:
        """Atoms at equal places (arrays are broadcast) go together.

        Those that meet one that stays do not go at all, for `reason`.
        """
        x, y = (side.ravel() for side in np.broadcast_arrays(a, b))
        both = (x != STAYS) & (y != STAYS)
        self._first.append(x[both])
        self._second.append(y[both])
        self.keep(np.concatenate([x[~both], y[~both]]), reason)

    def keep(self, atoms: Atoms, reason: str) -> None:
        """These stay, for a reason that the user reads."""
        found = np.unique(atoms[atoms != STAYS])
        if found.size:
            self._stay.append((found, reason))

    def components(self) -> Components:
        """What all that was learned comes down to."""
        linked = self._linked()
        reasons: dict[int, str] = {}
        for atoms, reason in self._stay:
            for root in np.unique(linked[atoms]):
                reasons.setdefault(int(root), reason)
        root = linked.copy()
        root[np.isin(linked, list(reasons))] = STAYS
        return Components(root, linked, reasons)

    def _linked(self) -> Atoms:
        """The smallest atom that each one is linked with, by hooking and pointer jumping."""
        root = np.arange(self._count, dtype=np.int32)
        a, b = (np.concatenate([*side, np.zeros(0, np.int32)])
                for side in (self._first, self._second))
        while True:
            before = root.copy()
            low = np.minimum(root[a], root[b])
            for ends in (before[a], before[b], a, b):
                np.minimum.at(root, ends, low)
            root = root[root]
            if np.array_equal(root, before):
                return root
