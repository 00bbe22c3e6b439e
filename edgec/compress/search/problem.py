"""What is searched, and one stage of a chain in the folder of a search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import onnx_ir as ir

from edgec.compress import method
from edgec.compress.chain import Step, run_chain
from edgec.compress.cost import Price
from edgec.compress.hashes import model_sha256
from edgec.compress.method import Given
from edgec.compress.recipe import Limits, MethodTable
from edgec.compress.search.candidate import Tried
from edgec.compress.search.space import Strengths
from edgec.model.load import load_model
from edgec.provenance import sha256_of_json


@dataclass(frozen=True)
class Problem:
    """tables: methods in their order. given: with a task. price: what a model costs."""

    model: ir.Model
    tables: tuple[MethodTable, ...]
    given: Given
    limits: Limits
    price: Price

    def steps(self, strengths: Strengths) -> list[Step]:
        """The chain with these strengths."""
        return [table.step(strengths.get(table.name)) for table in self.tables]

    def files(self) -> dict[str, str]:
        """Of every model that the tables name, as a student: what is in it."""
        named = {value for table in self.tables for name in method.load(table.name).file_options()
                 for value in (table.fixed.get(name), *table.strengths.get(name, ())) if value}
        return {value: model_sha256(load_model(value)) for value in sorted(named)}


def run_stage(problem: Problem, model: ir.Model, steps: Sequence[Step],
              folder: Path) -> tuple[ir.Model, Tried]:
    """The last of these steps, applied to the model behind the others.

    Chains that begin alike share the files of what they share. Errors are the method's.
    """
    given = problem.given
    words = [[step.name, repr(step.method)] for step in steps]
    place = folder / "stages" / sha256_of_json(words)[:12]
    done = run_chain(model, steps[-1:], replace(given, teacher=given.teacher or problem.model),
                     place)
    return done.model, Tried(done.stages[0], problem.price(done.model))
