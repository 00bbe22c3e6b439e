"""Who performs the runs: this process, several here, or a cluster.

The cluster is Dask's: pure Python, so a worker runs on an ARM board too, and independent runs need
no more than its futures (Ray ships binaries for few platforms, and an object store that nothing
here would use). Model and data travel with the first run; the workers need edgec and no file.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import onnx_ir as ir

from edgec.compress.order.perform import Bench, Result, open_bench, perform
from edgec.compress.order.plan import Run
from edgec.compress.recipe import Recipe
from edgec.errors import MethodError, MissingExtra, UsageError
from edgec.model.task import Samples, Task
from edgec.target.target import Target


class Workers(Protocol):
    """Performs runs, yielding each result as it comes."""

    def results(self, bench: Bench, runs: Sequence[Run], folder: Path) -> Iterator[Result]:
        """In any order. `folder` is for what runs leave for each other."""


class Here:
    """One run after the other, in this process."""

    def results(self, bench: Bench, runs: Sequence[Run], folder: Path) -> Iterator[Result]:
        """In the order given."""
        for run in runs:
            yield perform(bench, run, folder)


@dataclass(frozen=True)
class Processes:
    """Several processes here, each with one torch thread; each loads the recipe's files once."""

    recipe: Recipe
    count: int

    def results(self, bench: Bench, runs: Sequence[Run], folder: Path) -> Iterator[Result]:
        """As they come. MethodError when a process dies, as for want of memory."""
        pool = ProcessPoolExecutor(min(self.count, len(runs)) or 1,
                                   multiprocessing.get_context("spawn"), _load, (self.recipe,))
        try:
            futures = [pool.submit(_perform_loaded, run, folder) for run in runs]
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool:
            raise MethodError("a process that performed a run died, perhaps for want of memory. "
                              "What is finished is kept; start again with fewer --jobs.") from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class Cluster:
    """The workers of a Dask scheduler, for example tcp://host:8786; patience_s: for its answer."""

    address: str
    patience_s: float = 15.0

    def results(self, bench: Bench, runs: Sequence[Run], folder: Path) -> Iterator[Result]:
        """As they come. UsageError when nobody answers at the address, nobody works there, or
        somebody with another edgec.
        """
        if importlib.util.find_spec("distributed") is None:
            raise MissingExtra("distributed", "cluster", "--cluster")
        from distributed import CancelledError, Client, KilledWorker
        from distributed import as_completed as arriving

        try:
            client = Client(self.address, timeout=self.patience_s)
        except (OSError, ValueError) as error:
            raise UsageError(f"no Dask scheduler answers at {self.address}: {error}. Start one "
                             f"with `dask scheduler`, and workers with {self._start}.") from None
        with client:
            self._check(client)
            parcel = client.scatter(_Parcel.of(bench), broadcast=True)
            futures = [client.submit(_perform_parcel, parcel, run, pure=False) for run in runs]
            try:
                for future in arriving(futures):
                    yield future.result()
            except KilledWorker as error:
                raise MethodError(f"a run brought down several workers of {self.address}: {error}. "
                                  "What is finished is kept; see the workers' logs.") from None
            except (CancelledError, OSError) as error:
                raise MethodError(f"a worker of {self.address}, or the way to it, failed: {error}. "
                                  "What is finished is kept; the same command goes on.") from None

    def _check(self, client: Any) -> None:
        try:
            client.wait_for_workers(1, timeout=self.patience_s)
        except TimeoutError:
            raise UsageError(f"the Dask scheduler at {self.address} has no workers. Start some "
                             f"with {self._start}.") from None
        versions = client.run(metadata.version, "edgec", on_error="return")
        if others := strangers(versions, metadata.version("edgec")):
            raise UsageError(f"the runs need the same edgec on every worker:\n{others}\n"
                             "Install it there, or stop those workers.")

    @property
    def _start(self) -> str:
        return f"`dask worker {self.address} --nthreads 1`"


def strangers(versions: Mapping[str, object], own: str) -> str:
    """A line for each worker whose edgec is not `own`; versions: by address, or what failed."""
    return "\n".join(f"  {address}: {f'edgec {found}' if isinstance(found, str) else 'no edgec'}, "
                     f"and here it is {own}"
                     for address, found in versions.items() if found != own)


_loaded: list[Bench] = []


def _load(recipe: Recipe) -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends without a traceback; the parent tells
    _loaded.append(open_bench(recipe))


def _perform_loaded(run: Run, folder: Path) -> Result:
    return perform(_loaded[0], run, folder)


@dataclass(frozen=True)
class _Parcel:
    """A bench as it travels: the model as bytes."""

    model: bytes
    task: Task
    judges: Samples
    test: Samples | None
    target: Target | None

    @classmethod
    def of(cls, bench: Bench) -> _Parcel:
        return cls(ir.serde.serialize_model(bench.model).SerializeToString(), bench.task,
                   bench.judges, bench.test, bench.target)

    def bench(self) -> Bench:
        import onnx

        model = ir.serde.deserialize_model(onnx.load_from_string(self.model))
        return Bench(model, self.task, self.judges, self.test, self.target)


def _perform_parcel(parcel: _Parcel, run: Run) -> Result:
    from distributed import get_worker

    return perform(parcel.bench(), run, Path(get_worker().local_directory) / "edgec-stages")
