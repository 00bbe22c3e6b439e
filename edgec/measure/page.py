"""The frame of every HTML report: one file that opens offline, no script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.resources import files


def page(title: str, body: str, style: str = "") -> str:
    """A whole document; body is HTML, style is added to the CSS of all reports."""
    css = files("edgec.measure").joinpath("report.css").read_text()
    return (f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<title>{escape(title)}</title>\n<style>\n{css}{style}</style></head>\n<body><main>\n"
            f"<h1>{escape(title)}</h1>\n{body}\n</main></body></html>\n")


def table(head: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    """A table; cells are HTML."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    name = f' class="{kind}"' if kind else ""
    return (f'<div class="wide"><table{name}><thead><tr>{top}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")
