"""The README's table of supported ops is what the rules' docstrings say today."""

from __future__ import annotations

from edgec.lower import catalog, support_table
from edgec.lower.backend import backend_names


def test_readme_has_the_table_of_today() -> None:
    text = support_table.README.read_text("utf-8")
    assert support_table.insert(text) == text, "run scripts/supported-ops"


def test_table_has_a_row_for_every_op_and_a_column_for_every_backend() -> None:
    head, _, *rows = support_table.render().partition("\n\n")[0].splitlines()
    assert [cell.strip() for cell in head.split("|")[4:-1]] == list(backend_names())
    assert [row.split("`")[1] for row in rows] == sorted(catalog.ops())


def test_every_rule_is_listed_once_and_every_number_has_its_rule() -> None:
    table, _, listing = support_table.render().partition("\n\n")
    rules = dict(line.split(". ", 1) for line in listing.splitlines())
    assert len(set(rules.values())) == len(rules)
    columns = len(backend_names())
    numbers = {word for row in table.splitlines()[2:]
               for cell in row.rsplit("|", columns + 1)[1:-1]
               for word in cell.replace(",", " ").split() if word.isdigit()}
    assert numbers == set(rules)
