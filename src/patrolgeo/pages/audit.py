"""The pages of an audit bundle: for the public, for those who assess, for those who check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from patrolgeo.files import write_text
from patrolgeo.pages.blocks import Section, Table, Text
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.report.scores import Words
from patrolgeo.pages.templating import render, source
from patrolgeo.words.messages import say

ASSESSED = ("purpose", "law", "data", "persons", "affected", "needed", "burden", "feedback", "identity", "keep",
            "asked", "rights", "equality", "residual")  # fmt: skip
RECORDED = ("what", "owner", "use", "method", "inputs", "tested", "people", "limits", "code", "contact")
ASKED = ("why", "since", "ends", "benefit", "reviews", "complain")
GUIDE = ("look", "share", "verify", "rerun", "decide", "ask")


def write_audit_pages(folder: Path, told: Mapping[str, Any], tables: Mapping[str, Table], edition: Edition) -> None:
    """Write the pages of a bundle into `folder`.

    Parameters
    ----------
    folder
        Where they go.
    told
        Values of the sentences (``words/*/audit.toml``).
    tables
        "equity", "sources", "decisions": tables that pages show.
    edition
        Title, language, marks.
    """
    words = edition.table
    equity, sources = (
        Section(words["who_bears"], [tables["equity"], Text(words["bears_note"], "note")]),
        tables["sources"],
    )
    planned = Section(words["audit_planned"], [tables["decisions"]])
    pages: dict[str, tuple[Sequence[Section], tuple[str, ...]]] = {
        "guide": (_answers("guide", GUIDE, told, words), ()),
        "public": ([*_answers("ask", ASKED, told, words), equity, planned],
                   ("form_place", "form_remark", "form_reply")),
        "assessment": (_answers("assess", ASSESSED, told, words), ("assess_sign",)),
        "transparency": (_answers("record", RECORDED, told, words), ()),
        "statement": ([Section(words["audit_statement"], [Text(words["statement_text"]), sources])], ("assess_sign",)),
    }  # fmt: skip
    for name, (sections, rooms) in pages.items():
        first = [words["audit_no_ground"], say(words, "audit_valid", **_known("audit_valid", told, words))]
        page = render(
            "audit.html", edition=edition, words=words, heading=words[f"audit_{name}"], first_page=first,
            sections=sections, rooms=[words[key] for key in rooms], style=source("report.css"),
        )  # fmt: skip
        write_text(folder / f"{name}.html", page)


def answers(what: str, keys: Iterable[str], told: Mapping[str, Any], words: Words) -> dict[str, tuple[str, str]]:
    """Return question and answer by key."""
    return {key: (words[f"{what}_{key}"], say(words, f"{what}_{key}_is", **_known(f"{what}_{key}_is", told, words)))
            for key in keys}  # fmt: skip


def _answers(what: str, keys: Iterable[str], told: Mapping[str, Any], words: Words) -> list[Section]:
    return [Section(question, [Text(answer)]) for question, answer in answers(what, keys, told, words).values()]


def _known(key: str, told: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """Return the values that a message takes."""
    return {name: value for name, value in told.items() if f"{{{name}" in words[key]}
