"""The command line for tests that interrupt it."""

import sys

# What a shell starts in the background ignores interrupts, and so do its children.
EDGEC = (sys.executable, "-c", "import signal; "
         "signal.signal(signal.SIGINT, signal.default_int_handler); "
         "from edgec.cli import main; main()")
