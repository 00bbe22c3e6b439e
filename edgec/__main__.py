"""`python -m edgec` is `edgec`."""

from edgec.cli import main

main()
