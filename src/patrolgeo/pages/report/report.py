"""The report: one page for the person who decides, made from the numbers of summary.json and a few tables."""

import math
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from patrolgeo._checks import check_choice
from patrolgeo.errors import DataError
from patrolgeo.escape import escape, printable
from patrolgeo.files import write_text
from patrolgeo.pages.caveats import caveats
from patrolgeo.pages.charts import interval_bars
from patrolgeo.pages.html import bullets, paragraph, section, subsection, tags, text_table
from patrolgeo.pages.report.areas import AREA_KEYS, areas_part
from patrolgeo.pages.report.checkpoints import checkpoint_section
from patrolgeo.sources.ledger import codes
from patrolgeo.words.messages import load_words, number, say

AUDIENCES = ("internal", "public")
SHARES = ("0.05", "0.01")  # of the patrollable area; the first is the one a reader meets first
# where a number becomes a weakness worth a line
ENOUGH_PLACED = 0.85  # a first minimum of rows with a place (Ratcliffe 2004)
FEW, UNEVEN, FAR_MINUTES, WIDE_GAP = 0.005, 1.1, 60, 0.02
Interval = tuple[float, float | None, float | None]
Words = dict[str, str]


def write_report(
    path: str | Path,
    summary: Mapping[str, Any],
    *,
    title: str,
    ledgers: Mapping[str, Any] | None = None,
    top_cells: pd.DataFrame | None = None,
    areas: pd.DataFrame | None = None,
    sites: pd.DataFrame | None = None,
    scores: pd.DataFrame | None = None,
    figures: Mapping[str, str] | None = None,
    data_span: tuple[str, str] | None = None,
    valid_until: str | None = None,
    origins: Mapping[str, int] | None = None,
    changes: Sequence[str] = (),
    notes: Iterable[str] = (),
    synthetic: bool = False,
    audience: str = "internal",
    language: str = "en",
    words: Mapping[str, str] | None = None,
) -> Path:
    """Write the report of a plan as one HTML file that opens without internet.

    Plain sentences, each from a number in `summary`; a section whose numbers are missing is left out. What can
    mislead stands on page one. The same input gives the same bytes.

    Parameters
    ----------
    path
        The file to write; it is whole or not there.
    summary
        The content of ``summary.json``: nested mappings `incidents`, `population`, `grid`, `hotspots`, `risk`,
        `areas`, `workload`, `sites`, `checkpoints`. A score is a number or ``{"value", "low", "high"}``.
    title
        Name of the place or plan.
    ledgers
        By source, a ledger (with `to_dict()`) or ``{"read", "kept", "set_aside": {reason: rows}}``.
    top_cells, areas, sites, scores
        Tables to print as they are, at most 30 rows; the index is the first column, known columns get their words.
    figures
        Further figures by heading, as SVG text or data URL of an image.
    data_span
        First and last day of the records.
    valid_until
        Last day of validity, 13 weeks after the data by custom.
    origins
        Rows by who started the record ("citizen", "officer").
    changes
        What was changed by hand, one sentence each.
    notes
        Warnings of the run, printed under "What is weak".
    synthetic
        Marks the report as made from invented data.
    audience
        "internal", or "public": the sites are left out.
    language
        "en" or "zh".
    words
        Own wording by key, see `load_words`.

    Returns
    -------
    The path.

    Examples
    --------
    >>> import tempfile
    >>> summary = {"incidents": {"read": 10, "kept": 9, "set_aside": {"no place": 1}}}
    >>> page = write_report(tempfile.mkdtemp() + "/report.html", summary, title="Longhe").read_text("utf-8")
    >>> "no ground for stopping" in page, "9 of 10 rows (90%)" in page
    (True, True)
    """
    check_choice(audience, AUDIENCES, "audience")
    table = load_words(language, words)
    incidents = summary.get("incidents", {})
    public = audience == "public"
    first_page = caveats(
        table,
        read=incidents.get("read"),
        kept=incidents.get("kept"),
        origins=origins,
        valid_until=valid_until,
        changes=changes,
        internal=not public,
    )
    sections = [
        section(table["at_a_glance"], _tiles(summary, public, table)),
        section(table["was_read"], _was_read(summary, ledgers, table)),
        section(table["was_found"], _was_found(summary, top_cells, table)),
        section(table["how_good"], _how_good(summary, scores, table)),
        section(table["how_areas"], areas_part(summary, "" if areas is None else _table(areas, table), table)),
        section(table["what_sites"], paragraph(table["public_text"]) if public else _what_sites(summary, sites, table)),
        section(table["what_checkpoints"], "" if public else checkpoint_section(summary.get("checkpoints", {}), table)),
        *[section(heading, _figure(figure)) for heading, figure in (figures or {}).items()],
        section(table["what_weak"], _what_weak(summary, notes, public, table)),
    ]
    marks = [table[audience], *([table["synthetic"]] if synthetic else [])]
    text = Template(files("patrolgeo.pages.report").joinpath("report.html").read_text(encoding="utf-8")).substitute(
        lang={"en": "en", "zh": "zh-CN"}[language],
        title=escape(title),
        heading=escape(table["report"]),
        span=escape(say(table, "data_span", first=data_span[0], last=data_span[1])) if data_span else "",
        marks=tags(marks),
        read_first=escape(table["read_first"]),
        caveats=bullets(first_page),
        sections="".join(sections),
        provenance=escape(table["provenance"]),
    )
    return write_text(path, text)


# ---- the sections


def _tiles(summary: Mapping[str, Any], public: bool, words: Words) -> str:
    hit = _score(summary.get("risk", {}), "hit_rate", SHARES[0])
    worst = summary.get("areas", {}).get("worst_travel_minutes")
    facts = {
        words["incidents_used"]: _shown(summary, "incidents", "kept", "{:,}"),
        words["patrollable_cells"]: _shown(summary, "grid", "patrollable", "{:,}"),
        words["hot_cells"]: _shown(summary, "hotspots", "significant_cells", "{:,}"),
        say(words, "hit_tile", share=float(SHARES[0])): f"{hit[0]:.0%}" if hit else "",
        words["balance_tile"]: _shown(summary, "areas", "max_over_mean", "{:.2f}"),
        words["worst_tile"]: "" if worst is None else say(words, "minutes", value=f"{worst:.0f}"),
        words["covered_tile"]: "" if public else _shown(summary, "sites", "covered_share", "{:.0%}"),
    }
    tiles = [f"<div><b>{escape(fact)}</b><span>{escape(name)}</span></div>" for name, fact in facts.items() if fact]
    return f"<div class=tiles>{''.join(tiles)}</div>" if tiles else ""


def _shown(summary: Mapping[str, Any], part: str, key: str, form: str) -> str:
    value = summary.get(part, {}).get(key)
    return "" if value is None else form.format(value)


def _was_read(summary: Mapping[str, Any], ledgers: Mapping[str, Any] | None, words: Words) -> str:
    known = dict(ledgers or {})
    if not known and "incidents" in summary:
        known = {"incidents": summary["incidents"]}
    heads = [words[key] for key in ("source", "read", "kept", "set_aside", "reasons")]
    parts = [
        paragraph(words["was_read_text"]),
        text_table(heads, [_ledger_row(k, v, words) for k, v in known.items()], "reasons"),
    ]
    if people := _known(summary, "population", "read", "on_cells", "outside"):
        parts.append(paragraph(say(words, "people_kept", **people)))
    if grid := _known(summary, "grid", "area_km2", "cells", "resolution", "patrollable"):
        parts.append(paragraph(say(words, "cells_filled", area=grid.pop("area_km2"), **grid)))
    return "".join(parts)


def _ledger_row(source: str, ledger: Any, words: Words) -> list[str]:
    entry = ledger.to_dict() if hasattr(ledger, "to_dict") else ledger
    aside = sorted(entry.get("set_aside", {}).items(), key=lambda item: (-item[1], item[0]))
    reasons = "; ".join(f"{_reason(code, words)}: {rows:,}" for code, rows in aside if rows)
    name = words.get(f"role_{source}", source)
    return [name, f"{entry['read']:,}", f"{entry['kept']:,}", f"{sum(rows for _, rows in aside):,}", reasons]


def _reason(code: str, words: Words) -> str:
    """Return the words of a code of the ledger, whose table has them in both languages."""
    return codes().get(code, {}).get(words["language"], code)


def _was_found(summary: Mapping[str, Any], top_cells: pd.DataFrame | None, words: Words) -> str:
    found = _known(summary, "hotspots", "significant_cells") | _known(summary, "grid", "patrollable")
    parts = []
    if len(found) == 2:
        n = found["significant_cells"]
        text = say(words, "hot_text", n=n, patrollable=found["patrollable"]) if n else words["no_hot_text"]
        parts.append(paragraph(text))
    if top_cells is not None and len(top_cells):
        parts.append(subsection(words["top_cells"], _table(top_cells, words)))
    return "".join(parts)


def _how_good(summary: Mapping[str, Any], scores: pd.DataFrame | None, words: Words) -> str:
    risk = summary.get("risk", {})
    parts = [_one_share(risk, share, text, words) for share, text in zip(SHARES, ("text", "again"), strict=True)]
    if any(parts):
        parts += [_score_table(risk, words), paragraph(words["metric_note"], "note")]
    if scores is not None and len(scores):
        parts.append(subsection(words["scores"], _table(_by_model(scores, words), words)))
    return "".join(parts)


def _one_share(risk: Mapping[str, Any], share: str, text: str, words: Words) -> str:
    """Say how much the forecast caught in one share of the area, beside the naive maps and the ceiling."""
    hit = _score(risk, "hit_rate", share)
    if hit is None:
        return ""
    rivals = _rivals(risk, share, words)
    lines = [say(words, f"forecast_{text}", share=float(share), value=_share_text(hit, words))]
    lines += [say(words, _verdict(hit, naive), rival=rival, naive=f"{naive[0]:.1%}") for rival, naive in rivals]
    reached, ceiling = _score(risk, "pei", share), _score(risk, "pei_ceiling", share)
    if reached and ceiling:
        lines.append(say(words, "ceiling_text", pei=reached[0], ceiling=ceiling[0]))
    bars = interval_bars([(words["forecast"], *hit), *[(rival, *naive) for rival, naive in rivals]], words["hit_rate"])
    return "".join(map(paragraph, lines)) + bars


def _score_table(risk: Mapping[str, Any], words: Words) -> str:
    rows = []
    for share in sorted(SHARES):
        hit, *others = (_score(risk, metric, share) for metric in ("hit_rate", "pai", "pei"))
        rows.append(
            [f"{float(share):.0%}", _share_text(hit, words), *[_interval_text(other, words) for other in others]]
        )
    return text_table([words[k] for k in ("area_share", "hit_rate", "pai", "pei")], rows)


def _by_model(scores: pd.DataFrame, words: Words) -> pd.DataFrame:
    """Turn one row a model and metric into one row a model; another table stays as it is."""
    if not {"model", "metric", "value", "low", "high"} <= set(scores.columns):
        return scores
    texts = [_interval_text(_as_interval(row), words) for row in scores[["value", "low", "high"]].to_dict("records")]
    table = scores.assign(text=texts).pivot(index="model", columns="metric", values="text")
    table = table.loc[scores["model"].unique(), scores["metric"].unique()]
    names = [_metric_name(str(metric), words) for metric in table.columns]
    return table.rename(index=lambda model: words.get(f"model_{model}", model)).set_axis(names, axis=1)


def _metric_name(metric: str, words: Words) -> str:
    name, _, share = metric.rpartition("_")
    return say(words, f"metric_{name}", share=float(share)) if f"metric_{name}" in words else metric


def _what_sites(summary: Mapping[str, Any], table: pd.DataFrame | None, words: Words) -> str:
    sites = summary.get("sites", {})
    parts = []
    if sites.get("covered_share") is not None:
        share, minutes = sites["covered_share"], sites.get("reach_minutes")
        reach = "…" if minutes is None else number(minutes)
        parts.append(paragraph(say(words, "sites_text", n=sites["n"], share=share, minutes=reach)))
        parts.append(paragraph(say(words, "blind_text", share=1 - share)))
        parts.append(paragraph(_proof(sites, words)))
    if table is not None and len(table):
        parts.append(_table(table, words))
    return "".join(parts)


def _proof(sites: Mapping[str, Any], words: Words) -> str:
    if sites.get("status") == "optimal":
        return words["optimal_text"]
    bound, gap = sites.get("bound"), sites.get("gap")
    return words["unproven_text"] if bound is None or gap is None else say(words, "proven_text", bound=bound, gap=gap)


def _what_weak(summary: Mapping[str, Any], notes: Iterable[str], public: bool, words: Words) -> str:
    found = [*_weak_data(summary, words), *_weak_forecast(summary, words), *_weak_plan(summary, public, words)]
    body = bullets(found) or paragraph(words["weak_none"])
    return body + subsection(words["noted"], bullets(notes, "note"))


def _weak_data(summary: Mapping[str, Any], words: Words) -> list[str]:
    incidents, people = _known(summary, "incidents", "read", "kept"), _known(summary, "population", "read", "outside")
    links = summary.get("grid", {}).get("links") or []
    found = []
    if incidents.get("read") and incidents["kept"] / incidents["read"] < ENOUGH_PLACED:
        found.append(say(words, "weak_mapping", share=incidents["kept"] / incidents["read"]))
    if people.get("read") and people["outside"] / people["read"] > FEW:
        found.append(say(words, "weak_people", share=people["outside"] / people["read"]))
    if links:
        found.append(say(words, "weak_links", n=len(links), km=number(max(link["km"] for link in links))))
    return found


def _weak_forecast(summary: Mapping[str, Any], words: Words) -> list[str]:
    risk = summary.get("risk", {})
    return [
        say(words, "weak_forecast", rival=rival, share=float(share))
        for share in SHARES
        if (hit := _score(risk, "hit_rate", share))
        for rival, naive in _rivals(risk, share, words)
        if _verdict(hit, naive) != "better"
    ]


def _weak_plan(summary: Mapping[str, Any], public: bool, words: Words) -> list[str]:
    areas = _known(summary, "areas", *AREA_KEYS)
    gap = summary.get("sites", {}).get("gap")
    found = []
    if areas and areas["max_over_mean"] > UNEVEN:
        found.append(say(words, "weak_balance", excess=areas["max_over_mean"] - 1))
    if areas and areas["worst_travel_minutes"] > FAR_MINUTES:
        found.append(say(words, "weak_reach", worst=number(areas["worst_travel_minutes"])))
    if gap is not None and gap > WIDE_GAP and not public:
        found.append(say(words, "weak_gap", gap=gap))
    return found


def _known(summary: Mapping[str, Any], part: str, *keys: str) -> dict[str, Any]:
    """Return the named numbers of one part, or nothing when one of them is missing."""
    found = {key: summary.get(part, {}).get(key) for key in keys}
    return {} if any(value is None for value in found.values()) else found


# ---- scores


def _score(risk: Mapping[str, Any], metric: str, share: str) -> Interval | None:
    return _as_interval(risk.get(metric, {}).get(share))


def _as_interval(found: Any) -> Interval | None:
    if isinstance(found, Mapping):
        if "hit_rate" in found:
            return _as_interval(found["hit_rate"])
        value, low, high = found.get("value"), found.get("low"), found.get("high")
    else:
        value, low, high = found, None, None
    value, low, high = (None if v is None or not math.isfinite(v) else float(v) for v in (value, low, high))
    return None if value is None else (value, low, high)


def _rivals(risk: Mapping[str, Any], share: str, words: Words) -> list[tuple[str, Interval]]:
    """Return the naive maps with their hit rates at one share of the area."""
    found = [
        (words.get(f"naive_{name}", name), _as_interval(by.get(share))) for name, by in risk.get("naive", {}).items()
    ]
    return [(name, score) for name, score in found if score]


def _verdict(hit: Interval, naive: Interval) -> str:
    """Judge by the forecast's interval: a rival inside it is neither beaten nor the winner."""
    value, low, high = hit
    if (low if low is not None else value) > naive[0]:
        return "better"
    return "worse" if (high if high is not None else value) < naive[0] else "similar"


# ---- text


def _figure(figure: str) -> str:
    """Return a figure as an image: what an image holds runs no script and asks for nothing."""
    if figure.lstrip().startswith("<svg"):
        figure = "data:image/svg+xml;base64," + b64encode(printable(figure).encode()).decode("ascii")
    if not figure.startswith("data:image/"):
        raise DataError(f"a figure must be SVG text or a data URL of an image, got {figure[:40]!r}.")
    return f'<img alt="" src="{escape(figure)}">'


def _share_text(score: Interval | None, words: Words) -> str:
    if score is None:
        return ""
    value, low, high = score
    if low is None or high is None:
        return f"{value:.1%}"
    return say(words, "interval", value=f"{value:.1%}", low=f"{low:.1%}", high=f"{high:.1%}")


def _interval_text(score: Interval | None, words: Words) -> str:
    if score is None:
        return ""
    value, low, high = score
    if low is None or high is None:
        return number(value)
    return say(words, "interval", value=number(value), low=number(low), high=number(high))


def _table(table: pd.DataFrame, words: Words, limit: int = 30) -> str:
    """Return the first rows of a table; an index that only counts is left out."""
    columns = [(str(name), values) for name, values in table.head(limit).items()]
    if not isinstance(table.index, pd.RangeIndex):
        label = "cell_id" if table.index.name == "cell" else str(table.index.name or "name")
        columns.insert(0, (label, table.index[:limit]))
    texts = [[_text(value, name, words) for value in values] for name, values in columns]
    return text_table([words.get(name, name) for name, _ in columns], list(zip(*texts, strict=True)))


def _text(value: Any, column: str, words: Words) -> str:
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    if isinstance(value, str):
        return words.get(value, value) if column == "kind" else value
    if pd.isna(value):
        return ""
    return f"{value:.1%}" if column.endswith("_share") else number(float(value))
