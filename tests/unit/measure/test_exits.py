"""Latency by exit, from what edgec-bench printed."""

import numpy as np
import pytest

from edgec.format.bundle import Answered
from edgec.measure.exits import by_exit
from edgec.measure.own_data import Answers

RAW = {"output_names": ["y", "exit_1"], "answers": [1, 1, 1, 0] * 50,
       "samples_ns": [1000, 2000, 3000, 10000] * 50}


def test_shares_and_medians_are_those_of_the_samples():
    found = by_exit(RAW)
    assert found["exits"] == {"y": {"share": 0.25, "median_us": 10.0, "score": None},
                              "exit_1": {"share": 0.75, "median_us": 2.0, "score": None}}
    assert (found["mean_us"], found["p50_us"]) == (4.0, 2.5)
    assert found["expected_us"] == pytest.approx(0.75 * 2 + 0.25 * 10)


def test_worst_is_the_run_through_everything():
    assert by_exit(RAW)["worst_us"] == 10.0


def test_an_exit_that_nobody_took_has_no_median():
    found = by_exit({**RAW, "output_names": ["y", "exit_1", "exit_2"]})
    assert found["exits"]["exit_2"] == {"share": 0.0, "median_us": None, "score": None}


def test_p95_needs_enough_samples():
    assert by_exit(RAW)["p95_us"] == 10.0
    assert by_exit({**RAW, "answers": [1] * 20, "samples_ns": [1] * 20})["p95_us"] is None


KNOWN = (Answered("exit_1", 0.5, 0.875), Answered("y", 0.5, 0.75))


def test_known_shares_stand_for_those_of_golden_samples():
    found = by_exit(RAW, KNOWN)
    assert found["exits"]["exit_1"] == {"share": 0.5, "median_us": 2.0, "score": 0.875}
    assert (found["expected_us"], found["worst_us"]) == (6.0, 10.0)
    assert (found["shares_of"], found["mean_us"], found["p50_us"]) == ("validation", None, None)


def test_no_mean_is_told_where_an_exit_was_not_seen():
    first = {**RAW, "answers": [1] * 200}
    found = by_exit(first, KNOWN)
    assert (found["expected_us"], found["worst_us"]) == (None, None)
    assert by_exit(first, (Answered("exit_1", 1.0, 0.5), Answered("y", 0.0)))["expected_us"] == 2.5
    assert by_exit(RAW, (Answered("exit_1"), Answered("y")))["expected_us"] is None


def test_a_model_without_exits_has_nothing():
    assert by_exit({"samples_ns": [1]}) == {}


def test_of_own_data_shares_and_scores_are_of_the_data_and_go_before_validation():
    answers = Answers("own.npz", np.array([1, 1, 0, 1]), np.array([1.0, 0.0, 1.0, 1.0]))
    found = by_exit(RAW, KNOWN, answers)
    assert found["exits"]["exit_1"] == {"share": 0.75, "median_us": 2.0,
                                        "score": pytest.approx(2 / 3)}
    assert found["exits"]["y"]["score"] == 1.0
    assert (found["shares_of"], found["mean_us"]) == ("data", 4.0)


def test_of_own_data_the_mean_is_over_whole_passes():
    raw = {**RAW, "answers": [1, 1, 1, 0, 0], "samples_ns": [1000, 1000, 1000, 5000, 90000]}
    assert by_exit(raw, None, Answers("own.npz", np.array([1, 1, 1, 0]), None))["mean_us"] == 2.0
