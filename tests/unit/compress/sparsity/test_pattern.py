"""Patterns: which weights go together, how many go, and that cells are the engine's blocks."""

from __future__ import annotations

import numpy as np
import onnx_ir as ir
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgec.compress.sparsity.layers import find_layers
from edgec.compress.sparsity.pattern import (
    Pattern,
    block_columns,
    cell_scores,
    choose,
    parse,
    shares,
    spread,
)
from edgec.lower.backends.native import pack
from edgec.target.target import load_target
from tests.unit.compress.float_models import from_text

TAPS = st.lists(st.integers(1, 13), min_size=1, max_size=4).map(tuple)
BLOCKS = st.sampled_from([4, 8, 16]).map(lambda columns: Pattern(columns, 4))


@given(taps=TAPS, outputs=st.integers(1, 40), pattern=BLOCKS, share=st.floats(0, 0.99),
       seed=st.integers(0, 99))
def test_a_layer_loses_its_share_of_whole_cells(taps: tuple[int, ...], outputs: int,
                                                pattern: Pattern, share: float, seed: int) -> None:
    scores = np.random.default_rng(seed).random((outputs, sum(taps)))
    kept = choose(cell_scores(scores, pattern, taps), pattern, share, "layer", taps)
    mask = spread(kept, pattern, taps, outputs)
    assert (~kept).sum() == min(kept.size - 1, round(share * kept.size))
    np.testing.assert_array_equal(cell_scores(mask * 1.0, pattern, taps) > 0, kept)
    np.testing.assert_array_equal(cell_scores(~mask * 1.0, pattern, taps) > 0, ~kept)


@given(seed=st.integers(0, 99), share=st.floats(0, 0.9))
def test_what_is_kept_scores_at_least_what_goes(seed: int, share: float) -> None:
    scores = np.random.default_rng(seed).random((5, 12))
    kept = choose(scores, Pattern(16, 4), share, "layer", (48,))
    assert scores[kept].min() >= max([0.0, *scores[~kept]])


def test_within_row_every_row_loses_the_same() -> None:
    scores = np.random.default_rng(0).random((6, 20)) * np.arange(1, 7)[:, None]
    kept = choose(scores, Pattern(16, 4), 0.75, "row", (80,))
    assert kept.sum(axis=1).tolist() == [5] * 6


@given(keep=st.integers(1, 3), more=st.integers(1, 4), groups=st.integers(1, 6),
       seed=st.integers(0, 99))
def test_n_of_m_keeps_n_of_every_m(keep: int, more: int, groups: int, seed: int) -> None:
    pattern, taps = Pattern(1, 1, keep, keep + more), (groups * (keep + more),)
    scores = np.random.default_rng(seed).random((7, taps[0]))
    kept = choose(cell_scores(scores, pattern, taps), pattern, 0.5, "layer", taps)
    assert (kept.reshape(7, groups, -1).sum(axis=2) == keep).all()


def conv(channels: int, outputs: int, kernel: int, dilation: int, seed: int) -> ir.Model:
    w = np.random.default_rng(seed).integers(-9, 10, (outputs, channels, kernel, kernel))
    return from_text(f"""conv (float[1,{channels},12,12] x) => (float[1,{outputs},a,b] y) {{
        y = Conv <dilations = [{dilation},{dilation}]> (x, w) }}""",
                     {"w": w.astype(np.float32)})


@settings(max_examples=40, deadline=None)
@given(channels=st.integers(1, 9), outputs=st.integers(1, 35), kernel=st.sampled_from([1, 3]),
       dilation=st.sampled_from([1, 2]), columns=st.sampled_from([4, 8, 16]),
       seed=st.integers(0, 99))
def test_cells_of_a_convolution_are_the_blocks_of_the_engine(
        channels: int, outputs: int, kernel: int, dilation: int, columns: int, seed: int) -> None:
    layer, = find_layers(conv(channels, outputs, kernel, dilation, seed))[0]
    pattern, rng = Pattern(columns, 4), np.random.default_rng(seed)
    shape = (outputs, channels, kernel, kernel)
    scores = layer.matrix(rng.random(shape))
    kept = choose(cell_scores(scores, pattern, layer.taps), pattern, 0.6, "layer", layer.taps)
    weight = layer.array(spread(kept, pattern, layer.taps, outputs).astype(np.int8))
    taps = pack.by_tap(weight.transpose(0, 2, 3, 1), 1, dilation)[0]
    assert pack.kept_blocks(taps, columns).sum() == kept.sum()


@given(channels=st.integers(1, 6), kernel=st.sampled_from([1, 3]), seed=st.integers(0, 9))
def test_matrix_and_array_undo_each_other(channels: int, kernel: int, seed: int) -> None:
    layer, = find_layers(conv(channels, 5, kernel, 1, seed))[0]
    array = np.random.default_rng(seed).random((5, channels, kernel, kernel))
    np.testing.assert_array_equal(layer.array(layer.matrix(array)), array)


def test_layers_share_what_goes_by_their_scores_with_a_floor() -> None:
    low, high = np.full((4, 10), 0.1), np.full((4, 10), 1.0)
    assert shares([low, high], 0.5, 0.9) == pytest.approx([0.9, 0.1])


@pytest.mark.parametrize(("board", "columns"), [
    ("generic_x86_64_avx512vnni", 16), ("generic_x86_64", 8), ("raspberry_pi_5", 8),
    ("raspberry_pi_4", 4)])
def test_auto_is_the_narrowest_block_that_costs_no_more(board: str, columns: int) -> None:
    assert parse("auto", load_target(board)) == Pattern(columns, 4)


def test_without_a_target_the_block_is_whole_for_every_target() -> None:
    assert block_columns(None) == 16


@pytest.mark.parametrize("text", ["4x5", "2x16", "4:4", "0:4", "5:2", "blocks", ""])
def test_other_words_are_no_pattern(text: str) -> None:
    assert parse(text, None) is None
