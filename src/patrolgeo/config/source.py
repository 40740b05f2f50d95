"""The files of a plan, and how they are read: the words of the readers."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.toml_tables import key

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EXCLUSIONS = ("no_patrol", "no_residents", "no_post")


@dataclass(frozen=True)
class Source:
    """A file or a table of a database; of several tables of one name (``[[calls]]``) the first holds the others."""

    several: ClassVar[bool] = False

    file: Path | str = key(
        "The file, relative to the plan file; or the address of a database, with `table` or `sql` (the password comes "
        "from PGPASSWORD).",
        example='"FILE"',
    )
    columns: dict[str, str] = key(
        "Which column holds which field, where they are not found; `patrolgeo check` prints this line.",
        {}, example='{FIELD = "COLUMN"}',
    )  # fmt: skip
    layer: str | None = key(
        "Layer of a GeoPackage, folder of a KML, sheet of a workbook, table of a zip file.", None, example='"LAYER"'
    )
    table: str | None = key("Table of a database.", None, example='"TABLE"')
    sql: str | None = key("Query of a database.", None, example='"select * from TABLE"')
    encoding: str | None = key("Of a text file that is neither UTF-8 nor GB18030.", None, example='"latin-1"')
    credit: str | None = key(
        "Who must be named on every map and report made with it; of an OpenStreetMap extract its contributors are.",
        None, example='"© OpenStreetMap contributors"',
    )  # fmt: skip
    datum: str = field(default="WGS84", metadata={"key": ""})  # layers say their own reference system
    also: tuple[Source, ...] = field(default=(), metadata={"key": ""})

    @classmethod
    def joined(cls, values: Sequence[Source], where: str, path: Path) -> Source:
        """Return the first of several tables of one name, which holds the others."""
        if not cls.several:
            raise DataError(f"{path}: [[{where}]] stands {len(values)} times; [{where}] takes one file.")
        return replace(values[0], also=tuple(values[1:]))

    def check(self, where: str, path: Path) -> None:
        """Raise when the encoding is none."""
        try:
            codecs.lookup(self.encoding or "utf-8")
        except (LookupError, ValueError):
            raise DataError(
                f"{path}: {where}.encoding = {self.encoding!r} is not an encoding, such as gb18030."
            ) from None

    @property
    def files(self) -> dict[str, Path]:
        """The files that reading this source opens, by their key; a database is none."""
        return {f.name: value for f in fields(self) if isinstance(value := getattr(self, f.name), Path)}


@dataclass(frozen=True)
class Table(Source):
    """A table whose rows are no places, such as that of the shifts."""


@dataclass(frozen=True)
class Points(Source):
    """A file whose rows have coordinates, which may be those of another datum."""

    datum: str = key("Datum of the coordinates: WGS84, GCJ02, BD09, CGCS2000 or a CRS.", "WGS84", example='"GCJ02"')


@dataclass(frozen=True)
class Polygons(Source):
    """A layer of polygons."""

    name: str | None = key(
        "Column that holds the name of each polygon, as maps and reports shall call it.", None, example='"dist_name"'
    )


@dataclass(frozen=True)
class Exclusion(Polygons):
    """Ground that is left out of a plan."""

    several: ClassVar[bool] = True

    kind: str = key(
        "What there is not: no_patrol (its cells are left out of areas, forecast and posts, and accounted for), "
        "no_residents (people of a census polygon are put beside it), no_post (no post or checkpoint there).",
        "no_patrol", choices=EXCLUSIONS,
    )  # fmt: skip


@dataclass(frozen=True)
class Records(Points):
    """Incidents or calls: rows with a time, which may be chosen, placed by name, and come from several sources."""

    several: ClassVar[bool] = True

    preset: str | None = key("How a known export is written.", None, example='"chicago"')
    tz: str | None = key("Time zone of times that do not say it.", None, example='"Asia/Shanghai"')
    day_first: bool | None = key("Whether 02/01/2024 is the second of January.", None, example="true")
    gazetteer: Path | None = key(
        "Names and coordinates of villages: locates rows that name a place but have no coordinates.",
        None, example='"villages.csv"',
    )  # fmt: skip
    hours: list[str] | None = key(
        "Two clock times: only rows from the first (included) to the second count, over midnight too. A plan of some "
        "hours says so in its title.",
        None, example='["22:00", "06:00"]',
    )  # fmt: skip
    weekdays: list[str] | None = key(
        "Only rows of these days of the week; with `hours` over midnight the day is that on which the night begins.",
        None, choices=WEEKDAYS, example='["fri", "sat"]',
    )  # fmt: skip
    categories: list[str] | None = key("Only rows of these categories.", None, example='["theft", "burglary"]')
    from_: str | None = key(
        "First time wanted: the start of the year, month or day named.", None, example='"2023-01"', name="from"
    )
    until: str | None = key("Last time wanted: the end of the year, month or day named.", None, example='"2024-06-30"')
    kinds: Path | str | None = key(
        "What a category is: nibrs, ucr, home_office, china or a CSV of your own.", None, example='"china"'
    )
    streets: Path | None = key("Layer that places rows which have an address only.", None, example='"streets.gpkg"')
    address_points: Path | None = key("Addresses with coordinates, for the same.", None, example='"doors.csv"')
    source: str | None = key("Name of one of several sources.", None, example='"110"')

    @property
    def share_of_week(self) -> float:
        """The share of all hours that `hours` and `weekdays` leave."""
        days = len(self.weekdays or WEEKDAYS) / len(WEEKDAYS)
        if self.hours is None:
            return days
        first, last = (int(text.split(":")[0]) + int(text.split(":")[1]) / 60 for text in self.hours)
        return days * ((last - first) % 24 or 24) / 24

    def check(self, where: str, path: Path) -> None:
        """Raise when a time zone, a clock time or a date is none, or when nothing can lie between two of them."""
        super().check(where, path)
        try:
            ZoneInfo(self.tz or "UTC")
        except (OSError, ValueError, LookupError):
            raise DataError(f"{path}: {where}.tz = {self.tz!r} is not a time zone, such as Asia/Shanghai.") from None
        if self.hours is not None and not (len(self.hours) == 2 and all(map(_is_clock, self.hours))):
            raise DataError(
                f'{path}: {where}.hours = {self.hours!r} must be two clock times, such as ["22:00", "06:00"].'
            )
        days = {name: _span(text) for name, text in (("from", self.from_), ("until", self.until)) if text is not None}
        for name, span in days.items():
            if span is None:
                raise DataError(f"{path}: {where}.{name} must be a date such as 2024, 2024-06 or 2024-06-30.")
        if len(days) == 2 and days["from"].start_time > days["until"].end_time:
            raise DataError(f"{path}: {where}.from = {self.from_!r} lies after until = {self.until!r}.")


@dataclass(frozen=True)
class Incidents(Records):
    """Incidents, which officers may have made themselves."""

    officer_kinds: list[str] | None = key(
        "Categories that patrols themselves record: work, not risk, so they are left out and counted.",
        None, example='["gambling"]',
    )  # fmt: skip
    channel: str | None = key("How the records of this source came in.", None, example='"phone"')


def _is_clock(text: str) -> bool:
    return re.fullmatch(r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?|24:00", text) is not None


def _span(text: str) -> Any:
    """Return the year, month or day that a text names, None where it names none."""
    try:
        return pd.Period(text)
    except ValueError:
        return None
