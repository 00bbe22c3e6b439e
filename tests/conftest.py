"""Property tests explore on a person's machine and repeat the same examples in CI; no example has a
deadline, as a busy machine is no failure.

Torch gets one thread: the networks of the tests are small, and threads that wait for each other
on a busy machine make them many times slower.
"""

from __future__ import annotations

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("person", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "person")
