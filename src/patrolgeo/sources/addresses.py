"""Addresses become points without a network: house numbers, blocks and crossings on layers of one's own.

An address is placed on an address point (precision "exact"), or at the middle of the block or at the crossing that it
names ("street"). Anything less than a match of the block stays without a place. The address itself goes no further.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from patrolgeo import crs
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError, MissingColumnError
from patrolgeo.sources.address_text import Address, read_address, street_name
from patrolgeo.sources.columns import listed, plain
from patrolgeo.sources.heaps import report_mapping
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import to_lonlat, with_points
from patrolgeo.sources.tables import open_table
from patrolgeo.sources.times import text_of

_ADDRESS = ("address", "incidentaddress", "fulladdress", "streetaddress", "blockaddress", "block", "hundredblock",
            "location", "locationblock", "intersection", "地址", "详细地址", "标准地址", "发案地址", "发案地点",
            "案发地点", "地点")  # fmt: skip
_STREET = ("street", "fullname", "streetname", "stname", "name", "roadname", "道路名称", "路名", "名称", "街路巷")
_NUMBER = ("number", "housenumber", "houseno", "addrnumber", "addnumber", "stnum", "门牌号", "门牌", "号")
_RANGES = (("lfromadd", "ltoadd"), ("rfromadd", "rtoadd"), ("lfrom", "lto"), ("rfrom", "rto"), ("fromleft", "toleft"),
           ("fromright", "toright"), ("from", "to"), ("fromnumber", "tonumber"), ("起始门牌", "终止门牌"))  # fmt: skip
_FAR, _TOUCH = 400.0, 30.0


@dataclass(frozen=True)
class Places:
    """What addresses are looked up in: numbers of points and ranges of segments, by street; geometry in metres."""

    points: dict[tuple[str, int], list[tuple[float, float]]] = field(default_factory=dict)
    segments: dict[str, list[tuple[int, int, Any]]] = field(default_factory=dict)
    lines: dict[str, Any] = field(default_factory=dict)
    center: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Located:
    """Longitude, latitude and precision by row; `reason` says why a row has none."""

    lon: Floats
    lat: Floats
    precision: pd.Series
    reason: pd.Series


def locate_addresses(
    table: pd.DataFrame,
    *,
    streets: Any = None,
    points: Any = None,
    column: str | None = None,
    return_ledger: bool = False,
) -> Any:
    """Where are the addresses of a table?

    Parameters
    ----------
    table
        Rows with a column of addresses, such as "12 Main St", "1200 BLOCK OF MAIN ST", "Main St & 4th Ave",
        "南环二路12号" or "南环二路与东环一路交叉口".
    streets
        Lines with a name and, for numbers and blocks, ranges (``from, to``, or left and right as in TIGER files).
    points
        Address points with ``number`` and ``street``, or with the whole ``address``.
    column
        The column of addresses; found by its name and values otherwise.
    return_ledger
        Return the ledger too: the match rate, by category and township where the table has them.

    Returns
    -------
    GeoDataFrame (EPSG:4326) of all rows without the addresses: `precision` "exact" or "street"; no point where nothing
    matches.

    Raises
    ------
    DataError
        When neither layer is named, or a layer has no names of streets.
    MissingColumnError
        When no column holds addresses.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import locate_addresses
    >>> street = gpd.GeoDataFrame({"name": ["Main St"], "from": [1200], "to": [1298]}, crs="EPSG:4326",
    ...                           geometry=[shapely.LineString([(119.9, 31.7), (119.902, 31.7)])])
    >>> rows = pd.DataFrame({"category": ["theft", "theft"], "address": ["1200 BLOCK OF MAIN ST", "9 Elm St"]})
    >>> found, ledger = locate_addresses(rows, streets=street, return_ledger=True)
    >>> found["precision"].tolist(), found.geometry.x[0].round(6)
    (['street', nan], np.float64(119.901))
    """
    frame = pd.DataFrame(table)
    ledger = Ledger("table", frame.index)
    name = column if column is not None else find_address_column(frame)
    if name is None or name not in frame.columns:
        raise MissingColumnError(f"No column holds addresses; there are: {listed(frame)}. Name it: column='...'.")
    located = locate_texts(frame[name], open_places(streets, points))
    note_addresses(located, np.ones(len(frame), bool), ledger)
    category = frame["category"] if "category" in frame.columns else pd.Series("all", index=frame.index)
    report_mapping(ledger, np.isfinite(located.lon), category, frame.get("township"))
    rest = frame.drop(columns=[name, *(["geometry"] if "geometry" in frame else [])])
    shapes = gpd.array.from_shapely(shapely.points(located.lon, located.lat), crs=crs.LONLAT)
    shapes[~np.isfinite(located.lon)] = None
    whole = gpd.GeoDataFrame(rest.assign(precision=located.precision.to_numpy()), geometry=shapes)
    return ledger.finish(whole, return_ledger)


def find_address_column(frame: pd.DataFrame) -> str | None:
    """Return the column whose values are understood as addresses most often, known names first."""
    scores = {}
    for column in frame.columns:
        named = plain(column) in _ADDRESS
        if column == "geometry":
            continue
        text = text_of(frame[column]).dropna()
        if len(text) and (named or not pd.api.types.is_numeric_dtype(frame[column].dtype)):
            sample = text.iloc[:: max(1, len(text) // 200)]
            share = np.mean([read_address(value) is not None for value in sample])
            scores[str(column)] = share + (0.5 if named else 0.0)
    best = max(scores, key=lambda c: scores[c], default=None)
    return best if best is not None and scores[best] >= 0.5 else None


def open_places(streets: Any, points: Any) -> Places:
    """Read the layers that addresses are looked up in."""
    if streets is None and points is None:
        raise DataError("Addresses need a layer to be looked up in: name streets=, points= or both.")
    lines = None if streets is None else _layer(streets, "streets")
    spots = None if points is None else _layer(points, "address points")
    west, south, east, north = np.concatenate([g.total_bounds for g in (lines, spots) if g is not None]).reshape(-1, 4)[
        0
    ]
    center = (round((west + east) / 2, 6), round((south + north) / 2, 6))
    return Places(
        {} if spots is None else _numbers(spots, center),
        {} if lines is None else _segments(lines, center),
        {} if lines is None else _streets(lines, center),
        center,
    )


def _layer(source: Any, what: str) -> gpd.GeoDataFrame:
    table, ledger = open_table(source, what)
    if not isinstance(table, gpd.GeoDataFrame):
        return with_points(table, ledger, what)
    return to_lonlat(table, ledger, what)


def _named(layer: pd.DataFrame, names: tuple[str, ...]) -> str | None:
    present = {plain(c): str(c) for c in reversed(layer.columns) if c != "geometry"}
    return next((present[n] for n in names if n in present), None)


def _numbers(layer: gpd.GeoDataFrame, center: tuple[float, float]) -> dict[tuple[str, int], list[tuple[float, float]]]:
    spots = layer.geometry.representative_point()
    xy = crs.local_xy(spots.x, spots.y, center)
    number, street, whole = _named(layer, _NUMBER), _named(layer, _STREET), _named(layer, _ADDRESS)
    if number and street:
        texts = text_of(layer[number]).str.extract(r"^0*(\d+)")[0] + " " + text_of(layer[street])
        keys = [_key(text) for text in texts]
    elif whole:
        keys = [(a.streets[0], a.low) if a and a.single else None for a in map(_understood, text_of(layer[whole]))]
    else:
        raise DataError(f"The address points need number and street, or address; they have: {listed(layer)}.")
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for key, (x, y) in zip(keys, xy.tolist(), strict=True):
        if key is not None:
            found.setdefault(key, []).append((x, y))
    return found


def _key(text: Any) -> tuple[str, int] | None:
    if not isinstance(text, str):
        return None
    number, street = text.split(" ", 1)
    return street_name(street), int(number)


def _understood(text: Any) -> Address | None:
    return read_address(text) if isinstance(text, str) else None


def _streets(layer: gpd.GeoDataFrame, center: tuple[float, float]) -> dict[str, Any]:
    name = _named(layer, _STREET)
    if name is None:
        raise DataError(f"The streets need a name; they have: {listed(layer)}.")
    keys = text_of(layer[name]).fillna("").map(street_name)
    shapes = pd.Series(_in_metres(layer, center), index=layer.index)
    return {key: shapely.union_all(group.to_numpy()) for key, group in shapes.groupby(keys) if key}


def _segments(layer: gpd.GeoDataFrame, center: tuple[float, float]) -> dict[str, list[tuple[int, int, Any]]]:
    keys = text_of(layer[_named(layer, _STREET) or layer.columns[0]]).fillna("").map(street_name)
    shapes = _in_metres(layer, center)
    found: dict[str, list[tuple[int, int, Any]]] = {}
    for pair in _RANGES:
        first, last = (_named(layer, (name,)) for name in pair)
        if first is None or last is None:
            continue
        ends = np.column_stack([pd.to_numeric(layer[c], errors="coerce").to_numpy(float) for c in (first, last)])
        for key, (a, b), shape in zip(keys, ends.tolist(), shapes, strict=True):
            if key and a > 0 and b > 0:
                found.setdefault(key, []).append((int(min(a, b)), int(max(a, b)), shape))
    return found


def _in_metres(layer: gpd.GeoDataFrame, center: tuple[float, float]) -> Any:
    return shapely.transform(layer.geometry.to_numpy(), lambda xy: crs.local_xy(xy[:, 0], xy[:, 1], center))


def locate_texts(texts: pd.Series, places: Places) -> Located:
    """Return the point and precision of each address; each different text is looked up once."""
    codes, different = pd.factorize(text_of(texts))
    found = [_locate(_understood(text), places) for text in different] + [(None, "", "no_address")]
    xy = np.array([(np.nan, np.nan) if spot is None else spot for spot, *_ in found], float).reshape(-1, 2)[codes]
    lon, lat = pyproj.Transformer.from_crs(crs.local_crs(places.center), crs.LONLAT, always_xy=True).transform(
        xy[:, 0], xy[:, 1]
    )
    lon, lat = (np.where(np.isfinite(xy[:, 0]), v, np.nan) for v in (lon, lat))
    precision, reason = (pd.Series([row[i] for row in found], dtype="object").iloc[codes] for i in (1, 2))
    index = texts.index
    return Located(lon, lat, precision.where(precision != "").set_axis(index), reason.set_axis(index))


_Spot = tuple[tuple[float, float] | None, str, str]


def _locate(address: Address | None, places: Places) -> _Spot:
    if address is None:
        return None, "", "address_not_understood"
    if len(address.streets) == 2:
        return _crossing(address, places)
    if address.single:
        spot = _one([*places.points.get((address.streets[0], address.low), [])])
        if spot is not None:
            return spot, "exact", ""
    return _block(address, places)


def _one(spots: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Return the middle of points that are one place; None when there is none, or when they lie apart."""
    if not spots or np.ptp(np.array(spots), axis=0).max() > _FAR:
        return None
    x, y = np.mean(np.array(spots), axis=0)
    return float(x), float(y)


def _block(address: Address, places: Places) -> _Spot:
    """Return the middle of the block that holds the numbers."""
    street = address.streets[0]
    if street not in places.segments:
        known = street in places.lines or any(key[0] == street for key in places.points)
        return None, "", "address_number_unknown" if known else "address_street_unknown"
    hits = [s for low, high, s in places.segments[street] if low <= address.high and high >= address.low]
    if not hits:
        return None, "", "address_number_unknown"
    middles = [shapely.line_interpolate_point(_longest(s), 0.5, normalized=True) for s in hits]
    spot = _one([(p.x, p.y) for p in middles])
    return (spot, "street", "") if spot is not None else (None, "", "address_ambiguous")


def _longest(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return parts[int(np.argmax(shapely.length(parts)))]


def _crossing(address: Address, places: Places) -> _Spot:
    lines = [places.lines.get(street) for street in address.streets]
    if any(line is None for line in lines):
        return None, "", "address_street_unknown"
    a, b = lines
    if shapely.distance(a, b) > _TOUCH:
        return None, "", "address_number_unknown"
    meet = shapely.intersection(a, b)
    shapes = shapely.shortest_line(a, b) if meet.is_empty else meet
    spot = _one([tuple(p) for p in shapely.get_coordinates(shapely.centroid(shapely.get_parts(shapes)))])
    return (spot, "street", "") if spot is not None else (None, "", "address_ambiguous")


def note_addresses(located: Located, asked: Any, ledger: Ledger) -> None:
    """Write down how many addresses found their place, and why the others did not; no address is shown."""
    placed = np.isfinite(located.lon) & asked
    kinds = located.precision[placed].value_counts()
    if placed.any():
        told = ", ".join(f"{rows:,} {kind}" for kind, rows in kinds.items())
        share = placed.sum() / max(asked.sum(), 1)
        ledger.repaired("address_placed", placed, f"{share:.1%} of {asked.sum():,} addresses were placed: {told}.")
    for reason in sorted(set(located.reason[asked]) - {""}):
        ledger.noted(reason, asked & (located.reason == reason).to_numpy())
