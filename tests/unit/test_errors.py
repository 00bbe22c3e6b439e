"""Errors of edgec keep their message on the way from another process."""

import pickle
from collections.abc import Iterator

import pytest

from edgec.errors import EdgecError, MissingExtra, UnknownName, UnsupportedOps

MADE = {UnknownName: UnknownName("board", "lin3", ["line3", "line4"]),
        UnsupportedOps: UnsupportedOps("the native backend", [("n", "Einsum")]),
        MissingExtra: MissingExtra("distributed", "cluster", "--cluster")}


def kinds(base: type[EdgecError] = EdgecError) -> Iterator[type[EdgecError]]:
    """Every error of `edgec.errors`."""
    yield base
    for kind in base.__subclasses__():
        if kind.__module__ == base.__module__:
            yield from kinds(kind)


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: kind.__name__)
def test_an_error_is_the_same_after_a_journey(kind: type[EdgecError]) -> None:
    error = MADE.get(kind) or kind("what failed")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)
