"""What `edgec parity` prints."""

from __future__ import annotations

from math import isinf

from rich.console import Console
from rich.table import Table

from edgec.cli.show import table
from edgec.measure.parity.difference import Difference
from edgec.measure.parity.result import Pair, Parity
from edgec.measure.parity.walk import Layer

SHOWN = 12


def parity(out: Console, found: Parity) -> None:
    """Pair by pair where they part; the outputs; what is beyond the bounds."""
    for pair in found.pairs:
        _pair(out, pair)
    out.print(_outputs(found))
    for name, reason in found.skipped.items():
        out.print(f"not compared: {name}: {reason}", markup=False)
    for line in found.violations:
        out.print(f"beyond the bounds: {line}", style="bold red", markup=False)
    least = ("" if found.bounds.min_sqnr_db is None else
             f", outputs at least {found.bounds.min_sqnr_db:g} dB")
    verdict = "differ beyond" if found.violations else "agree within"
    out.print(f"{found.samples} sample(s): the runtimes {verdict} the bounds (an int8 layer adds "
              f"at most {found.bounds.max_lsb} step(s){least})", style="bold", markup=False)


def _pair(out: Console, pair: Pair) -> None:
    title = f"{pair.expected} → {pair.got}"
    first = pair.first
    if not pair.layers:
        out.print(f"{title}: no layer of the one has its like in the other", markup=False)
        return
    if first is None:
        same = "the same bytes" if all(x.own.differ == 0 for x in pair.layers) else "no difference"
        out.print(f"{title}: {same} in {len(pair.layers)} layers", markup=False)
        return
    parted = [x for x in pair.layers if x.own.parted] if pair.judged else \
        sorted(pair.layers, key=lambda x: x.own.sqnr_db)
    made = table("layer", "op", "own", "values", "SQNR in all", title=(
        f"{title}: they part first at {first.name} ({first.op}); {len(parted)} of "
        f"{len(pair.layers)} layers add to it" if pair.judged else
        f"{title}: most is lost at {first.name} ({first.op})"),
        right=("own", "values", "SQNR in all"))
    for layer in parted[:SHOWN]:
        made.add_row(*_row(layer))
    out.print(made)
    if len(parted) > SHOWN:
        out.print(f"and {len(parted) - SHOWN} more; --json FILE holds all of them", markup=False)


def _row(layer: Layer) -> tuple[str, ...]:
    own = layer.own
    return (layer.name, layer.op, _size(own), f"{own.differ} of {own.values}",
            _db(layer.total) if layer.total is not None else "")


def _outputs(found: Parity) -> Table:
    made = table("runtime", "against", "output", "differ", "by up to", "SQNR",
                 right=("differ", "by up to", "SQNR"), title="model outputs")
    for row in found.outputs:
        d = row.difference
        made.add_row(row.runtime, row.against, row.tensor, f"{d.differ} of {d.values}",
                     _size(d), _db(d))
    return made


def _size(difference: Difference) -> str:
    largest = difference.largest
    return f"{largest:.0f} LSB" if difference.integer else f"{largest:.3g}"


def _db(difference: Difference) -> str:
    db = difference.sqnr_db
    return ("equal" if db > 0 else "nothing right") if isinf(db) else f"{db:.1f} dB"
