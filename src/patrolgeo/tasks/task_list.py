"""Stops, posts and warnings as one list of tasks, each with an id that stays the same when it is made again."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from numbers import Real
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from patrolgeo._checks import check_choice, check_columns, check_time, check_type
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.escape import printable
from patrolgeo.files import write_text
from patrolgeo.sources.persons import names_crew
from patrolgeo.sources.xlsx import write_workbook
from patrolgeo.words.messages import LANGUAGES, load_words

KINDS = ("stop", "post", "warning")
COLUMNS = ("task", "kind", "start", "shift", "area", "unit", "order", "place", "cell", "minutes", "lon", "lat")
ANSWERS = ("issued", "taken", "done", "minutes_done", "activity", "reason")
_MADE_OF = ("kind", "start", "shift", "area", "unit", "order", "place", "cell")  # what an id is made of
_LETTERS = 10  # of an id: two of 100,000 tasks are alike once in 100,000 lists


def make_tasks(tables: Mapping[str, pd.DataFrame], *, day: Any = None) -> pd.DataFrame:
    """Which tasks follow from a plan, and what is each called?

    A task is a place and a time for a unit, never a person. Its id is made of what it says, so that the same plan gives
    the same ids, and another day others.

    Parameters
    ----------
    tables
        Tables by kind of task, "stop", "post" or "warning": `place` (or `name`, or `cell`), and where known `start`,
        `shift`, `area`, `unit`, `order`, `minutes` (or `arrive` and `leave`) and points (or `lon`, `lat`).
    day
        Day or time of the tasks that have no `start` of their own; minutes of arrival are counted from there.

    Returns
    -------
    DataFrame with ``task, kind, start, shift, area, unit, order, place, cell, minutes, lon, lat``, in the order of the
    tables; what is not known is missing.

    Raises
    ------
    MissingColumnError
        When a table names no place.
    DataError
        When a kind is not known, or there is no row.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import make_tasks
    >>> stops = pd.DataFrame({"place": ["market", "school"], "unit": [1, 1], "arrive": [10, 40], "leave": [22, 52]})
    >>> make_tasks({"stop": stops}, day="2025-01-06 14:00")[["task", "start", "place", "minutes"]]
               task               start   place  minutes
    0  S-OHRALUHDDL 2025-01-06 14:10:00  market     12.0
    1  S-IGXHURRUN5 2025-01-06 14:40:00  school     12.0
    """
    check_type(tables, Mapping, "tables", "{'stop': plan.stops}, for example")
    begin = None if day is None else check_time(day, "day")
    parts = [_of_kind(kind, table, begin) for kind, table in tables.items()]
    if not any(len(part) for part in parts):
        raise DataError("tables hold no row, so that there is no task.")
    tasks = pd.concat(parts, ignore_index=True)
    tasks.insert(0, "task", _ids(tasks))
    return tasks[list(COLUMNS)]


def _of_kind(kind: str, table: pd.DataFrame, begin: pd.Timestamp | None) -> pd.DataFrame:
    check_choice(kind, KINDS, "tables")
    check_columns(table, [], f"tables[{kind!r}]")
    place = next((name for name in ("place", "name", "cell") if name in table.columns), None)
    if place is None:
        raise MissingColumnError(f"tables[{kind!r}] lacks place, name or cell; it has: {', '.join(map(str, table))}.")
    if "activity" in table.columns:  # breaks of a route plan are no tasks
        table = table[table["activity"] != "break"]
    rows = pd.DataFrame(table).reset_index(drop=True).reindex(columns=[*COLUMNS[2:], "arrive", "leave"])
    rows["place"], rows["kind"] = table[place].map(printable).to_numpy(), kind
    if isinstance(table, gpd.GeoDataFrame):
        points = shapely.get_coordinates(shapely.point_on_surface(table.to_crs(4326).geometry.to_numpy()))
        rows["lon"], rows["lat"] = points.T
    rows["minutes"] = rows["minutes"].astype(float).fillna(rows["leave"] - rows["arrive"])
    later = pd.to_timedelta(rows["arrive"].astype(float).fillna(0.0), unit="min")
    rows["start"] = pd.to_datetime(rows["start"]).fillna(pd.NaT if begin is None else begin + later)
    return rows


def _ids(tasks: pd.DataFrame) -> list[str]:
    """Return an id a row: the letter of its kind, and letters made of what it says and how often that was said."""
    said = pd.Series(["|".join(map(_said, row)) for row in tasks[list(_MADE_OF)].itertuples(index=False)])
    again = said.groupby(said).cumcount().astype(str)
    codes = [hashlib.sha256(text.encode()).digest() for text in said + "|" + again]
    letters = tasks["kind"].str[0].str.upper()
    ids = [f"{k}-{base64.b32encode(code).decode()[:_LETTERS]}" for k, code in zip(letters, codes, strict=True)]
    if len(set(ids)) < len(ids):
        raise RuntimeError("two tasks have one id")
    return ids


def _said(value: Any) -> str:
    """Return a value as text, the same whether a table holds 1 or 1.0."""
    return "" if pd.isna(value) else f"{value:.12g}" if isinstance(value, Real) else str(value)


def write_tasks(tasks: pd.DataFrame, path: str | Path, *, language: str = "en") -> Path:
    """Write tasks as a sheet that comes back: empty columns for issued, taken, done, minutes, activity and reason.

    Parameters
    ----------
    tasks
        As `make_tasks` gives them.
    path
        A file that ends in .csv or .xlsx.
    language
        Of the headings, "en" or "zh"; `read_reports` knows both.

    Returns
    -------
    The path.

    Raises
    ------
    DataError
        When the ending or the language is not known.
    MissingColumnError
        When there is no column `task`.

    Examples
    --------
    >>> import tempfile, pandas as pd
    >>> from patrolgeo import make_tasks, write_tasks
    >>> tasks = make_tasks({"post": pd.DataFrame({"name": ["school gate"], "shift": ["day"]})})
    >>> write_tasks(tasks, tempfile.mkdtemp() + "/tasks.csv").read_text("utf-8-sig").splitlines()[0]
    'task,kind,start,shift,area,unit,order,place,cell,minutes,lon,lat,issued,taken,done,minutes_done,activity,reason'
    """
    check_columns(tasks, ["task"], "tasks")
    check_choice(language, LANGUAGES, "language")
    crew = [str(column) for column in tasks.columns if names_crew(str(column))]
    if crew:
        raise DataError(f"tasks holds {', '.join(crew)}; tasks are for units and places, never for officers.")
    path, words = Path(path), load_words(language)
    sheet = tasks.assign(**{name: tasks.get(name, "") for name in ANSWERS})
    heads = {name: words[f"task_{name}"] if language != "en" else name for name in (*COLUMNS, *ANSWERS)}
    sheet = sheet.rename(columns=heads)
    if path.suffix == ".xlsx":
        return write_workbook(path, {words["tasks"]: sheet})
    if path.suffix != ".csv":
        raise DataError(f"{path}: a list of tasks ends in .csv or .xlsx.")
    plain = sheet.map(lambda value: f"'{value}" if isinstance(value, str) and value[:1] in tuple("=+-@\t\r") else value)
    return write_text(path, "\ufeff" + plain.to_csv(index=False, lineterminator="\n"))
