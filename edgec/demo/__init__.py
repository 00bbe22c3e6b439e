"""The whole length once, on real data: what `edgec demo` and scripts/demo run."""

from edgec.demo.run import Outcome, Row, run

__all__ = ["Outcome", "Row", "run"]
