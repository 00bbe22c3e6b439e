"""What a module emit_<op> defines as its PLUGIN: how TVM computes a node itself.

A node whose op has no such module, or that a rule here refuses, runs in our engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from edgec.lower.backend import Site
from edgec.lower.site_rules import Rule

# (site, operands as Relax expressions, the module tvm.relax.op) -> the result's expression.
Expression = Callable[[Site, Sequence[Any], Any], Any]


def always(site: Site) -> bool:
    """Any node."""
    return True


def never(site: Site) -> bool:
    """No node."""
    return False


@dataclass(frozen=True)
class Emitter:
    """expression: the node in Relax. can: whether its results are the reference's.

    beside_ours: whether TVM computes it where our engine could, too; never for what needs tuned
    kernels.
    """

    expression: Expression
    can: Rule = always
    beside_ours: Rule = always
