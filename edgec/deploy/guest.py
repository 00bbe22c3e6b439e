"""Files that are on a board for a while: in a folder of their own, gone when the work is done.

A process on the board keeps the folder: it removes it when its input ends, which it does, too,
when this machine crashes or the connection is lost.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from edgec.deploy.facts import Facts, read_facts
from edgec.deploy.plan import require_libraries
from edgec.deploy.transport import Stream, Transport
from edgec.deploy.wish import program
from edgec.errors import DeployError

ANSWER_S = 60.0
_READY = b"ready\n"
# $1 the folder. The ones above stay if others are in them.
_KEEP = """trap '' HUP INT TERM
mkdir -p "$1" && echo ready && cat >/dev/null
rm -rf "$1"
rmdir "${1%/*}" "${1%/*/*}" 2>/dev/null
"""


@contextmanager
def guests(transport: Transport, root: str, files: Sequence[Path], triple: str) -> Iterator[str]:
    """The folder on the board, below `root`, where the files lie by their names.

    DeployError, before anything is uploaded, where the board is no `triple` or its C library is
    too old for them, and where its disk is full.
    """
    facts = read_facts(transport, root)
    _check(facts, transport.where, files, triple)
    folder = f"{root}/guests/{secrets.token_hex(8)}"
    keeper = transport.start(("sh", "-c", _KEEP, "edgec-keep", folder), ANSWER_S)
    try:
        if keeper.receive() != _READY:
            raise DeployError(f"{transport.where}: the folder {folder} cannot be made. Choose "
                              "another 'root' in the boards file, or change its owner.")
        for file in files:
            transport.put(file, f"{folder}/{file.name}", ANSWER_S)
        transport.run(("chmod", "-R", "u+rwx", folder), ANSWER_S)
        yield folder
    finally:
        _dismiss(keeper)


def _check(facts: Facts, where: str, files: Sequence[Path], triple: str) -> None:
    if facts.triple != triple:
        raise DeployError(f"{where} is {facts.machine}, and the target is {triple}. Give the "
                          "board's own target.")
    needs = [need for file in files for need in program(file, triple)[1]]
    require_libraries(facts, needs, "what would run there", "Give the board a newer system.")
    needed_kb = sum(file.stat().st_size for file in files) // 1024
    if needed_kb * 2 > facts.disk_free_kb:
        raise DeployError(f"the disk of the board {facts.host} is too full: {needed_kb * 2} KB are "
                          f"needed and {facts.disk_free_kb} KB are free. Make room.")


def _dismiss(keeper: Stream) -> None:
    """Waits until the folder is gone; without a connection the keeper needs no telling."""
    with suppress(DeployError):
        keeper.end_input()
        while keeper.receive():
            pass
    keeper.close()
