"""The report: one page for the person who decides, made from the numbers of summary.json and a few tables."""

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from patrolgeo._checks import check_choice
from patrolgeo.files import write_text
from patrolgeo.maps.charts import interval_bars
from patrolgeo.maps.words import caveats, load_words, number, say

AUDIENCES = ("internal", "public")
SHARES = ("0.05", "0.01")  # of the patrollable area; the first is the one a reader meets first
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
        `areas`, `workload`, `sites`. A score is a number or ``{"value", "low", "high"}``.
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
    first_page = caveats(
        table,
        read=incidents.get("read"),
        kept=incidents.get("kept"),
        origins=origins,
        valid_until=valid_until,
        changes=changes,
    )
    public = audience == "public"
    sections = [
        _section(table["at_a_glance"], _tiles(summary, public, table)),
        _section(table["was_read"], _was_read(summary, ledgers, table)),
        _section(table["was_found"], _was_found(summary, top_cells, table)),
        _section(table["how_good"], _how_good(summary, scores, table)),
        _section(table["how_areas"], _how_areas(summary, areas, table)),
        _section(
            table["what_sites"], _paragraph(table["public_text"]) if public else _what_sites(summary, sites, table)
        ),
        *[_section(heading, _figure(figure)) for heading, figure in (figures or {}).items()],
        _section(table["what_weak"], _what_weak(summary, notes, public, table)),
    ]
    marks = [table[audience], *([table["synthetic"]] if synthetic else [])]
    text = Template(files("patrolgeo.maps").joinpath("report.html").read_text(encoding="utf-8")).substitute(
        lang={"en": "en", "zh": "zh-CN"}[language],
        title=escape(title),
        heading=escape(table["report"]),
        span=escape(say(table, "data_span", first=data_span[0], last=data_span[1])) if data_span else "",
        marks="".join(f"<span>{escape(mark)}</span>" for mark in marks),
        read_first=escape(table["read_first"]),
        caveats=_list(first_page),
        sections="".join(sections),
        provenance=escape(table["provenance"]),
    )
    return write_text(path, text)


# ---- the sections


def _tiles(summary: Mapping[str, Any], public: bool, words: Words) -> str:
    risk, areas, sites = summary.get("risk", {}), summary.get("areas", {}), summary.get("sites", {})
    hit = _score(risk, "hit_rate", SHARES[0])
    facts = [
        (words["incidents_used"], _count(summary.get("incidents", {}).get("kept"))),
        (words["patrollable_cells"], _count(summary.get("grid", {}).get("patrollable"))),
        (words["hot_cells"], _count(summary.get("hotspots", {}).get("significant_cells"))),
        (say(words, "hit_tile", share=float(SHARES[0])), f"{hit[0]:.0%}" if hit else None),
        (words["balance_tile"], f"{areas['max_over_mean']:.2f}" if "max_over_mean" in areas else None),
        (words["worst_tile"], _minutes(areas.get("worst_travel_minutes"), words)),
        (words["covered_tile"], f"{sites['covered_share']:.0%}" if "covered_share" in sites and not public else None),
    ]
    known = [(label, value) for label, value in facts if value is not None]
    return "".join(f"<div><b>{escape(v)}</b><span>{escape(k)}</span></div>" for k, v in known).join(
        ('<div class="tiles">', "</div>")
    )


def _was_read(summary: Mapping[str, Any], ledgers: Mapping[str, Any] | None, words: Words) -> str:
    known = dict(ledgers or {})
    if not known and "incidents" in summary:
        known = {words["incidents"]: summary["incidents"]}
    rows = [_ledger_row(source, ledger) for source, ledger in known.items()]
    heads = [words[key] for key in ("source", "read", "kept", "set_aside", "reasons")]
    parts = [_paragraph(words["was_read_text"]), _rows(heads, rows)]
    people, grid = summary.get("population", {}), summary.get("grid", {})
    if {"read", "on_cells", "outside"} <= set(people):
        parts.append(_paragraph(say(words, "people_kept", **{k: people[k] for k in ("read", "on_cells", "outside")})))
    if {"area_km2", "cells", "resolution", "patrollable"} <= set(grid):
        parts.append(
            _paragraph(
                say(
                    words,
                    "cells_filled",
                    area=grid["area_km2"],
                    **{k: grid[k] for k in ("cells", "resolution", "patrollable")},
                )
            )
        )
    return "".join(parts)


def _ledger_row(source: str, ledger: Any) -> list[str]:
    entry = ledger.to_dict() if hasattr(ledger, "to_dict") else ledger
    aside = {reason: rows for reason, rows in entry.get("set_aside", {}).items() if rows}
    reasons = "; ".join(
        f"{reason}: {rows:,}" for reason, rows in sorted(aside.items(), key=lambda item: (-item[1], item[0]))
    )
    return [source, f"{entry['read']:,}", f"{entry['kept']:,}", f"{sum(aside.values()):,}", reasons]


def _was_found(summary: Mapping[str, Any], top_cells: pd.DataFrame | None, words: Words) -> str:
    found = summary.get("hotspots", {}).get("significant_cells")
    parts = []
    if found is not None:
        patrollable = summary.get("grid", {}).get("patrollable", 0)
        parts.append(
            _paragraph(say(words, "hot_text", n=found, patrollable=patrollable) if found else words["no_hot_text"])
        )
    if top_cells is not None and len(top_cells):
        parts.append(f"<h3>{escape(words['top_cells'])}</h3>{_table(top_cells, words)}")
    return "".join(parts)


def _how_good(summary: Mapping[str, Any], scores: pd.DataFrame | None, words: Words) -> str:
    risk = summary.get("risk", {})
    parts = []
    for share in SHARES:
        hit = _score(risk, "hit_rate", share)
        if hit is None:
            continue
        parts.append(
            _paragraph(
                say(
                    words,
                    "forecast_text",
                    model=risk.get("model", ""),
                    share=float(share),
                    value=_share_text(hit, words),
                )
            )
        )
        rivals = _rivals(risk, share, words)
        parts += [
            _paragraph(say(words, _verdict(hit, naive), rival=rival, naive=f"{naive[0]:.1%}"))
            for rival, naive in rivals
        ]
        ceiling = _score(risk, "ceiling", share)
        if ceiling:
            parts.append(_paragraph(say(words, "ceiling_text", ceiling=f"{ceiling[0]:.0%}")))
        bars = [(f"{words['forecast']} {float(share):.0%}", *hit), *[(rival, *naive) for rival, naive in rivals]]
        parts.append(interval_bars(bars, words["hit_rate"]))
    if parts:
        parts += [_score_table(risk, words), _paragraph(words["metric_note"], "note")]
    if scores is not None and len(scores):
        parts.append(f"<h3>{escape(words['scores'])}</h3>{_table(scores, words)}")
    return "".join(parts)


def _score_table(risk: Mapping[str, Any], words: Words) -> str:
    rows = []
    for share in sorted(SHARES):
        found = [_score(risk, metric, share) for metric in ("hit_rate", "pai", "pei")]
        texts = [_share_text(found[0], words), *[_interval_text(f, words) for f in found[1:]]]
        rows.append([f"{float(share):.0%}", *texts])
    return _rows([words[k] for k in ("area_share", "hit_rate", "pai", "pei")], rows)


def _how_areas(summary: Mapping[str, Any], table: pd.DataFrame | None, words: Words) -> str:
    areas = summary.get("areas", {})
    parts = []
    if "max_over_mean" in areas:
        parts.append(_paragraph(say(words, "balance_text", n=areas["n"], ratio=areas["max_over_mean"])))
    if "worst_travel_minutes" in areas:
        mean, worst = (number(areas[k]) for k in ("mean_travel_minutes", "worst_travel_minutes"))
        parts.append(
            _paragraph(say(words, "reach_text", mean=mean, worst=worst)) + _paragraph(words["both_text"], "note")
        )
    if "noncontiguous" in areas:
        split = areas["noncontiguous"]
        parts.append(_paragraph(say(words, "split_text", n=split) if split else words["whole_text"]))
    if table is not None and len(table):
        parts.append(_table(table, words))
    return "".join(parts)


def _what_sites(summary: Mapping[str, Any], table: pd.DataFrame | None, words: Words) -> str:
    sites = summary.get("sites", {})
    parts = []
    if sites.get("covered_share") is not None:
        parts.append(_paragraph(say(words, "sites_text", n=sites["n"], share=sites["covered_share"])))
        parts.append(_paragraph(_proof(sites, words)))
    if table is not None and len(table):
        parts.append(_table(table, words))
    return "".join(parts)


def _proof(sites: Mapping[str, Any], words: Words) -> str:
    if sites.get("status") == "optimal":
        return words["optimal_text"]
    bound, gap = sites.get("bound"), sites.get("gap")
    if not isinstance(bound, (int, float)) or not isinstance(gap, (int, float)):
        return words["unproven_text"]
    return say(words, "proven_text", bound=bound, gap=gap)


def _what_weak(summary: Mapping[str, Any], notes: Iterable[str], public: bool, words: Words) -> str:
    found = [*_weak_data(summary, words), *_weak_results(summary, public, words), *notes]
    return f"<ul>{_list(found)}</ul>" if found else _paragraph(words["weak_none"])


def _weak_data(summary: Mapping[str, Any], words: Words) -> list[str]:
    incidents, people = summary.get("incidents", {}), summary.get("population", {})
    found = []
    if incidents.get("read") and incidents["kept"] / incidents["read"] < 0.85:
        found.append(say(words, "weak_mapping", share=incidents["kept"] / incidents["read"]))
    if people.get("read") and people.get("outside", 0) / people["read"] > 0.005:
        found.append(say(words, "weak_people", share=people["outside"] / people["read"]))
    return found


def _weak_results(summary: Mapping[str, Any], public: bool, words: Words) -> list[str]:
    risk, areas, sites = summary.get("risk", {}), summary.get("areas", {}), summary.get("sites", {})
    found = []
    for share in SHARES:
        hit = _score(risk, "hit_rate", share)
        for rival, naive in _rivals(risk, share, words) if hit else []:
            if hit and _verdict(hit, naive) != "better":
                found.append(say(words, "weak_forecast", rival=rival, share=float(share)))
    if areas.get("max_over_mean", 1) > 1.1:
        found.append(say(words, "weak_balance", excess=areas["max_over_mean"] - 1))
    gap = sites.get("gap")
    if isinstance(gap, (int, float)) and gap > 0.02 and not public:
        found.append(say(words, "weak_gap", gap=gap))
    return found


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
    return None if value is None or not math.isfinite(value) else (float(value), low, high)


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


def _section(heading: str, body: str) -> str:
    return f"<section><h2>{escape(heading)}</h2>{body}</section>" if body else ""


def _paragraph(text: str, kind: str = "") -> str:
    return f"<p{f' class={kind}' if kind else ''}>{escape(text)}</p>"


def _list(lines: Iterable[str]) -> str:
    return "".join(f"<li>{escape(str(line))}</li>" for line in lines)


def _figure(figure: str) -> str:
    return figure if figure.lstrip().startswith("<svg") else f'<img alt="" src="{escape(figure)}">'


def _count(value: int | None) -> str | None:
    return None if value is None else f"{value:,}"


def _minutes(value: float | None, words: Words) -> str | None:
    return None if value is None else say(words, "minutes", value=number(value))


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
    first = str(table.index.name or "")
    columns = [c for c in table.columns if c != "geometry"]
    heads = [words.get("cell_id" if first == "cell" else first, first), *[words.get(str(c), str(c)) for c in columns]]
    rows = [
        [_text(label), *[_text(v) for v in values]]
        for label, values in zip(table.index[:limit], table[columns].to_numpy(dtype=object)[:limit], strict=True)
    ]
    return _rows(heads, rows)


def _text(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool) or not hasattr(value, "__float__") or isinstance(value, str):
        return str(value)
    return number(float(value))


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<div class=wide><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
