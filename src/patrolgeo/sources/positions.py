"""Where a row lies: geometry, degrees, projected metres or feet, or a text, as longitude and latitude (WGS 84)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from patrolgeo import crs
from patrolgeo._checks import nearest
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import CRSError, MissingColumnError
from patrolgeo.sources.angles import angles, pairs
from patrolgeo.sources.columns import listed
from patrolgeo.sources.datum import DATUMS, to_wgs84
from patrolgeo.sources.gauss_krueger import from_gauss_krueger
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.numbers import read_numbers
from patrolgeo.words.note import Note

_ZERO = 1e-4  # degrees, about ten metres around 0, 0: an unknown place that was reprojected
_BLOCK = 2**14  # points that are made at once
GEODETIC = (*DATUMS, "CGCS2000")


@dataclass
class Points:
    """Longitude and latitude by row (NaN where unknown) and why a row has none; `example` is the first unread text."""

    lon: Floats
    lat: Floats
    zero: Bools
    bad: Bools
    unread: Bools
    example: str = ""

    @classmethod
    def joined(cls, parts: Iterable[Points]) -> Points:
        """Return the points of several tables, one after the other."""
        columns = zip(*((p.lon, p.lat, p.zero, p.bad, p.unread) for p in parts), strict=True)
        lon, lat, zero, bad, unread = (np.concatenate(c) for c in columns)
        return cls(lon, lat, zero, bad, unread)

    @property
    def known(self) -> Bools:
        """Return which rows have a place."""
        return np.isfinite(self.lon)

    def reject(self, ledger: Ledger) -> None:
        """Set the rows without a place aside, each with its reason."""
        ledger.reject(self.zero & ~self.known, "zero_place")
        ledger.reject(self.bad & ~self.known, "bad_place")
        ledger.reject(self.unread & ~self.known, "unread_place", self.example)
        ledger.reject(~self.known, "missing_place")

    def keys(self, rows: Ints) -> Ints:
        """Return the points of rows that have one as whole numbers, alike to about a metre."""
        east, north = (np.round(v[rows] * 1e5).astype(np.int64) for v in (self.lon, self.lat))
        return east * 20_000_000 + north

    def join(self, table: pd.DataFrame, alive: Bools) -> gpd.GeoDataFrame:
        """Return `table`, the rows kept, with their points as geometry, which take the room of what is here."""
        pieces = [slice(first, first + _BLOCK) for first in range(0, len(alive), _BLOCK)]
        blocks = [np.column_stack([self.lon[p][alive[p]], self.lat[p][alive[p]]]) for p in reversed(pieces)]
        self.lon = self.lat = np.zeros(0)
        self.zero = self.bad = self.unread = np.zeros(0, bool)
        points, done = np.empty(sum(map(len, blocks)), object), 0
        while blocks:
            some = shapely.points(blocks.pop())
            points[done : done + len(some)] = some
            done += len(some)
        held = gpd.array.from_shapely(points, crs=crs.LONLAT)
        return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(held, index=table.index, copy=False))


def locate(
    table: Any, ledger: Ledger, what: str, datum: str = "WGS84", area: Any = None, *, optional: bool = False
) -> Points:
    """Return the points of a table's rows; what cannot be a place is NaN.

    `area` (a shape) decides between Gauss-Krueger zones. With `optional`, a table without coordinates has none.
    """
    datum = check_datum(datum)
    if isinstance(table, gpd.GeoDataFrame):
        return _clean(*_of_geometry(table, ledger, what), ledger)
    found = _coordinates(table, ledger, datum)
    if found is None:
        if optional:
            nothing = np.full(len(table), np.nan)
            return _clean(nothing, nothing.copy(), ledger)
        raise MissingColumnError(
            f"{ledger.source} has no coordinates: needed are lon and lat, or x and y, or a geometry; it has: "
            f"{listed(table)}. Name them: columns={{'lon': '...', 'lat': '...'}}."
        )
    x, y, unread, example = found
    zero = (np.abs(x) < _ZERO) & (np.abs(y) < _ZERO)
    lon, lat = _to_degrees(np.where(zero, np.nan, x), np.where(zero, np.nan, y), ledger, datum, area)
    points = _clean(lon, lat, ledger)
    points.zero |= zero
    points.unread, points.example = unread, example
    return points


def with_points(table: Any, ledger: Ledger, what: str, datum: str = "WGS84") -> gpd.GeoDataFrame:
    """Return a table with points as geometry; rows without a place are set aside."""
    points = locate(table, ledger, what, datum)
    points.reject(ledger)
    spare = ["lon", "lat"] if not isinstance(table, gpd.GeoDataFrame) else [table.geometry.name]
    rest = pd.DataFrame(table).drop(columns=spare, errors="ignore")
    return points.join(rest, np.ones(len(rest), bool))


def check_datum(datum: str) -> str:
    """Return `datum` when it is one of the known ones or a CRS that pyproj knows, such as "EPSG:2276"."""
    if datum in GEODETIC:
        return datum
    try:
        return "CGCS2000" if pyproj.CRS(datum).to_epsg() == 4490 else datum
    except pyproj.exceptions.CRSError as error:
        known = ", ".join(GEODETIC)
        raise CRSError(
            f"datum={datum!r} is not known{nearest(datum, GEODETIC)} Choose one of {known}, or name a CRS such as "
            "'EPSG:2276'."
        ) from error


def _of_geometry(table: gpd.GeoDataFrame, ledger: Ledger, what: str) -> tuple[Floats, Floats]:
    shapes = to_lonlat(table, ledger, what).geometry
    points = shapes if (shapes.geom_type.dropna() == "Point").all() else shapes.representative_point()
    xy = np.full((len(points), 2), np.nan)
    filled = (points.notna() & ~points.is_empty).to_numpy()
    xy[filled] = shapely.get_coordinates(points[filled])
    return xy[:, 0], xy[:, 1]


def _coordinates(table: pd.DataFrame, ledger: Ledger, datum: str) -> tuple[Floats, Floats, Bools, str] | None:
    """Return x, y, the rows whose text is not a coordinate, and the first such text."""
    names = next((n for n in (("lon", "lat"), ("x", "y")) if set(n) <= set(table.columns)), None)
    if names == ("x", "y") and datum in DATUMS and _holds_pairs(table):
        names = None  # degrees that are there need no system
    if names is not None:
        x, y, unread = _of_columns(table[names[0]], table[names[1]], names, ledger)
        shown = [table[names[0]], table[names[1]]]
    else:
        name = next((n for n in ("location", "geometry") if n in table.columns), None)
        if name is None:
            return None
        x, y, unread, bare, order = pairs(table[name])
        if bare.any():
            ledger.noted("pair_order", bare, Note(f"detail_pair_order_{order.replace('?', '_custom')}"))
        shown = [table[name]]
    return x, y, unread, _first_unread(shown, unread, ledger)


def _holds_pairs(table: pd.DataFrame) -> bool:
    if "location" not in table.columns:
        return False
    lon, _, unread, *_ = pairs(table["location"].dropna().iloc[:100])
    return bool(np.isfinite(lon).sum() > unread.sum())


def _first_unread(columns: list[pd.Series], unread: Bools, ledger: Ledger) -> str:
    if not unread.any():
        return ""
    at = int(np.flatnonzero(unread)[0])
    return f"The first: {', '.join(str(c.iloc[at])[:60] for c in columns)} (row {ledger.rows[at]})."


def _of_columns(x: pd.Series, y: pd.Series, names: tuple[str, str], ledger: Ledger) -> tuple[Floats, Floats, Bools]:
    """Read two columns of degrees or metres; separators of thousands are those of both columns together."""
    if all(pd.api.types.is_numeric_dtype(c.dtype) for c in (x, y)):
        return x.to_numpy(float, na_value=np.nan), y.to_numpy(float, na_value=np.nan), np.zeros(len(x), bool)
    what = f"{ledger.source}, {names[0]} and {names[1]}"
    both = read_numbers(pd.concat([x.astype("str"), y.astype("str")]), what, decimal="," if names[0] == "lon" else "")
    if both.said:
        ledger.noted("separators", detail=both.said)
    values, unread = both.values.reshape(2, -1), both.unread.reshape(2, -1)
    if unread.any():
        values = _with_angles(values, unread, (x, y), ledger)
        unread = unread & np.isnan(values)
    return values[0], values[1], unread[0] | unread[1]


def _with_angles(values: Floats, unread: Bools, columns: tuple[pd.Series, pd.Series], ledger: Ledger) -> Floats:
    """Fill in the texts that are degrees with signs, letters, minutes; letters tell exchanged columns."""
    is_lon, is_lat = np.zeros(values.shape, bool), np.zeros(values.shape, bool)
    for i, column in enumerate(columns):
        values[i, unread[i]], is_lon[i, unread[i]], is_lat[i, unread[i]] = angles(column[unread[i]])
    turned = (is_lat[0] & ~is_lat[1]) | (is_lon[1] & ~is_lon[0])
    if turned.any():
        ledger.repaired("swapped_place", turned, "The letters of the degrees say so.")
    wrong = (is_lat[0] & is_lat[1]) | (is_lon[0] & is_lon[1])
    return np.where(wrong, np.nan, np.where(turned, values[::-1], values))


def _to_degrees(x: Floats, y: Floats, ledger: Ledger, datum: str, area: Any) -> tuple[Floats, Floats]:
    if not np.isfinite(x + y).any():
        return x, y
    degrees = np.nanmedian(np.abs(x)) <= 180 and np.nanmedian(np.abs(y)) <= 180
    if degrees and (datum in GEODETIC or pyproj.CRS(datum).is_projected):
        if datum not in GEODETIC:
            ledger.noted("degrees_found", np.isfinite(x + y), f"They were not reprojected from {datum}.")
        return to_wgs84(x, y, datum if datum in DATUMS else "WGS84")
    if datum == "CGCS2000":
        lon, lat, zone = from_gauss_krueger(x, y, area)
        ledger.repaired("reprojected", np.isfinite(lon), f"Reprojected from CGCS2000 Gauss-Krueger, {zone}.")
        return lon, lat
    if datum in DATUMS:
        at = int(np.flatnonzero(np.isfinite(x + y))[0])
        raise CRSError(
            f"{ledger.source}: coordinates such as {x[at]:.10g}, {y[at]:.10g} (row {ledger.rows[at]}) are not degrees"
            f"{_named(ledger)}; name their system, for example datum='EPSG:2276', or datum='CGCS2000' for "
            "Gauss-Krueger zones."
        )
    system = pyproj.CRS(datum)
    lon, lat = pyproj.Transformer.from_crs(system, crs.LONLAT, always_xy=True).transform(x, y)
    lon, lat = (np.where(np.isfinite(v), v, np.nan) for v in (lon, lat))
    ledger.repaired("reprojected", np.isfinite(lon), f"Reprojected from {system.name} to longitude and latitude.")
    return lon, lat


def _named(ledger: Ledger) -> str:
    """Return the columns that x and y were called by, for a message."""
    said = [e.detail.values["columns"] for e in ledger.entries if e.code == "columns" and isinstance(e.detail, Note)]
    halves = [half for half in ", ".join(said).split(", ") if half[:4] in ("x = ", "y = ")]
    return f" ({', '.join(halves)})" if halves else ""


def _clean(lon: Floats, lat: Floats, ledger: Ledger) -> Points:
    """Turn what is exchanged, and take out what is beyond the earth or at 0, 0."""
    half = np.isfinite(lon) != np.isfinite(lat)
    with np.errstate(invalid="ignore"):
        turned = (np.abs(lat) > 90) & (np.abs(lat) <= 180) & (np.abs(lon) <= 90)
    if turned.any():
        ledger.repaired("swapped_place", turned)
        lon, lat = np.where(turned, lat, lon), np.where(turned, lon, lat)
    with np.errstate(invalid="ignore"):
        zero = (np.abs(lon) < _ZERO) & (np.abs(lat) < _ZERO)
        bad = (np.abs(lon) > 180) | (np.abs(lat) > 90) | np.isinf(lon) | np.isinf(lat)
    gone = zero | bad | half
    return Points(np.where(gone, np.nan, lon), np.where(gone, np.nan, lat), zero, bad, np.zeros(len(lon), bool))


def to_lonlat(table: gpd.GeoDataFrame, ledger: Ledger, what: str) -> gpd.GeoDataFrame:
    """Return a layer in EPSG:4326 and say so when it was not."""
    _check_units(table, ledger, what)
    try:
        moved = crs.to_lonlat(table, f"{what} {ledger.source}")
    except pyproj.exceptions.ProjError as error:
        raise CRSError(f"{what} {ledger.source} cannot be taken to longitude and latitude: {error}") from error
    if moved is not table:
        ledger.noted("reprojected", detail=f"Reprojected from {table.crs.name} to longitude and latitude (EPSG:4326).")
    west, south, east, north = moved.total_bounds
    if np.isfinite(west) and (max(-west, east) > 360 or max(-south, north) > 90.001):
        raise CRSError(
            f"{what} {ledger.source} is marked as degrees but spans {west:.6g} {south:.6g} to {east:.6g} {north:.6g}; "
            "save it with its true CRS."
        )
    return moved


def _check_units(table: gpd.GeoDataFrame, ledger: Ledger, what: str) -> None:
    """Raise when a layer is marked as metres or feet and holds degrees."""
    west, south, east, north = table.total_bounds
    if table.crs is None or not table.crs.is_projected or not np.isfinite(west):
        return
    if -180 <= west <= east <= 180 and -90 <= south <= north <= 90:
        raise CRSError(
            f"{what} {ledger.source} is marked as {table.crs.name}, but its coordinates are degrees ({west:.6g} "
            f"{south:.6g} to {east:.6g} {north:.6g}); mark it as EPSG:4326, for example with set_crs(4326, "
            "allow_override=True)."
        )


def clip(points: Points, shape: Any, ledger: Ledger) -> Bools:
    """Set the points outside `shape` aside, and return which.

    The border is inside. Exchanged coordinates of some rows are turned when that helps; of all rows it is an error.
    """
    shapely.prepare(shape)
    rows = np.flatnonzero(ledger.alive & points.known)
    lon, lat = points.lon[rows], points.lat[rows]
    outside = ~shapely.intersects_xy(shape, lon, lat)
    turned = np.zeros(len(rows), bool)
    turned[outside] = shapely.intersects_xy(shape, lat[outside], lon[outside])
    if turned.any():
        if outside.all() and turned.sum() > 0.5 * len(rows):
            raise CRSError(
                f"{ledger.source}: no row lies in the study area, and {turned.sum():,} of {len(rows):,} would with "
                f"longitude and latitude exchanged. {_spans(lon, lat, shape)} Look which of the two is exchanged: the "
                "area, or the columns (columns={'lon': ..., 'lat': ...} names them)."
            )
        at = rows[turned]
        ledger.repaired("swapped_place", ledger.at(at), "Exchanged, they lie in the study area.")
        points.lon[at], points.lat[at] = points.lat[at], points.lon[at]
    still = outside & ~turned
    ledger.reject(ledger.at(rows[still]), "outside_area", _spans(lon, lat, shape))
    return ledger.at(rows[still])


def _spans(lon: Floats, lat: Floats, shape: Any) -> str:
    if not len(lon):
        return ""
    a_west, a_south, a_east, a_north = shape.bounds
    return (
        f"The rows span {lon.min():.3f} {lat.min():.3f} to {lon.max():.3f} {lat.max():.3f}, "
        f"the area {a_west:.3f} {a_south:.3f} to {a_east:.3f} {a_north:.3f} (longitude latitude)."
    )
