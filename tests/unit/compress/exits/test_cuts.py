"""Where exits can be."""

from edgec.compress.exits.cuts import find_cuts, nearest
from tests.unit.compress.exits.nets import residual
from tests.unit.compress.float_models import cnn


def test_inside_a_residual_block_nothing_passes_alone():
    assert [cut.value for cut in find_cuts(residual())] == ["r", "s", "t"]


def test_the_share_is_that_of_the_macs_before():
    total = 64 * 9 * 4 * (3 + 4 + 4 + 4) + 20
    assert [cut.share for cut in find_cuts(residual())] == [
        64 * 9 * 4 * depth / total for depth in (3, 7, 11)]


def test_a_cut_lies_behind_normalization_and_activation():
    assert [cut.value for cut in find_cuts(cnn())] == ["a0"]


def test_shares_choose_the_nearest_cut_each_once_in_order():
    cuts = find_cuts(residual())
    assert nearest(cuts, (0.9, 0.24, 0.26)) == (cuts[0], cuts[2])
