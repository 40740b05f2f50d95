"""The two tables that people work with: patrol areas, and posts with checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.pages.blocks import Block, Table, Text
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.report.scores import Words
from patrolgeo.words.messages import number, say

MOST = 400  # rows printed of a table that is worked with


def area_blocks(found: Findings, words: Words) -> list[Block]:
    """Return one row an area: name, radio code, work, people, incidents, minutes, and what it is today."""
    rows = found.summary.get("areas", {}).get("by_area", [])
    if not rows:
        return []
    unit = found.summary.get("workload", {}).get("unit", "index")
    shown = [{**row, "mostly": _mostly(row, words)} for row in rows[:MOST]]
    work = _whole if unit == "minutes" else "{:.1%}".format
    forms = {column: work if column == "workload" else form for column, form in _AREA_COLUMNS.items()}
    columns = [c for c in forms if shown[0].get(c) not in (None, "")]
    heads = [words["unit_minutes" if c == "workload" and unit == "minutes" else f"col_{c}"] for c in columns]
    table = Table(heads, [["" if row.get(c) is None else forms[c](row[c]) for c in columns] for row in shown])
    return [table, Text(words["area_table_note"], "note")] if "mean_minutes" in columns else [table]


def _mostly(row: Mapping[str, Any], words: Words) -> str:
    return say(words, "mostly", name=row["mostly"], share=row["mostly_share"]) if row.get("mostly") else ""


def _whole(value: float) -> str:
    return f"{value:,.0f}"


_AREA_COLUMNS: dict[str, Callable[[Any], str]] = {
    "area": str, "name": str, "radio_code": str, "workload": _whole, "over_mean": "{:.2f}".format,
    "population": _whole, "incidents": _whole, "harm": _whole, "rank_by_harm": str,
    "mean_minutes": "{:.1f}".format, "minutes_today": "{:.1f}".format,
    "worst_minutes": "{:.1f}".format, "mostly": str,
}  # fmt: skip


def post_blocks(found: Findings, words: Words) -> list[Block]:
    """Return one row a post or checkpoint: where it stands, for what duty and hours; nothing in a released report."""
    if found.released:
        return [Text(words["public_text"])]
    rows = [*_rows(found.sites, "post", found, words), *_rows(found.checkpoints, "checkpoint", found, words)]
    if not rows:
        return []
    heads = [words[key] for key in ("post", "name", "road", "area_name", "coordinates", "grade", "hours")]
    told = [i for i in range(len(heads)) if any(row[i] for row in rows)]  # a column without a word is left out
    table = Table([heads[i] for i in told], [[row[i] for i in told] for row in rows[:MOST]])
    return [table, Text(words["post_table_note"], "note")]


def _rows(layer: Any, kind: str, found: Findings, words: Words) -> list[list[str]]:
    if not isinstance(layer, gpd.GeoDataFrame):
        return []
    hours = {"post": say(words, "hours_a_day", hours=_post_hours(found)), "checkpoint": words["around_the_clock"]}[kind]
    table = pd.DataFrame(layer.drop(columns=layer.geometry.name))
    rows = []
    for rank, row, point in zip(table.index, table.to_dict("records"), layer.geometry, strict=True):
        grade = str(row.get("grade") or "normal") if kind == "checkpoint" else ""
        rows.append([
            f"{words[f'short_{kind}']} {rank}", _text(row.get("name")), _text(row.get("road")),
            _text(row.get("area_name")), f"{point.y:.5f}, {point.x:.5f}",
            words.get(f"grade_{grade}", grade) if grade else "", hours,
        ])  # fmt: skip
    return rows


def _post_hours(found: Findings) -> str:
    return number(float(found.summary.get("sites", {}).get("post_hours", 8.0)))


def _text(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NA else str(value)
