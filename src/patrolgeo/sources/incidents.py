"""Incidents: id, time, category and place of what was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa

from patrolgeo._checks import check_choice
from patrolgeo._typing import Bools
from patrolgeo.errors import MissingColumnError
from patrolgeo.sources.boundaries import read_area
from patrolgeo.sources.choice import Choice, Part, choose_rows, parts_of
from patrolgeo.sources.columns import known_names
from patrolgeo.sources.copies import note_copies
from patrolgeo.sources.duplicates import MODES, set_duplicates_aside
from patrolgeo.sources.heaps import report_heaps
from patrolgeo.sources.kinds import TRAITS, with_kinds
from patrolgeo.sources.labels import PRECISIONS, categories, identity, origins, without_patrol_place
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.numbers import read_numbers
from patrolgeo.sources.occurrence import occurrence
from patrolgeo.sources.persons import identifies
from patrolgeo.sources.placing import find_places, open_rows
from patrolgeo.sources.positions import Points
from patrolgeo.sources.presets import Preset
from patrolgeo.sources.profile import make_profile, missing_profile, write_profile
from patrolgeo.sources.span import with_record_span
from patrolgeo.sources.times import text_of
from patrolgeo.words.messages import LANGUAGES

FIELDS = (
    *("id", "time", "time_end", "time_precision", "category", *TRAITS, "origin", "weight"),
    *("precision", "place", "source", "channel"),
)


def read_incidents(
    source: Any,
    *,
    preset: str | None = None,
    columns: Mapping[str, str] | None = None,
    datum: str = "WGS84",
    tz: str | None = None,
    encoding: str | None = None,
    day_first: bool | None = None,
    area: Any = None,
    places: Any = None,
    keep: Iterable[str] = (),
    duplicates: str = "id",
    place_bound: bool = True,
    return_ledger: bool = False,
    **more: Unpack[Choice],
) -> Any:
    """Which incidents were recorded, when and where?

    Every row is kept, or set aside with its reason; the ledger counts them, and says what was repaired, recognised
    or looks wrong. Columns that identify persons are dropped on reading.

    Parameters
    ----------
    source
        Path (CSV, Excel, Parquet, GeoParquet, GeoPackage, GeoJSON, Shapefile), a frame, a database, or a list of
        these, which are put together with a column `source`. A table with ``id, datetime, category, lon, lat`` needs
        nothing more. Each of a list may be a mapping with its own words, as ``[[incidents]]`` of a plan file:
        ``{"file": "calls.csv", "source": "110", "channel": "phone", "tz": "Asia/Shanghai"}``.
    preset
        How a known export is written: see `preset_names`; or the path of a TOML file of one's own.
    columns
        Names of columns by field, for example ``{"time": "reported_on"}``.
    datum
        "WGS84", "GCJ02", "BD09", "CGCS2000" (degrees or Gauss-Krueger metres), or a CRS such as "EPSG:2276".
    tz
        Time zone, for example "Europe/London". Times become local clock times without a zone.
    encoding
        Encoding of a text file, when it is neither UTF-8 nor GB18030.
    day_first
        Whether 02/01/2024 is the second of January; needed only when the column does not tell.
    area
        Study area (polygons, or a path to them); rows outside are set aside.
    places
        Gazetteer (names and coordinates, better with township and population) that locates rows without coordinates.
    keep
        Further columns to keep, as they are. Columns that identify persons are not kept.
    duplicates
        "id" sets copies aside: rows with the id of an earlier row that agree with it in all that is read; "alike" also
        those that repeat place, time (to ten minutes) and category; "keep" neither. The others are noted.
    place_bound
        Set categories without a patrol place (telecom and online fraud) aside.
    more
        ``layer, table, sql, hours, weekdays, categories, from_, until, kinds, streets, address_points``; see `Choice`.
    return_ledger
        Return the ledger too. Without it, what the ledger warns of becomes a `PatrolgeoWarning`.

    Returns
    -------
    GeoDataFrame (EPSG:4326) with ``id, time, category, geometry`` and, when known, ``time_end, time_precision, origin,
    weight, precision, place, source``, and ``record_span``: the first and the last time of the whole table, so that
    `count_incidents` knows the quiet ends of a filtered one; with `return_ledger` a pair of it and a `Ledger`.

    Raises
    ------
    DataError
        When there is no row, or none that can be used; when day and month cannot be told apart.
    MissingColumnError, MissingFileError
        When a column or the file is not there; the message names what is.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_incidents
    >>> table = pd.DataFrame({"id": [7], "datetime": ["2024-03-05 23:40"], "category": ["theft"],
    ...                       "lon": [119.97], "lat": [31.81]})
    >>> read_incidents(table)[["id", "time", "category"]]
      id                time category
    0  7 2024-03-05 23:40:00    theft
    """
    own = {"preset": preset, "columns": columns, "datum": datum, "tz": tz, "encoding": encoding, "day_first": day_first}
    options = _Options(None if area is None else read_area(area), places, tuple(keep), duplicates, place_bound)
    table, ledger = _gathered(source, {**own, **more}, options)
    kept = _finished(table, ledger, options.keep)
    return ledger.finish(kept, return_ledger)


def _gathered(source: Any, said: Mapping[str, Any], options: _Options) -> tuple[_Found, Ledger]:
    """Return the rows of all parts of a source, with what is set aside counted and nothing taken out yet."""
    table, ledger = _fuse([_read(part, options) for part in parts_of(source, "incidents", said)])
    _sort_out(table, ledger, options)
    _look(table, ledger)
    return table, ledger


def inspect_incidents(source: Any, *, html: str | Path | None = None, language: str = "en", **options: Any) -> Ledger:
    """What would `read_incidents` do with every row of `source`?

    The same options; the answer is the ledger, for ``patrolgeo check``. A table of which no row can be used is an
    error there and here.

    Parameters
    ----------
    source
        As in `read_incidents`.
    html
        File for a page that shows the table before anything is decided: rows, span, gaps, heaps, kinds, a small map,
        and what was set aside with examples. It is written also when columns are missing or no row can be used.
    language
        Of the page: "en" or "zh".
    options
        As in `read_incidents`.

    Returns
    -------
    Ledger: every row of the source is accounted for.

    Raises
    ------
    MissingColumnError
        When no column can be the time, or there is no place; the page, if one was asked for, is written before that.
    DataError, MissingFileError, CRSError
        As `read_incidents` raises them.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import inspect_incidents
    >>> table = pd.DataFrame({"time": ["2024-03-05", None], "category": "theft", "lon": 119.9, "lat": 31.7})
    >>> inspect_incidents(table).set_aside
    {'missing_time': 1}
    """
    check_choice(language, LANGUAGES, "language")
    said = dict(options)
    shared = {name: said.pop(name) for name in ("places", "duplicates", "place_bound") if name in said}
    area, keep = said.pop("area", None), tuple(said.pop("keep", ()))
    said.pop("return_ledger", None)
    chosen = _Options(None if area is None else read_area(area), keep=keep, shown=html is not None, **shared)
    try:
        found, ledger = _gathered(source, said, chosen)
    except MissingColumnError as problem:
        if html is not None:
            write_profile(missing_profile(source, problem), html, language)
        raise
    if html is not None:
        write_profile(make_profile(found.table, found.points, found.raws, ledger, language), html, language)
    _finished(found, ledger, keep)
    return ledger


@dataclass(frozen=True)
class _Options:
    """What all sources of one reading share."""

    areas: Any = None
    places: Any = None
    keep: tuple[str, ...] = ()
    duplicates: str = "id"
    place_bound: bool = True
    shown: bool = False  # on a page, which needs what stood in the columns; points need the room otherwise

    def __post_init__(self) -> None:
        check_choice(self.duplicates, MODES, "duplicates")


@dataclass
class _Found:
    """Rows of one source as columns of equal length, before anything is set aside for good."""

    table: pd.DataFrame
    points: Points
    exact: Bools
    raws: tuple[tuple[str, pd.DataFrame], ...]  # the name of each part and what stood in its used columns


def _read(part: Part, options: _Options) -> tuple[_Found, Ledger]:
    raw, ledger, rules = open_rows(part, keep=options.keep, placed=options.places is not None)
    table = _labelled(occurrence(raw, ledger, rules.day_first, rules.tz), raw, ledger, rules)
    choose_rows(table["time"], table["category"], part.choice, ledger)
    if "kinds" in part.choice:
        table = with_kinds(table, part.choice["kinds"], ledger)
    if part.channel is not None:
        _with_channel(table, part.channel)
    points, exact = find_places(table, raw, ledger, rules, options.areas, options.places)
    for column in options.keep:
        if column not in table.columns:
            table[column] = _kept(raw, column, ledger)
    used = [c for c in known_names("incidents") if c in raw.columns]
    raws = ((ledger.source, pd.DataFrame(raw[used])),) if options.shown else ()
    return _Found(table, points, exact, raws), ledger


def _with_channel(table: pd.DataFrame, channel: str) -> None:
    """Write down by which channel a source hears of incidents; it tells who started rows that do not say so."""
    table["channel"] = channel
    told = origins(pd.Series([channel]), Ledger("channel", [0])).iloc[0]
    own = table["origin"] if "origin" in table.columns else pd.Series("unknown", index=table.index)
    table["origin"] = own.where(own != "unknown", told)


def _labelled(table: pd.DataFrame, raw: Any, ledger: Ledger, preset: Preset) -> pd.DataFrame:
    table["id"], table["_made_id"] = identity(raw, ledger)
    table["category"], origin = categories(raw, ledger, preset.origin)
    table["_kind"] = table["category"].astype("category")
    if origin is not None:
        table["origin"] = origin
    if "weight" in raw.columns:
        weights = read_numbers(raw["weight"], f"{ledger.source}, weight")
        ledger.reject(~(np.isfinite(weights.values) & (weights.values >= 0)), "bad_weight")
        table["weight"] = weights.values
    if preset.precision or "precision" in raw.columns:
        given = text_of(raw["precision"]) if "precision" in raw.columns else None
        default = preset.precision or "exact"
        table["precision"] = default if given is None else given.where(given.isin(PRECISIONS), default)
    return table


def _kept(raw: Any, column: str, ledger: Ledger) -> Any:
    if column in raw.columns:
        return raw[column]
    if identifies(column, pd.Series(dtype="str")) or any(
        column in e.detail for e in ledger.entries if e.code == "persons_dropped"
    ):
        return None  # dropped on reading, and counted there
    raise MissingColumnError(f"{ledger.source} has no column {column!r} to keep; it has: {', '.join(raw.columns)}.")


def _fuse(parts: list[tuple[_Found, Ledger]]) -> tuple[_Found, Ledger]:
    if len(parts) == 1:
        return parts[0]
    founds, ledgers = zip(*parts, strict=True)
    table = pd.concat([f.table.assign(source=led.source) for f, led in parts])
    table["id"] = table["id"].mask(table["_made_id"], table["source"] + " " + table["id"])
    table["_kind"] = table["category"].astype("category")
    points = Points.joined([f.points for f in founds])
    exact = np.concatenate([f.exact for f in founds])
    raws = tuple(raw for f in founds for raw in f.raws)
    return _Found(table, points, exact, raws), Ledger.fused(ledgers)


def _sort_out(found: _Found, ledger: Ledger, options: _Options) -> None:
    set_duplicates_aside(found.table, found.points, found.exact, ledger, options.duplicates)
    note_copies(found.table, found.points, ledger, wanted=options.duplicates == "keep")
    if options.place_bound:
        remote = without_patrol_place(found.table["_kind"], found.points)
        ledger.without_place = tuple(sorted(set(found.table.loc[remote & ledger.alive, "category"].astype(str))))
        ledger.reject(remote, "not_place_bound")
    report_heaps(found.table, found.points, found.exact, ledger)


def _look(found: _Found, ledger: Ledger) -> None:
    """Count what an analyst should know of the rows that stay."""
    table = found.table
    if "time_end" in table.columns and table["time_end"].notna().any():
        ledger.noted("intervals", table["time_end"].notna().to_numpy())
    if "origin" in table.columns and (table["origin"] == "officer").any():
        ledger.noted("officer_initiated", (table["origin"] == "officer").to_numpy())


def _finished(found: _Found, ledger: Ledger, keep: tuple[str, ...]) -> gpd.GeoDataFrame:
    shown = [c for c in dict.fromkeys((*FIELDS, *keep)) if c in found.table.columns]
    pa.default_memory_pool().release_unused()
    found.table = ledger.close(found.table[shown], "incidents")  # the rest makes room for the points
    return with_record_span(found.points.join(found.table, ledger.alive))
