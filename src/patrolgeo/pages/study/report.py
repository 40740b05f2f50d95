"""The report of a study: what was asked, what was read, how well each model did, and how to run it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from patrolgeo.files import write_text
from patrolgeo.pages.blocks import Block, Figure, Lines, Part, Section, Table, Text, printed_table
from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.charts import interval_bars
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import as_interval, interval_text, share_text
from patrolgeo.pages.templating import render, source
from patrolgeo.words.messages import number, say

Summary = Mapping[str, Any]
Words = Mapping[str, str]
_SHARES = ("hit_rate", "pei", "pei_ceiling", "pei_any_area", "pei_equal_cells")  # metrics between 0 and 1


def write_study_report(path: Path, summary: Summary, tables: Mapping[str, pd.DataFrame], edition: Edition) -> Path:
    """Write the report of a study as one HTML file that opens without internet.

    Parameters
    ----------
    path
        The file to write.
    summary
        The content of the study's ``summary.json``.
    tables
        The further tables that the study made, by name.
    edition
        Title, language and marks.
    """
    words = edition.table
    sections = [
        Section(words["study_asked"], _asked(summary, words)),
        Section(words["was_read"], _sets(summary, words)),
        Section(words["study_pooled"], _pooled(summary, words)),
        Section(words["study_compared"], _compared(summary, words)),
        Section(words["study_by_set"], list(_by_set(summary, words))),
        Section(words["study_tables"], [Part(name, [printed_table(table, words)]) for name, table in tables.items()]),
        Section(words["study_again"], [Lines((words["study_verify"], words["study_bundle"], words["study_code"]))]),
    ]
    page = render(
        "report.html", edition=edition, words=words, heading=words["study_report"], span=_span(summary, words),
        first_page=caveats(Findings(summary), edition), sections=sections, style=source("report.css"),
    )  # fmt: skip
    return write_text(path, page)


def figures(summary: Summary, edition: Edition) -> dict[str, Markup]:
    """Return the pictures of a study by name, each a file of its own: what every model caught at each budget."""
    return {
        f"{name}-{share:g}": Markup(str(picture).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))  # noqa: S704
        for name, share, picture in _pictures(summary, edition.table)
    }


def _pictures(summary: Summary, words: Words) -> Iterator[tuple[str, float, Markup]]:
    rows = [row for row in summary.get("pooled", []) if row["metric"] in ("hit_rate", "pei")]
    for metric, share in dict.fromkeys((row["metric"], row["area_share"]) for row in rows):
        bars = [
            (row["model"], row["value"], row["low"], row["high"])
            for row in rows
            if (row["metric"], row["area_share"]) == (metric, share) and row["value"] is not None
        ]
        yield metric, share, interval_bars(bars, _metric(metric, share, words))


def _span(summary: Summary, words: Words) -> str:
    sets = summary["data"].values()
    if not sets:
        return ""
    return say(words, "data_span", first=min(s["first"] for s in sets)[:10], last=max(s["end"] for s in sets)[:10])


def _asked(summary: Summary, words: Words) -> list[Block]:
    """Return the models with their settings, and how they were tested."""
    rows = [
        [name, str(entry["use"]), ", ".join(f"{key} = {value}" for key, value in entry.items() if key != "use")]
        for name, entry in summary["models"].items()
    ]
    if not rows:
        return []
    heads = [words["model"], words["study_use"], words["study_settings"]]
    return [Text(words["study_how"]), Table(heads, rows)]


def _sets(summary: Summary, words: Words) -> list[Block]:
    """Return what was counted in each set."""
    rows = [
        [name, one["units"], one["freq"], f"{one['window']}", f"{one['horizon']}", f"{one['cells']:,}",
         f"{one['periods']:,}", f"{one['first'][:10]} – {one['end'][:10]}", f"{one['incidents']:,}"]
        for name, one in summary["data"].items()
    ]  # fmt: skip
    heads = ("study_set", "study_units", "study_freq", "study_window", "study_horizon", "units", "study_periods",
             "study_span", "study_incidents")  # fmt: skip
    return [Table([words[head] for head in heads], rows)] if rows else []


def _pooled(summary: Summary, words: Words) -> list[Block]:
    """Return what every model reached over all sets, as a table and as pictures."""
    rows = summary.get("pooled", [])
    if not rows:
        return []
    pictures = [Part(_metric(name, share, words), [Figure(p)]) for name, share, p in _pictures(summary, words)]
    return [_by_model(rows, words), Text(words["study_interval"], "note"), *pictures]


def _compared(summary: Summary, words: Words) -> list[Block]:
    """Return every model against the reference in the same periods."""
    rows = summary.get("compared", [])
    if not rows:
        return []
    said = say(words, f"study_{summary['how']}", reference=summary["reference"])
    return [Text(said), _by_model(rows, words, plain=True), Text(words["study_luck"], "note")]


def _by_set(summary: Summary, words: Words) -> Iterator[Block]:
    """Give a table for each metric and budget: sets as rows, models as columns."""
    rows = summary.get("by_set", [])
    if len(summary["data"]) < 2:
        return
    for metric, share in dict.fromkeys((row["metric"], row["area_share"]) for row in rows):
        some = [row for row in rows if (row["metric"], row["area_share"]) == (metric, share)]
        yield Part(_metric(metric, share, words), [_crossed(some, "data", "model", words["study_set"], words)])


def _by_model(rows: Iterable[Mapping[str, Any]], words: Words, *, plain: bool = False) -> Table:
    """Return models as rows, metrics as columns; `plain` numbers are differences or ratios."""
    named = [{**row, "column": _metric(row["metric"], row["area_share"], words)} for row in rows]
    return _crossed(named, "model", "column", words["model"], words, plain=plain)


def _crossed(rows: list[Any], down: str, across: str, head: str, words: Words, *, plain: bool = False) -> Table:
    """Return values with their intervals, one label down and one across."""
    columns = list(dict.fromkeys(row[across] for row in rows))
    told: dict[str, dict[str, str]] = {}
    for row in rows:
        write = share_text if row["metric"] in _SHARES and not plain else interval_text
        told.setdefault(row[down], {})[row[across]] = write(as_interval(row), words)
    return Table([head, *columns], [[label, *[by.get(name, "") for name in columns]] for label, by in told.items()])


def _metric(metric: str, share: float | None, words: Words) -> str:
    called = words.get(f"study_{metric}", words.get(metric, metric))
    return called if share is None else say(words, "study_at", metric=called, share=f"{number(100 * share)} %")
