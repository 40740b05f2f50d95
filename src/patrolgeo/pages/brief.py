"""The Monday brief in words: one page from the numbers of a week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.pages.blocks import Block, Figure, Lines, Section, Table, Text, as_image, texts
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.rising import rising_blocks
from patrolgeo.pages.templating import render, source
from patrolgeo.words.messages import say

SURE, SERIOUS = 0.05, 2  # corrected p of a change that is told as one; grade of a warning that is to be decided on
STEPS = ("issued", "taken", "reported", "done")
SIZE = 420  # of the sketch, in pixels


@dataclass(frozen=True)
class Brief:
    """What is known of a week.

    Parameters
    ----------
    week
        Its Monday.
    changes
        By category `now`, `before`, `year_ago` (three weeks, None where not known), `p_before`, `p_year`.
    rising
        Warnings of the week, as `raise_alerts` gives them.
    by_chance
        Warnings that chance brings in a week, by kind.
    spots
        By shift and rank the cells with most records, with a stop and where it is.
    outline
        Rings of the study area in degrees.
    tasks
        Of the tasks of the week their number, `planned` minutes and, when known, those `delivered` by the log; when
        sheets came back how many were `issued`, `taken`, `reported` and `done`. None: the plan names no tasks.
    ahead
        Of the week that follows, by the finished plan: its `week`, the `stops` drawn for it with `minutes` and `units`,
        the days `drawn_from` and `drawn_to`, `strength` (a row a shift) and `roster`. None: no finished plan is named.
    """

    week: str
    changes: pd.DataFrame
    rising: pd.DataFrame
    by_chance: Mapping[str, float]
    spots: pd.DataFrame
    outline: Sequence[Any]
    tasks: Mapping[str, float] | None
    ahead: Mapping[str, Any] | None = None


def brief_page(found: Brief, edition: Edition) -> str:
    """Return the page: what changed, what rises, the spots of each shift, tasks, what to decide."""
    words = edition.table
    told = found.rising.assign(
        period=found.rising["period"].astype(str), first_seen=found.rising["first_seen"].astype(str)
    )
    sections = [
        Section(words["brief_changed"], _changed(found.changes, words)),
        Section(words["rising"], rising_blocks(told, found.by_chance, words)),
        Section(words["brief_spots"], _spots(found, words)),
        Section(words["brief_tasks"], _tasks(found.tasks, words)),
        Section(words["brief_ahead"], _ahead(found.ahead, words)),
        Section(words["brief_decide"], [Lines(tuple(_decisions(found, words)))]),
    ]
    return str(render(
        "report.html", edition=edition, words=words | {"provenance": words["brief_files"]}, span="",
        heading=say(words, "brief", week=found.week), sections=sections, style=source("report.css"),
        first_page=[words["no_ground"], words["recorded"], words["rising_not_statutory"]],
    ))  # fmt: skip


def _changed(changes: pd.DataFrame, words: Mapping[str, str]) -> list[Block]:
    sure = [words.get(str(k), str(k)) for k in changes.index[changes[["p_before", "p_year"]].min(axis=1) <= SURE]]
    line = say(words, "brief_sure", kinds=words["list_comma"].join(sure)) if sure else words["brief_unsure"]
    heads = [words[f"brief_{name}"] for name in ("kind", "now", "before", "year_ago")]
    rows = [
        [words.get(str(kind), str(kind)), str(int(row.now)), str(int(row.before)),
         "–" if row.year_ago is None or pd.isna(row.year_ago) else f"{row.year_ago / 3:.1f}"]
        for kind, row in changes.iterrows()
    ]  # fmt: skip
    return [Text(line), Table(heads, rows), Text(words["brief_year_note"], "note")]


def _spots(found: Brief, words: Mapping[str, str]) -> list[Block]:
    if found.spots.empty:
        return [Text(words["brief_no_spots"])]
    names = [name for name in ("shift", "rank", "stop", "records", "drawn") if name in found.spots]
    rows = [[str(row[name]) for name in names] for row in found.spots.to_dict("records")]
    heads = [words[f"brief_{name}"] for name in names]
    return [Table(heads, rows), sketch(found), Text(words["brief_spots_note"], "note")]


def _tasks(told: Mapping[str, float] | None, words: Mapping[str, str]) -> list[Block]:
    if told is None:
        return [Text(words["brief_no_tasks"])]
    if not told["tasks"]:
        return [Text(words["brief_tasks_none"])]
    counted = {key: round(value) for key, value in told.items()}
    lines = [say(words, "brief_tasks_planned", tasks=counted["tasks"], planned=counted["planned"])]
    if "done" in told:
        lines.append(say(words, "brief_tasks_back", **{key: counted[key] for key in STEPS}))
    if "delivered" in told:
        lines.append(say(words, "brief_tasks_log", delivered=counted["delivered"], planned=counted["planned"]))
    else:
        lines.append(words["brief_tasks_no_log"])
    return texts(lines)


def _ahead(told: Mapping[str, Any] | None, words: Mapping[str, str]) -> list[Block]:
    """Return what the finished plan says of the coming week: its stops, strength by shift, and the roster."""
    if told is None:
        return [Text(words["brief_no_plan"])]
    lines = []
    if told["stops"]:
        lines.append(say(words, "brief_ahead_stops", week=told["week"], stops=told["stops"],
                         minutes=round(told["minutes"]), units=told["units"]))  # fmt: skip
    elif "drawn_from" in told:
        lines.append(say(words, "brief_ahead_none", week=told["week"], first=told["drawn_from"], last=told["drawn_to"]))
    if told["roster"]:
        lines.append(say(words, "brief_roster", **told["roster"]))
    heads = [words[f"brief_{name}"] for name in ("shift", "wanted", "there")]
    rows = [[row["shift"], f"{row['wanted']:.0f}", f"{row['there']:.1f}"] for row in told["strength"]]
    table: list[Block] = [Table(heads, rows), Text(words["brief_strength_note"], "note")] if rows else []
    return [*texts(lines), *table] or [Text(words["brief_ahead_nothing"])]


def _decisions(found: Brief, words: Mapping[str, str]) -> list[str]:
    serious = found.rising[found.rising["grade"] <= SERIOUS]
    lines = [
        say(words, "brief_decide_rise", what=words[f"rising_kind_{row.kind}"], place=row.place or words["rising_whole"],
            of=words.get(str(row.what), str(row.what)) or words["brief_all_kinds"])
        for row in serious.drop_duplicates(["kind", "place"]).head(5).itertuples()
    ]  # fmt: skip
    if found.rising["recording"].any():
        lines.append(words["brief_decide_recording"])
    if found.ahead is not None and "drawn_from" in found.ahead and not found.ahead["stops"]:
        lines.append(words["brief_decide_draw"])
    lines += [
        say(words, "brief_decide_short", shift=row["shift"], wanted=round(row["wanted"]), there=row["there"])
        for row in (found.ahead or {}).get("strength", []) if row["wanted"] > row["there"]
    ]  # fmt: skip
    return [*lines, words["brief_decide_spots"]]


def sketch(found: Brief) -> Figure:
    """Return the outline of the area with the stops, a colour-free mark a shift, numbered by rank."""
    every = np.vstack([*found.outline])
    low, high = every.min(axis=0), every.max(axis=0)
    squeeze = np.cos(np.radians((low[1] + high[1]) / 2))
    scale = (SIZE - 20) / max((high[0] - low[0]) * squeeze, high[1] - low[1])

    def at(lon: Any, lat: Any) -> tuple[Any, Any]:
        return 10 + (lon - low[0]) * squeeze * scale, SIZE - 10 - (lat - low[1]) * scale

    parts = [
        '<path d="M'
        + "L".join("{:.1f} {:.1f}".format(*at(*point)) for point in ring)
        + 'Z" fill="none" stroke="#555"/>'
        for ring in found.outline
    ]
    order = list(dict.fromkeys(found.spots["shift"]))
    for row in found.spots.itertuples():
        x, y = at(row.lon, row.lat)
        letter = "ABC"[order.index(row.shift)]
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
        parts.append(f'<text x="{x + 4:.1f}" y="{y:.1f}" font-size="11">{letter}{row.rank}</text>')
    frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" height="{SIZE}">'
    return as_image(f"{frame}{''.join(parts)}</svg>")
