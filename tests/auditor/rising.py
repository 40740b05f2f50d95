"""What pages say of warnings, in a report and in the brief of a week; the brief is recounted from the records."""

import json
from functools import cached_property

import h3
import numpy as np
import pandas as pd
import pyproj
from scipy import stats

from auditor.control import layer, needs
from auditor.folder import Folder
from auditor.sentences import says

WEEK, MOST = pd.Timedelta(days=7), 40
GRADES = {1: (20, 1e9), 2: (5, 20), 3: (1, 5), 4: (0, 1)}  # years between chance warnings like it
SPOT_WEEKS, SPOTS, HOURS = 12, 3, 8
KINDS = {"crime_kind": (False, True), "time_of_day": (False, True), "place": (True, None), "spread": (True, None)}


class Brief(Folder):
    """The folder of a brief; `records` have time, category, lon and lat; `tasks` and `reports` are those tables.

    `shifts` are first and last hour by name; `plan` is the folder of the plan that is known.
    """

    def __init__(self, path, records, resolution, language="en", tasks=None, reports=None, shifts=None, plan=None):
        super().__init__(path, language)
        self.records, self.resolution, self.tasks, self.reports = records, resolution, tasks, reports
        self.shifts, self.plan = shifts or {}, plan

    @cached_property
    def summary(self):
        told = self.json("brief.json")
        week = told["week"]
        rising = {"by_chance_a_week": told["by_chance_a_week"], "warnings": told["rising"], "first_week": week,
                  "last_week": week}  # fmt: skip
        return {"audience": "internal", "brief": told, "rising": rising}

    @cached_property
    def page(self):
        name = "brief.html" if (self.path / f"brief.{self.language}.html").exists() is False else None
        return (self.path / (name or f"brief.{self.language}.html")).read_text(encoding="utf-8")

    @property
    def monday(self):
        return pd.Timestamp(self.told("brief", "week"))

    def week(self, start, weeks=1):
        """Return the records of so many weeks."""
        times = self.records["time"]
        return self.records[(times >= start) & (times < start + weeks * WEEK)]


class Watch(Folder):
    """What a watch says of warnings in one state, "continuing" or "over"; otherwise as `Brief`."""

    def __init__(self, path, records, state, language="en", shifts=None, plan=None):
        super().__init__(path, language)
        self.records, self.state, self.shifts, self.plan = records, state, shifts or {}, plan

    @cached_property
    def summary(self):
        lines = (self.path / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [row for row in map(json.loads, lines) if row["state"] == self.state]
        weeks = sorted(row["period"] for row in rows)
        ledger = self.json("ledger.json")
        return {"audience": "internal", "ledger": ledger, "rising": {
            "by_chance_a_week": ledger["by_chance_a_week"], "warnings": rows,
            "first_week": weeks[0] if weeks else None, "last_week": weeks[-1] if weeks else None}}  # fmt: skip

    @cached_property
    def page(self):
        other = self.path / f"warnings.{self.language}.html"
        page = (other if other.exists() else self.path / "warnings.html").read_text(encoding="utf-8")
        now, over, how = (page.find(f">{self.words[key]}<") for key in ("rising_now", "rising_over", "rising_how"))
        end = over if over >= 0 else how
        assert 0 <= now < end
        return page[:end] + page[how:] if self.state == "continuing" else page[over:how]


def planned(f):
    """Return the folder of the plan behind a page of warnings; a report stands in its own."""
    return getattr(f, "plan", f)


@says("rising_read")
def _(f, said, state):
    """Every row read is set aside or kept, and those kept are records, withdrawn, or older versions."""
    told = f.told("ledger")
    assert told["read"] == told["kept"] + sum(told["set_aside"].values())
    assert told["records"] == len(f.records)
    return {"files": told["files"], "rows": told["read"], "records": told["records"], "withdrawn": told["withdrawn"]}


def warnings(f):
    """Return the warnings, each held against itself: what rises is above what is expected, and as rare as its grade."""
    rows = f.told("rising", "warnings")
    for row in rows:
        assert f.told("rising", "first_week") <= row["period"] <= f.told("rising", "last_week"), row
        assert row["first_seen"] <= row["period"], row
        assert row["observed"] > row["expected"] >= 0, row
        assert 0 <= row["p"] <= row["q"] <= 1, row
        assert row["by_chance_a_year"] >= row["p"], row
        low, high = GRADES[row["grade"]]
        assert low <= row["recurrence_years"] < high, row
        placed, named = KINDS[row["kind"]]
        assert bool(row["place"]) == placed, row
        assert named is None or bool(row["what"]) == named, row
        assert not hasattr(f, "records") or len(of_warning(f, row)) == row["observed"], row
        assert row["post"] == nearest_post(f, row["place"]), row
        area_and_shift(f, row)
    keys = [(row["period"], row["kind"], row["place"], row["what"]) for row in rows]
    assert len(keys) == len(set(keys))
    return rows


def nearest_post(f, place):
    """Return the post nearest to the middle of a place, on the ellipsoid."""
    posts = pd.DataFrame() if planned(f) is None else layer(planned(f), "posts")
    if posts.empty or not place:
        return ""
    lat, lon = h3.cell_to_latlng(place)
    away = [pyproj.Geod(ellps="WGS84").inv(lon, lat, p.x, p.y)[2] for p in posts.geometry]
    return posts["name"].iloc[int(np.argmin(away))]


def area_and_shift(f, row):
    """The area is one of those of the place; with the records at hand none has more of them, nor has another shift."""
    areas = None if planned(f) is None else planned(f).cells.set_index("cell")["area_name"]
    assert bool(row["area"]) == (areas is not None), row
    if areas is not None:
        of = h3.get_resolution(areas.index[0])
        known = set(areas) if not row["place"] else set(areas.reindex(inside(row, of)).dropna())
        assert row["area"] in known, row
    if hasattr(f, "records"):
        rows = of_warning(f, row)
        hour = rows["time"].dt.hour
        fit = {
            name: (hour.between(a, b - 1) if a < b else (hour >= a) | (hour < b)).sum()
            for name, (a, b) in f.shifts.items()
        }
        assert fit.get(row["shift"], 0) == max(fit.values(), default=0), row
        if areas is not None:
            at = [h3.latlng_to_cell(y, x, of) for x, y in zip(rows["lon"], rows["lat"], strict=True)]
            count = areas.reindex(at).value_counts()
            assert count[row["area"]] == count.max(), row
    if hasattr(f, "forces"):
        assert row["forces"] == on_duty(f, areas, row), row


def on_duty(f, areas, row):
    """Return the forces of the area at the middle of the shift; `forces` has name, lon, lat and first and last hour."""
    if not (row["area"] and row["shift"]):
        return ""
    first, end = f.shifts[row["shift"]]
    middle = (first + (end - first) % 24 / 2) % 24
    at = [h3.latlng_to_cell(y, x, h3.get_resolution(areas.index[0])) for x, y in zip(f.forces.lon, f.forces.lat)]  # noqa: B905
    on = [(a <= middle < b) if a < b else (middle >= a or middle < b) for a, b in zip(f.forces.start, f.forces.end)]  # noqa: B905
    there = f.forces[(areas.reindex(at).to_numpy() == row["area"]) & on]
    more = len(there) - 3
    return ", ".join(sorted(set(there["name"]))[:3]) + (f" (+{more})" if more > 0 else "")


def inside(row, resolution):
    """Return the fine cells of a warning's place, or of the ring around it."""
    cells = {row["place"]} if row["kind"] == "place" else h3.grid_ring(row["place"], 1)
    return [fine for cell in cells for fine in h3.cell_to_children(cell, resolution)]


def of_warning(f, row):
    """Return the records of a warning's week, place (with the ring around it, for the surroundings), kind and hours."""
    start = pd.Timestamp(row["period"])
    rows = f.records[(f.records["time"] >= start) & (f.records["time"] < start + WEEK)]
    if row["place"]:
        of = h3.get_resolution(row["place"])
        cells = {row["place"]} if row["kind"] == "place" else set(h3.grid_ring(row["place"], 1))
        rows = rows[[h3.latlng_to_cell(y, x, of) in cells for x, y in zip(rows["lon"], rows["lat"], strict=True)]]
    if row["kind"] == "time_of_day":
        first, end = map(int, row["what"].split("-"))
        return rows[rows["time"].dt.hour.between(first, end - 1)]
    return rows if not row["what"] else rows[rows["category"] == row["what"]]


def concerns(f, row):
    """Return whom a warning concerns as a page says it."""
    named = ((name, row[name]) for name in ("area", "post", "shift", "forces"))
    parts = [f.words[f"rising_of_{name}"].format(name=value) for name, value in named if value]
    return f.words["list_semicolon"].join(parts) or "–"


@says("rising_weeks")
def _(f, said, state):
    warnings(f)
    return {"first": f.told("rising", "first_week"), "last": f.told("rising", "last_week")}


@says("rising_chance")
def _(f, said, state):
    kinds = f.told("rising", "by_chance_a_week")
    assert all(n >= 0 for n in kinds.values())
    parts = [f.words["rising_of_kind"].format(kind=f.words[f"rising_kind_{kind}"], n=n) for kind, n in kinds.items()]
    return {"n": sum(kinds.values()), "kinds": f.words["list_semicolon"].join(parts)}


@says("rising_past")
def _(f, said, state):
    """What chance gives in 95 of 100 spans, by adding up the chances of a Poisson count."""
    told = f.told("rising", "past")
    chances = np.cumsum([stats.poisson.pmf(n, told["by_chance"]) for n in range(1000)])
    low, high = (int(np.argmax(chances >= level)) for level in (0.025, 0.975))
    return {"weeks": told["weeks"], "n": told["n"], "by_chance": told["by_chance"], "low": low, "high": high}


def warning_table(f, heads, words):
    """The newest week first, in it the rarest; a star where it looks like a change of recording."""
    if not needs(heads, words, "rising_kind", "rising_grade", "rising_observed"):
        return None
    rows = sorted(warnings(f), key=lambda row: row["p"])
    rows = sorted(rows, key=lambda row: row["period"], reverse=True)[:MOST]
    return [
        {words["rising_period"]: row["period"], words["rising_kind"]: words[f"rising_kind_{row['kind']}"],
         words["rising_place"]: row["place"] or words["rising_whole"],
         words["rising_what"]: words.get(row["what"], row["what"]), words["rising_grade"]: str(row["grade"]),
         words["rising_observed"]: row["observed"], words["rising_expected"]: row["expected"],
         words["rising_by_chance"]: row["by_chance_a_year"],
         words["rising_since"]: row["first_seen"] + (" *" if row["recording"] else ""),
         words["rising_duty"]: concerns(f, row)}
        for row in rows
    ]  # fmt: skip


# ---- the brief


@says("brief")
def _(f, said, state):
    return {"week": f.told("brief", "week")}


@says("brief_sure")
def _(f, said, state):
    """Kinds that are named did change."""
    sure = [row for row in f.told("brief", "changes") if min(row["p_before"], row["p_year"] or 1.0) <= 0.05]
    names = [f.words.get(row["category"], row["category"]) for row in sure]
    return {"kinds": f.words["list_comma"].join(names)} if sure else None


@says("brief_decide_rise")
def _(f, said, state):
    rows = [row for row in warnings(f) if row["grade"] <= 2]
    names = {"place": {row["place"] or f.words["rising_whole"] for row in rows},
             "what": {f.words[f"rising_kind_{row['kind']}"] for row in rows},
             "of": {f.words.get(row["what"], row["what"]) or f.words["brief_all_kinds"] for row in rows}}  # fmt: skip
    return {key: said[key] for key in names} if all(said[key] in known for key, known in names.items()) else None


def of_week(f):
    """Return the tasks of the week, and their sheets, from the files themselves."""
    tasks = f.tasks[(f.tasks["start"] >= f.monday) & (f.tasks["start"] < f.monday + WEEK)]
    return tasks, f.reports[f.reports["task"].isin(tasks["task"])]


@says("brief_tasks_planned")
def _(f, said, state):
    tasks, _ = of_week(f)
    return {"tasks": len(tasks), "planned": tasks["minutes"].sum()}


@says("brief_tasks_back")
def _(f, said, state):
    """A task was issued unless its sheet says no, and reported when it says whether it was done."""
    tasks, reports = of_week(f)
    told, out = f.told("brief", "tasks"), reports["issued"] != "no"
    assert told["issued"] == len(tasks) - (~out).sum()
    assert told["reported"] == (reports["done"].notna() & out).sum()
    assert told["done"] == ((reports["done"] == "yes") & out).sum()
    assert told["done"] <= told["reported"] <= told["issued"] <= told["tasks"]
    return {key: told[key] for key in said}


@says("brief_tasks_log")
def _(f, said, state):
    told, (tasks, _) = f.told("brief", "tasks"), of_week(f)
    assert 0 <= told["delivered"] <= told["planned"] + 1e-6
    return {"delivered": told["delivered"], "planned": tasks["minutes"].sum()}


def changes(f, heads, words):
    """Every kind of the records: this week, the week before, and a week of the same three a year ago."""
    if not needs(heads, words, "brief_now", "brief_before", "brief_year_ago"):
        return None
    year = f.monday - 53 * WEEK
    parts = [f.week(f.monday), f.week(f.monday - WEEK), f.week(year, 3)]
    now, before, ago = (part["category"].value_counts() for part in parts)
    known = year >= f.records["time"].min()
    kinds = sorted(f.records.loc[f.records["time"] < f.monday + WEEK, "category"].unique())
    return [
        {words["brief_kind"]: words.get(kind, kind), words["brief_now"]: now.get(kind, 0),
         words["brief_before"]: before.get(kind, 0), words["brief_year_ago"]: ago.get(kind, 0) / 3 if known else None}
        for kind in kinds
    ]  # fmt: skip


def drawn_at(f, cell, third):
    """Return how many stops of the coming week the plan has drawn in a cell and a third of the day."""
    tasks = pd.read_csv(f.plan.path / "tasks.csv", encoding="utf-8-sig", parse_dates=["start"])
    start = tasks["start"]
    ahead = (start >= f.monday + WEEK) & (start < f.monday + 2 * WEEK) & (start.dt.hour // HOURS == third)
    return int((ahead & (tasks["cell"] == cell) & (tasks["kind"] == "stop")).sum())


def spots(f, heads, words):
    """The cells with most records of each third of the day."""
    if not needs(heads, words, "brief_shift", "brief_stop", "brief_records"):
        return None
    rows = f.week(f.monday - (SPOT_WEEKS - 1) * WEEK, SPOT_WEEKS)
    cell = [h3.latlng_to_cell(lat, lon, f.resolution) for lon, lat in zip(rows["lon"], rows["lat"], strict=True)]
    count = pd.Series(cell).groupby([rows["time"].dt.hour.to_numpy() // HOURS, cell]).size()
    found = []
    for row in f.told("brief", "spots"):
        third = int(row["shift"][:2]) // HOURS
        assert count[third, row["cell"]] == row["records"] >= 2, row
        assert row["records"] == count[third].nlargest(row["rank"]).iloc[-1], row
        line = {words["brief_shift"]: row["shift"], words["brief_rank"]: str(row["rank"]),
                words["brief_stop"]: row["stop"], words["brief_records"]: row["records"]}  # fmt: skip
        found.append(line | ({words["brief_drawn"]: drawn_at(f, row["cell"], third)} if "drawn" in row else {}))
    for third in count.index.get_level_values(0).unique():
        shown = sum(int(row["shift"][:2]) // HOURS == third for row in f.told("brief", "spots"))
        assert shown == min(SPOTS, (count[third] >= 2).sum())
    return found


TABLES = (warning_table, changes, spots)
