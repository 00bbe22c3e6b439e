"""Runs on a Dask cluster: the same scores, and messages for what can be missing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from edgec.compress.order.perform import Bench, open_bench, perform
from edgec.compress.order.plan import Planner, Run
from edgec.compress.order.workers import Cluster, strangers
from edgec.compress.recipe import read_recipe
from edgec.errors import MethodError, MissingExtra, UsageError
from tests.unit.compress.recipes import write_recipe


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> tuple[Bench, Run]:
    """A bench and one of its runs."""
    recipe = read_recipe(write_recipe(tmp_path_factory.mktemp("work")))
    return open_bench(recipe), Planner(recipe).pairs()[0].all_runs()[0]


def test_a_cluster_gives_the_scores_of_this_process(work: tuple[Bench, Run],
                                                    tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    bench, run = work
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False,
                                  dashboard_address=None) as cluster:
        (found,) = Cluster(cluster.scheduler_address).results(bench, [run], tmp_path)
    assert found.scores == perform(bench, run, tmp_path).scores


def test_a_scheduler_that_does_not_answer_is_told(work: tuple[Bench, Run],
                                                  tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with pytest.raises(UsageError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9: .*"
                                         r"Start one with `dask scheduler`"):
        list(Cluster("tcp://127.0.0.1:9", 0.5).results(work[0], [work[1]], tmp_path))


def test_a_scheduler_without_workers_is_told(work: tuple[Bench, Run], tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster:
        nobody = Cluster(cluster.scheduler_address, 0.5)
        with pytest.raises(UsageError, match=r"has no workers\. Start some with `dask worker "):
            list(nobody.results(work[0], [work[1]], tmp_path))


def test_a_cluster_that_ends_before_the_runs_is_told(work: tuple[Bench, Run],
                                                     tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False,
                                  dashboard_address=None) as cluster:
        results = Cluster(cluster.scheduler_address).results(work[0], [work[1]] * 8, tmp_path)
        next(results)
        cluster.close()
        with pytest.raises(MethodError, match=r"failed: (.|\n)* the same command goes on"):
            list(results)


def test_workers_with_another_edgec_or_none_are_named() -> None:
    versions = {"tcp://a": "1.0", "tcp://b": "0.9", "tcp://c": ModuleNotFoundError("edgec")}
    assert strangers(versions, "1.0") == ("  tcp://b: edgec 0.9, and here it is 1.0\n"
                                          "  tcp://c: no edgec, and here it is 1.0")


def test_a_missing_package_is_told_with_its_extra(
        work: tuple[Bench, Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"--cluster needs the package 'distributed'.*"
                                           r"edgec\[cluster\]"):
        list(Cluster("tcp://127.0.0.1:9").results(work[0], [work[1]], tmp_path))
