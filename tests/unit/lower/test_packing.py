"""Packing: buffers in use together never overlap, and little is wasted."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.lower.packing import ALIGNMENT, Buffer, bound, pack


@st.composite
def buffers(draw: st.DrawFn) -> list[Buffer]:
    """Up to 30, in 20 steps."""
    made = []
    for number in range(draw(st.integers(0, 30))):
        first = draw(st.integers(-1, 19))
        last = draw(st.integers(first, 20))
        made.append(Buffer(f"b{number}", ALIGNMENT * draw(st.integers(1, 40)), first, last))
    return made


@settings(deadline=None)
@given(buffers())
def test_no_two_buffers_in_use_at_one_step_overlap(given_buffers: list[Buffer]) -> None:
    offsets, size = pack(given_buffers)
    for a, b in combinations(given_buffers, 2):
        if a.meets(b):
            assert offsets[a] + a.size_bytes <= offsets[b] or \
                offsets[b] + b.size_bytes <= offsets[a]
    assert all(0 <= offsets[b] <= size - b.size_bytes for b in given_buffers)
    assert all(offset % ALIGNMENT == 0 for offset in offsets.values())


@settings(deadline=None)
@given(buffers(), st.randoms(use_true_random=False))
def test_the_order_in_which_buffers_are_given_does_not_matter(given_buffers: list[Buffer],
                                                              random: object) -> None:
    shuffled = list(given_buffers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert pack(shuffled) == pack(given_buffers)


@settings(deadline=None)
@given(buffers())
def test_size_lies_between_the_bound_and_the_sum(given_buffers: list[Buffer]) -> None:
    size = pack(given_buffers)[1]
    assert bound(given_buffers) <= size <= sum(b.size_bytes for b in given_buffers)


def test_buffers_of_a_chain_reach_the_bound() -> None:
    sizes = (3, 9, 4, 7, 7, 2, 9, 1)
    chain = [Buffer(str(i), 64 * n, i, i + 1) for i, n in enumerate(sizes)]
    assert pack(chain)[1] == bound(chain) == 64 * 14


def test_what_one_order_wastes_is_repaired() -> None:
    """Largest first puts c, then a and b on it, and e above both; the bound is 64 * 9."""
    found = [Buffer("a", 64 * 4, 0, 2), Buffer("b", 64 * 4, 4, 6), Buffer("c", 64 * 5, 2, 4),
             Buffer("e", 64 * 4, 3, 5), Buffer("d", 64 * 4, 1, 1)]
    assert pack(found)[1] == bound(found)
