"""Pieces of HTML; text is escaped here, so that nobody else has to remember."""

from collections.abc import Iterable, Sequence
from typing import Any

from patrolgeo.escape import escape


def section(heading: str, body: str) -> str:
    """Return a section, or nothing when it has no body (which is HTML already)."""
    return f"<section><h2>{escape(heading)}</h2>{body}</section>" if body else ""


def subsection(heading: str, body: str) -> str:
    """Return a smaller heading over its body, or nothing without a body."""
    return f"<h3>{escape(heading)}</h3>{body}" if body else ""


def paragraph(text: str, kind: str = "") -> str:
    """Return one paragraph of text."""
    return f"<p{f' class={kind}' if kind else ''}>{escape(text)}</p>"


def bullets(lines: Iterable[Any], kind: str = "") -> str:
    """Return a list, or nothing when there are no lines."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul{f' class={kind}' if kind else ''}>{items}</ul>" if items else ""


def tags(texts: Iterable[str]) -> str:
    """Return short texts side by side."""
    return "".join(f"<span>{escape(text)}</span>" for text in texts)


def text_table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Return a table of texts."""
    return markup_table(heads, [[escape(cell) for cell in row] for row in rows], kind)


def markup_table(heads: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Return a table whose cells are HTML already."""
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div class='wide {kind}'><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
