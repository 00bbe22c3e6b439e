"""Times and sizes as people read them, the same in the terminal and in the report."""

from __future__ import annotations


def duration(us: float) -> str:
    """Microseconds: "12.3 µs", "4.567 ms"."""
    return f"{us / 1000:.3f} ms" if us >= 1000 else f"{us:.1f} µs"


def size(count: int) -> str:
    """Bytes: "512 B", "1.5 KiB", "2.25 MiB"."""
    for factor, unit in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if count >= factor:
            return f"{count / factor:.{1 if unit == 'KiB' else 2}f} {unit}"
    return f"{count} B"
