"""A file of a plan, and how it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from patrolgeo.errors import DataError
from patrolgeo.toml_tables import key


@dataclass(frozen=True)
class Source:
    """A file or database and how to read it: the words of the readers, and of `Choice` in sources.

    Of several ``[[incidents]]`` or ``[[calls]]`` the first holds the others in `also`.
    """

    file: Path | str = key(
        "The file, relative to the plan file; or the address of a database, with `table` or `sql` (the password comes "
        "from PGPASSWORD).",
        example='"incidents.csv"',
    )
    columns: dict[str, str] = key(
        "Which column holds which field, where they are not found; `patrolgeo check` prints this line.",
        {}, example='{time = "occurred_on", category = "offense"}',
    )  # fmt: skip
    preset: str | None = key("How a known export is written.", None, example='"chicago"')
    datum: str = key("Datum of the coordinates: WGS84, GCJ02, BD09, CGCS2000 or a CRS.", "WGS84", example='"GCJ02"')
    tz: str | None = key("Time zone of times that do not say it.", None, example='"Asia/Shanghai"')
    encoding: str | None = key("Of a text file that is neither UTF-8 nor GB18030.", None, example='"latin-1"')
    day_first: bool | None = key("Whether 02/01/2024 is the second of January.", None, example="true")
    gazetteer: Path | None = key(
        "Names and coordinates of villages: locates rows that name a place but have no coordinates.",
        None, example='"villages.csv"',
    )  # fmt: skip
    layer: str | None = key("Layer of a GeoPackage, folder of a KML.", None, example='"districts"')
    table: str | None = key("Table of a database.", None, example='"incidents_2024"')
    sql: str | None = key("Query of a database.", None, example='"select * from incidents"')
    hours: list[str] | None = key(
        "Two clock times: only rows from the first (included) to the second count, over midnight too.",
        None, example='["22:00", "06:00"]',
    )  # fmt: skip
    categories: list[str] | None = key("Only rows of these categories.", None, example='["theft", "burglary"]')
    from_: str | None = key(
        "First time wanted; the start of the year, month or day named.", None, example='"2023-01"', name="from"
    )
    until: str | None = key("Last time wanted; the end of the year, month or day named.", None, example='"2024-06-30"')
    kinds: Path | str | None = key(
        "What a category is: nibrs, ucr, home_office, china or a CSV of your own.", None, example='"china"'
    )
    officer_kinds: list[str] | None = key(
        "Categories that patrols themselves record: work, not risk, so they are left out and counted.",
        None, example='["gambling"]',
    )  # fmt: skip
    streets: Path | None = key("Layer that places rows which have an address only.", None, example='"streets.gpkg"')
    address_points: Path | None = key("Addresses with coordinates, for the same.", None, example='"doors.csv"')
    source: str | None = key("Name of one of several sources.", None, example='"110"')
    channel: str | None = key("How the records of this source came in.", None, example='"phone"')
    also: tuple[Source, ...] = field(default=(), metadata={"key": ""})

    @staticmethod
    def joined(values: Sequence[Source], where: str, path: Path) -> Source:
        """Return the first of several tables of one source, which holds the others."""
        if where not in ("incidents", "calls"):
            raise DataError(
                f"{path}: [[{where}]] stands {len(values)} times; only [[incidents]] and [[calls]] "
                "take several sources."
            )
        return replace(values[0], also=tuple(values[1:]))

    @property
    def files(self) -> dict[str, Path]:
        """The files that reading this source opens, by their key; a database is none."""
        named = {key: getattr(self, key) for key in ("file", "gazetteer", "kinds", "streets", "address_points")}
        return {key: path for key, path in named.items() if isinstance(path, Path)}
