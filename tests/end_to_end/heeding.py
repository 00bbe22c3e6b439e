"""The command line for tests that interrupt it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# What a shell starts in the background ignores interrupts, and so do its children.
EDGEC = (sys.executable, "-c", "import signal; "
         "signal.signal(signal.SIGINT, signal.default_int_handler); "
         "from edgec.cli import main; main()")


def interrupted(words: Sequence[str], cwd: Path, when: Callable[[], bool], within_s: float) -> str:
    """Starts a command, interrupts it once `when` holds, and gives what it said on stderr."""
    process = subprocess.Popen(words, cwd=cwd, stderr=subprocess.PIPE, text=True,
                               start_new_session=True)
    deadline = time.monotonic() + within_s
    while not when():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors
    return errors
