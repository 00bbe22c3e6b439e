"""From edges to an order."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgec.compress.method import load
from edgec.compress.methods.distill import Distill
from edgec.compress.methods.finetune import Finetune
from edgec.compress.methods.prune import Prune
from edgec.compress.methods.quantize import Quantize
from edgec.compress.order.precedence import FIXED, MEASURED, Edge, fixed_edge, sort
from edgec.compress.recipe import PRIOR
from edgec.errors import UsageError

NAMES = PRIOR[:5]


def measured(first: str, second: str, certainty: float = 3.0) -> Edge:
    return Edge(first, second, MEASURED, "", certainty)


def fixed(first: str, second: str) -> Edge:
    return Edge(first, second, FIXED, f"{first} must come before {second}")


def test_without_edges_the_published_order_is_the_order() -> None:
    assert sort(("quantize", "prune", "distill"), ()).names == ("distill", "prune", "quantize")


def test_the_order_to_begin_with_breaks_nothing_that_methods_demand() -> None:
    for first, second in combinations(PRIOR, 2):
        edge = fixed_edge((first, load(first)()), (second, load(second)()))
        assert edge is None or edge.first == first, edge


@pytest.mark.parametrize("name", ["early_exit", "sparsify"])
def test_what_needs_float_weights_comes_before_quantization_and_is_free_otherwise(
        name: str) -> None:
    for other in ("quantize", "qat"):
        edge = fixed_edge((other, load(other)()), (name, load(name)()))
        assert edge is not None
        assert edge.first == name
    assert fixed_edge((name, load(name)()), ("prune", Prune())) is None


def test_a_measured_edge_overrules_the_published_order() -> None:
    assert sort(("distill", "prune", "quantize"), [measured("prune", "distill")]).names == (
        "prune", "distill", "quantize")


def test_the_weakest_edge_of_a_cycle_is_dropped_and_named() -> None:
    weak = measured("quantize", "distill", 2.1)
    found = sort(("distill", "prune", "quantize"),
                 [measured("distill", "prune"), measured("prune", "quantize"), weak])
    assert found.names == ("distill", "prune", "quantize")
    assert found.dropped == (weak,)


def test_a_fixed_edge_is_never_dropped() -> None:
    found = sort(("distill", "prune"), [fixed("prune", "distill"),
                                        measured("distill", "prune", 1e9)])
    assert found.names == ("prune", "distill")


def test_a_cycle_of_fixed_edges_is_refused_with_its_reasons() -> None:
    with pytest.raises(UsageError, match=r"no order is possible: .*a must come before b.*Take one"):
        sort(("a", "b"), [fixed("a", "b"), fixed("b", "a")])


def test_the_worst_order_turns_what_is_measured_and_keeps_what_is_fixed() -> None:
    edges = [measured("distill", "prune"), fixed("prune", "quantize"),
             fixed("distill", "quantize")]
    assert sort(("distill", "prune", "quantize"), edges, worst=True).names == (
        "prune", "distill", "quantize")


EDGES = st.lists(st.sampled_from([*combinations(NAMES, 2)]).flatmap(
    lambda pair: st.builds(lambda turned, certainty: measured(*(pair[::-1] if turned else pair),
                                                              certainty=certainty),
                           st.booleans(), st.floats(2, 9))), max_size=12,
    unique_by=lambda e: frozenset((e.first, e.second)))


@given(EDGES)
def test_every_edge_that_is_not_dropped_is_kept(edges: list[Edge]) -> None:
    found = sort(NAMES, edges)
    place = found.names.index
    assert all(place(e.first) < place(e.second) for e in edges if e not in found.dropped)


@given(EDGES)
def test_an_edge_is_dropped_only_where_stronger_ones_lead_back(edges: list[Edge]) -> None:
    found = sort(NAMES, edges)
    for gone in found.dropped:
        reached, stronger = {gone.second}, [e for e in edges if e.certainty >= gone.certainty]
        for _ in NAMES:
            reached |= {e.second for e in stronger if e.first in reached}
        assert gone.first in reached


@given(st.permutations(NAMES))
def test_a_chain_of_edges_is_its_own_order(names: list[str]) -> None:
    assert sort(PRIOR[:5], [measured(*pair) for pair in pairwise(names)]).names == tuple(names)


def test_what_needs_float_weights_comes_before_what_quantizes() -> None:
    edge = fixed_edge(("quantize", Quantize()), ("prune", Prune()))
    assert edge == Edge("prune", "quantize", FIXED,
                        "prune does not take quantized models, and quantize makes one")


def test_a_student_that_inherits_nothing_comes_first() -> None:
    edge = fixed_edge(("prune", Prune()), ("distill", Distill(init="fresh")))
    assert edge is not None
    assert (edge.first, edge.reason) == (
        "distill", "distill starts over, nothing of prune would survive it")


def test_what_the_methods_leave_open_has_no_edge() -> None:
    assert fixed_edge(("prune", Prune()), ("distill", Distill())) is None


def test_two_methods_that_both_want_to_be_first_are_refused() -> None:
    one, other = Distill(init="fresh"), Distill(init="fresh", width=0.25)
    with pytest.raises(UsageError, match=r"a and b cannot be put in an order: a starts over.*; b "
                                         r"starts over.*Take one of them out"):
        fixed_edge(("a", one), ("b", other))


def test_finetuning_takes_floats_alone() -> None:
    assert not Finetune().place().takes_quantized
