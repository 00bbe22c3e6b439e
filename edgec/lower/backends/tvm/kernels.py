"""From Relax ops to kernels of TVM's own, tuned or with our default loops. Imports TVM."""

from __future__ import annotations

from typing import Any

import tvm
from tvm import ir, relax
from tvm.relax.backend.cpu_generic import pipeline

from edgec.lower.backends.tvm.schedule import scheduled


def functions(module: ir.IRModule, target: Any) -> ir.IRModule:
    """The module with a function of loops for every fused group of ops: what tuning is of."""
    with target:
        return tvm.ir.transform.Sequential([*pipeline.library_dispatch_passes(target),
                                            *pipeline.legalize_passes(target)])(module)


def compiled(module: ir.IRModule, target: Any, database: Any = None) -> Any:
    """The executable of `functions`, each looping as the database says, or as we think."""
    made = functions(module, target)
    with target:
        if database is not None:
            with database:
                made = relax.transform.MetaScheduleApplyDatabase()(made)
        made = scheduled(made)
    rest = tvm.ir.transform.Sequential([*pipeline.dataflow_lower_passes(target),
                                        *pipeline.finalize_passes(target)])
    return tvm.compile(made, target=target, relax_pipeline=rest)
