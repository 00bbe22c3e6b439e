"""revision_worker.py LIBRARY MODEL THREADS: the engine of any revision, in the protocol of --serve.

Through the C ABI (cpp/include/edgec/edgec.h, version 1), which revisions share that have no
edgec-bench --serve yet. Stands alone: any Python runs it.
"""

from __future__ import annotations

import array
import ctypes
import json
import random
import sys
import time

ABI = 1
LEAST_RUNS, MOST_RUNS = 3, 20000
FLOAT32, MAX_RANK = 0, 6


class Options(ctypes.Structure):
    """edgec_options."""

    _fields_ = (("threads", ctypes.c_uint32), ("isa", ctypes.c_char_p))


class TensorInfo(ctypes.Structure):
    """edgec_tensor_info."""

    _fields_ = (("name", ctypes.c_char_p), ("dtype", ctypes.c_int), ("rank", ctypes.c_uint32),
                ("dims", ctypes.c_uint32 * MAX_RANK), ("bytes", ctypes.c_uint64),
                ("scale", ctypes.c_float), ("zero_point", ctypes.c_int32))


class Engine:
    """A loaded model with random inputs, written anew before every run."""

    def __init__(self, library: str, model: str, threads: int) -> None:
        self._lib = ctypes.CDLL(library)
        self._lib.edgec_last_error.restype = ctypes.c_char_p
        self._lib.edgec_input_data.restype = ctypes.c_void_p
        if self._lib.edgec_abi_version() != ABI:
            raise RuntimeError(f"ABI {self._lib.edgec_abi_version()}, this worker knows {ABI}")
        self._model = ctypes.c_void_p()
        options = Options(threads, None)
        self._check(self._lib.edgec_load_file(model.encode(), ctypes.byref(options),
                                              ctypes.byref(self._model)))
        self._inputs = [self._values(i) for i in range(self._lib.edgec_input_count(self._model))]

    def _values(self, index: int) -> bytes:
        """Standard normal numbers for float32, zeros for other types."""
        info = TensorInfo()
        self._check(self._lib.edgec_input_info(self._model, index, ctypes.byref(info)))
        if info.dtype != FLOAT32:
            return bytes(info.bytes)
        source = random.Random(index)
        return array.array("f", (source.gauss(0, 1) for _ in range(info.bytes // 4))).tobytes()

    def _check(self, status: int) -> None:
        if status != 0:
            raise RuntimeError(self._lib.edgec_last_error().decode())

    def time_one(self) -> tuple[int, int]:
        """Wall and CPU nanoseconds of one run."""
        for index, values in enumerate(self._inputs):
            ctypes.memmove(self._lib.edgec_input_data(self._model, index), values, len(values))
        cpu, wall = time.process_time_ns(), time.perf_counter_ns()
        status = self._lib.edgec_run(self._model)
        taken = time.perf_counter_ns() - wall, time.process_time_ns() - cpu
        self._check(status)
        return taken


def main() -> None:
    """Greets, obeys, parts."""
    try:
        engine = Engine(sys.argv[1], sys.argv[2], int(sys.argv[3]))
        engine.time_one()
    except (OSError, RuntimeError) as error:
        print(json.dumps({"error": str(error)}), flush=True)
        return
    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        if line.startswith("quit"):
            break
        end = time.perf_counter() + float(line.split()[1])
        taken: list[tuple[int, int]] = []
        while len(taken) < MOST_RUNS and (len(taken) < LEAST_RUNS or time.perf_counter() < end):
            taken.append(engine.time_one())
        print(json.dumps({"wall_ns": [t[0] for t in taken], "cpu_ns": [t[1] for t in taken]}),
              flush=True)
    print(json.dumps({}), flush=True)


if __name__ == "__main__":
    main()
