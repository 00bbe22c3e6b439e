"""Help texts as a terminal of 80 columns shows them."""

from __future__ import annotations

import pytest
import typer.main

from edgec.cli.app import flowing
from edgec.cli.main import app

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def test_lines_of_a_paragraph_flow_and_indented_ones_stay() -> None:
    assert flowing("""First line.

        Of a paragraph
        two lines.

          kept = 1
          kept = 2

        Example: edgec
        """) == ("First line.\n\nOf a paragraph two lines.\n\n  kept = 1\n  kept = 2\n\n"
                 "Example: edgec")


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_examples_in_help_fit_80_columns(verb: str) -> None:
    lines = str(COMMANDS[verb].help).replace("\\[", "[").splitlines()
    assert [line for line in lines if line.startswith(" ") and len(line) > 78] == []


@pytest.mark.parametrize("verb", sorted(COMMANDS))
def test_every_verb_says_what_it_does_in_one_sentence(verb: str) -> None:
    first = str(COMMANDS[verb].help).partition("\n")[0]
    assert first.endswith((".", ":")), first
