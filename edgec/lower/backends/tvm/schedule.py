"""How TVM's own kernels loop where no tuning says better: register tiles, vectors, one thread.

Imports TVM. A sum over taps or depth is computed in tiles of `ROWS` positions by `LANES` channels
that stay in registers, with the elementwise ops behind it computed per tile; everything else is a
loop whose last axis LLVM sees as vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tvm import ir, s_tir, tirx

LANES, ROWS = 16, 7  # 14 accumulators of AVX2, or 28 of NEON, as large as the registers allow
ROW_OF_LANES = 64    # where there is one position only, as in a fully connected layer

# (schedule, loop, at most) -> the factors to split it by.
Choice = Callable[[Any, Any, int], list[Any]]


def scheduled(module: ir.IRModule) -> ir.IRModule:
    """The module with loops of our making in every function that tuning left alone."""
    made = {name: _function(function) if isinstance(function, tirx.PrimFunc)
            and not _is_scheduled(function) else function
            for name, function in module.functions_items()}
    return ir.IRModule(made, attrs=module.attrs)


def _is_scheduled(function: Any) -> bool:
    attributes = function.attrs
    return attributes is not None and bool(attributes.get("tirx.is_scheduled", False))


def _function(function: Any) -> Any:
    """The function with the first of our schedules that fits it, or as it was."""
    for rule in (_tiled, _vectors):
        schedule = s_tir.Schedule(function)
        try:
            if rule(schedule):
                return schedule.mod["main"]
        except s_tir.ScheduleError:
            continue  # a shape of loops that the rule is not for
    return function


def _blocks(schedule: Any) -> list[Any]:
    return list(schedule.get_child_blocks(schedule.get_sblock("root")))


def _reduces(schedule: Any, block: Any) -> bool:
    return any(v.iter_type == tirx.IterVar.CommReduce for v in schedule.get(block).iter_vars)


def sampled(schedule: Any) -> None:
    """The same tiles with sizes for a tuner to choose; the function must be `tunable`."""
    _tiled(schedule, _sample)


def tunable(module: ir.IRModule) -> bool:
    """Whether `sampled` has something to say of a module of one function."""
    try:
        return _tiled(s_tir.Schedule(module))
    except s_tir.ScheduleError:
        return False


def _sample(schedule: Any, loop: Any, limit: int) -> list[Any]:
    """Never 1: loops of one step vanish, and a trace of another choice would not fit."""
    extent = _extent(schedule, loop)
    sizes = [d for d in range(2, min(2 * limit, extent) + 1) if extent % d == 0]
    return [None, schedule.sample_categorical(sizes, [1 / len(sizes)] * len(sizes))]


def _largest(schedule: Any, loop: Any, limit: int) -> list[Any]:
    return [None, _divisor(_extent(schedule, loop), limit)]


def _tiled(schedule: Any, choose: Choice = _largest) -> bool:
    """One sum, in front of it at most padding, behind it elementwise ops."""
    blocks = _blocks(schedule)
    sums = [i for i, block in enumerate(blocks) if _reduces(schedule, block)]
    if len(sums) != 1:
        return False
    before, block, after = blocks[:sums[0]], blocks[sums[0]], blocks[sums[0] + 1:]
    if not _reads_along_last_axis(schedule.get(block)):
        return False
    for middle in after[:-1]:
        schedule.compute_inline(middle)
    last = after[-1] if after else schedule.cache_write(block, 0, "local")
    if after:
        schedule.set_scope(block, 0, "local")
    for padding in before:
        _vectorize_last(schedule, padding)
    return _tile(schedule, block, last, choose)


def _reads_along_last_axis(block: Any) -> bool:
    """Whether neighbours in the result's last axis come from neighbours in memory."""
    spatial = [v.var for v in block.iter_vars if v.iter_type == tirx.IterVar.DataPar]
    last = [region.region[-1].min for region in block.reads if len(region.region)]
    used = [v for index in last for v in tirx.analysis.undefined_vars(index, [])]
    return bool(spatial) and any(spatial[-1].same_as(v) for v in used)


def _tile(schedule: Any, block: Any, last: Any, choose: Choice) -> bool:
    """Tiles of the last two axes of `block`, summed in registers; `last` per tile."""
    kinds = [v.iter_type for v in schedule.get(block).iter_vars]
    loops = schedule.get_loops(block)
    spatial = [loop for loop, kind in zip(loops, kinds, strict=True)
               if kind == tirx.IterVar.DataPar]
    depth = [loop for loop, kind in zip(loops, kinds, strict=True)
             if kind == tirx.IterVar.CommReduce]
    if _divisor(_extent(schedule, spatial[-1]), LANES) == 1:
        return False
    outer, inner = spatial[:-1], []
    if len(spatial) > 1 and _divisor(_extent(schedule, spatial[-2]), ROWS) > 1:
        high, row = schedule.split(spatial[-2], choose(schedule, spatial[-2], ROWS))
        outer, inner = [*spatial[:-2], high], [row]
    limit = LANES if inner else ROW_OF_LANES
    tile, lane = schedule.split(spatial[-1], choose(schedule, spatial[-1], limit))
    schedule.reorder(*outer, tile, *depth, *inner, lane)
    schedule.reverse_compute_at(last, tile)
    for part in (block, last):
        _in_registers(schedule, schedule.get_loops(part)[len(outer) + 1:], bool(inner))
    initial = schedule.decompose_reduction(block, depth[0])
    _in_registers(schedule, schedule.get_loops(initial)[len(outer) + 1:], bool(inner))
    return True


def _in_registers(schedule: Any, loops: Sequence[Any], several_rows: bool) -> None:
    """The innermost loop as a vector; the one around it written out."""
    schedule.vectorize(loops[-1])
    if several_rows:
        schedule.unroll(loops[-2])


def _vectors(schedule: Any) -> bool:
    """Elementwise ops as one; the last axis of everything as vectors, where it can be."""
    blocks = _blocks(schedule)
    if any(_reduces(schedule, block) for block in blocks):
        return False
    for block in blocks[:-1]:
        schedule.compute_inline(block)
    _vectorize_last(schedule, blocks[-1])
    return True


def _vectorize_last(schedule: Any, block: Any) -> None:
    loops = schedule.get_loops(block)
    lanes = _divisor(_extent(schedule, loops[-1]), LANES) if loops else 1
    if lanes > 1:
        schedule.vectorize(schedule.split(loops[-1], [None, lanes])[1])


def _extent(schedule: Any, loop: Any) -> int:
    return int(schedule.get(loop).extent)


def _divisor(number: int, limit: int) -> int:
    """The largest divisor up to the limit."""
    return max(d for d in range(1, min(limit, number) + 1) if number % d == 0)
