"""What an experiment tells of its progress."""


def say(line: str) -> None:
    """A line at once, whatever stdout is."""
    print(line, flush=True)
