"""Rows located by the name of a village, township, station or road marker instead of coordinates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from rapidfuzz import fuzz, process

from patrolgeo import crs
from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.errors import DataError
from patrolgeo.sources.datum import from_wgs84, to_wgs84
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.places import read_places
from patrolgeo.sources.positions import Points
from patrolgeo.sources.times import text_of
from patrolgeo.words.note import Note

_LEVELS = {
    "station": r"station|派出所",
    "township": r"^township$|乡镇|^乡$|^镇$|街道",
    "street": r"marker|milestone|kilomet|里程|公里|桩号",
}
_SUFFIX = re.compile(r"(?:村民委员会|村委会|居委会|行政村|自然村|社区|村|屯|寨)$")
_SIMILAR = 82.0
_GROUP_ROWS = 12
_SHIFT_TOLERANCE_M = 150.0


@dataclass(frozen=True)
class Gazetteer:
    """Places by name: `table` has name, level, township, population, lon, lat."""

    table: pd.DataFrame

    @classmethod
    def of(cls, places: Any) -> Gazetteer:
        """Read a gazetteer from a path or a frame with names and coordinates."""
        if isinstance(places, Gazetteer):
            return places
        layer = read_places(places)
        if not (layer["name"] != "").any():
            raise DataError(
                "places: the gazetteer has no names; it needs name, lon, lat, and helps more with township."
            )
        level = pd.Series("village", index=layer.index)
        for name, pattern in _LEVELS.items():
            level[layer["kind"].str.contains(pattern, case=False, regex=True)] = name
        columns = {n: text_of(layer[n]) if n in layer.columns else None for n in ("township", "station", "aliases")}
        people = pd.to_numeric(layer["population"], errors="coerce") if "population" in layer.columns else 1.0
        table = pd.DataFrame({"name": layer["name"], "level": level, **columns, "population": people})
        table["lon"], table["lat"] = layer.geometry.x, layer.geometry.y
        table = table[table["name"] != ""]
        return cls(pd.concat([table, _heads(table, "township"), _heads(table, "station")], ignore_index=True))

    def names(self) -> dict[str, list[int]]:
        """Return rows of the table by name, by name without its suffix, and by alias."""
        rows: dict[str, list[int]] = {}
        for row, (name, aliases) in enumerate(zip(self.table["name"], self.table["aliases"], strict=True)):
            others = re.split(r"[,;,;、]", aliases) if isinstance(aliases, str) else []
            for word in dict.fromkeys(w for n in (name, *others) for w in (fold(n), bare(n)) if w):
                rows.setdefault(word, []).append(row)
        return rows


def _heads(table: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return a row for each township or station that is named beside the villages only, at its most peopled village."""
    rows = table[table[level].notna() & ~table[level].isin(table.loc[table["level"] == level, "name"])]
    if rows.empty:
        return rows
    heads = rows.sort_values("population", ascending=False, kind="stable").drop_duplicates(level)
    people = heads[level].map(rows.groupby(level)["population"].sum())
    return heads.assign(name=heads[level], level=level, aliases=None, population=people).sort_values("name")


def fold(name: str) -> str:
    """Return a name without spaces and case."""
    return re.sub(r"\s+", "", name).lower()


def bare(name: str) -> str:
    """Return a name without spaces, case and the word for village."""
    word = fold(name)
    short = _SUFFIX.sub("", word)
    return short if len(short) >= 2 else word


def place_names(table: pd.DataFrame, points: Points, places: Any, ledger: Ledger) -> tuple[pd.Series, pd.Series]:
    """Fill the points of rows that have only a name; return their precision (else None) and the name that was matched.

    Similar names are taken when one is near enough, and shown; a name that fits several places is set aside.
    """
    gazetteer = Gazetteer.of(places)
    match, ambiguous, similar = _match(table, gazetteer)
    named = ~points.known & (match >= 0) & ledger.alive
    level = gazetteer.table["level"].to_numpy(object)
    points.lon[named] = gazetteer.table["lon"].to_numpy()[match[named]]
    points.lat[named] = gazetteer.table["lat"].to_numpy()[match[named]]
    if named.any():
        ledger.repaired("named_place", named, Note("detail_named_place", {"rows": int(named.sum())}))
    _say_similar(named, similar, ledger)
    ledger.reject(~points.known & ambiguous, "ambiguous_name")
    ledger.reject(~points.known & _has_name(table), "unknown_name")
    precision = pd.Series(level[match], index=table.index).where(named, None)
    known_names: Array = gazetteer.table["name"].to_numpy(object)
    name = pd.Series(known_names[match], index=table.index).where(match >= 0, None)
    _mend_shifted_groups(table, points, gazetteer, match, points.known & ~named & (level[match] == "village"), ledger)
    return precision, name


def _has_name(table: pd.DataFrame) -> Bools:
    has = np.zeros(len(table), bool)
    for column in ("place", "township", "station"):
        if column in table.columns:
            has |= text_of(table[column]).notna().to_numpy()
    return has


def _match(table: pd.DataFrame, gazetteer: Gazetteer) -> tuple[Array, Bools, dict[int, str]]:
    """Return the gazetteer row of each row (-1 for none), which are ambiguous, and similar names that were taken."""
    names = gazetteer.names()
    none = pd.Series([None] * len(table), index=table.index, dtype=object)
    place, township, station = (
        text_of(table[c]).astype(object) if c in table.columns else none for c in ("place", "township", "station")
    )
    keys = pd.DataFrame({"place": place, "township": township, "station": station}).fillna("")
    code, kinds = pd.factorize(pd.MultiIndex.from_frame(keys))
    found = [_find(kind, names, gazetteer.table) for kind in kinds]
    rows = np.array([f[0] for f in found])[code]
    similar = {i: found[c][1] for i, c in enumerate(code) if found[c][1]}
    return np.maximum(rows, -1), rows == -2, similar


def _find(words: tuple[str, str, str], names: Mapping[str, list[int]], table: pd.DataFrame) -> tuple[int, str]:
    """Return the gazetteer row, -1 when unknown, -2 when ambiguous, and the similar name that was taken."""
    ambiguous = False
    for column, word in zip(("place", "township", "station"), words, strict=True):
        if not word:
            continue
        rows, similar = _candidates(word, names)
        if column != "place":
            rows = [r for r in rows if table.at[r, "level"] != "village"] or rows
        elif len(rows) > 1 and words[1]:
            rows = [r for r in rows if bare(str(table.at[r, "township"])) == bare(words[1])] or rows
        if len(rows) == 1:
            return rows[0], similar
        ambiguous |= len(rows) > 1
    return (-2 if ambiguous else -1), ""


def _candidates(word: str, names: Mapping[str, list[int]]) -> tuple[list[int], str]:
    for key in (fold(word), bare(word)):
        if key in names:
            return names[key], ""
    inside = [n for n in names if len(n) >= 2 and n in fold(word)]
    if inside:
        return names[max(inside, key=len)], ""
    near = process.extract(bare(word), list(names), scorer=fuzz.ratio, score_cutoff=_SIMILAR, limit=2)
    if near and (len(near) == 1 or near[0][1] > near[1][1] or names[near[0][0]] == names[near[1][0]]):
        return names[near[0][0]], f"{word} -> {near[0][0]}"
    return [], ""


def _say_similar(named: Bools, similar: Mapping[int, str], ledger: Ledger) -> None:
    rows = np.zeros(len(named), bool)
    rows[[i for i in similar if named[i]]] = True
    if rows.any():
        pairs = sorted({similar[i] for i in np.flatnonzero(rows).tolist()})
        ledger.repaired("fuzzy_name", rows, f"{rows.sum():,} row(s) by similar names: {'; '.join(pairs[:20])}.")


def _mend_shifted_groups(
    table: pd.DataFrame, points: Points, gazetteer: Gazetteer, match: Array, use: Bools, ledger: Ledger
) -> None:
    """Put the points of a township back when all of them lie off their villages as GCJ-02 or BD-09 shifts them."""
    column = text_of(table["township"]) if "township" in table.columns else gazetteer.table["township"].reindex(match)
    township = pd.Series(np.asarray(column, object)).fillna("").to_numpy(object)
    lon, lat = (gazetteer.table[c].to_numpy()[match] for c in ("lon", "lat"))
    for name in pd.unique(township[use]):
        rows = use & (township == name)
        datum = _datum_of(points.lon[rows], points.lat[rows], lon[rows], lat[rows])
        if datum is None:
            continue
        everyone = points.known & (township == name) & (rows | ~np.isin(np.arange(len(rows)), np.flatnonzero(use)))
        everyone &= ~_stands_on(points, lon, lat)
        points.lon[everyone], points.lat[everyone] = to_wgs84(points.lon[everyone], points.lat[everyone], datum)
        ledger.repaired(
            "shifted_place", everyone, f"{everyone.sum():,} row(s) of {name or 'the table'} were in {datum}."
        )


def _stands_on(points: Points, lon: Floats, lat: Floats) -> Bools:
    return (np.abs(points.lon - lon) < 1e-9) & (np.abs(points.lat - lat) < 1e-9)


def _datum_of(lon: Floats, lat: Floats, true_lon: Floats, true_lat: Floats) -> str | None:
    """Return the datum whose shift the median offset from the true places equals, or None."""
    if len(lon) < _GROUP_ROWS:
        return None
    center = (float(np.median(true_lon)), float(np.median(true_lat)))
    offset = np.median(crs.local_xy(lon, lat, center) - crs.local_xy(true_lon, true_lat, center), axis=0)
    for datum in ("GCJ02", "BD09"):
        shifted = from_wgs84([center[0]], [center[1]], datum)
        expected = crs.local_xy(*shifted, center)[0]
        if np.hypot(*expected) > 2 * _SHIFT_TOLERANCE_M and np.hypot(*(offset - expected)) < _SHIFT_TOLERANCE_M:
            return datum
    return None


def spread_places(incidents: gpd.GeoDataFrame, places: Any) -> gpd.GeoDataFrame:
    """Spread the incidents that name only a township over its villages, with weights that sum to 1.

    An incident known only by its township or station would make a hotspot of the point that stands for it. Here it
    becomes one row a village of that township, weighted by its population (evenly when unknown); the sum of `weight`
    stays what it was. Incidents of a village or an exact point stay one row.

    Parameters
    ----------
    incidents
        As `read_incidents(..., places=places)` returns them, with `precision` and `place`.
    places
        The same gazetteer, with `name, kind, township` and, better, `population`.

    Returns
    -------
    GeoDataFrame with the columns of `incidents` and `weight`; use ``count_incidents(..., weight="weight")``.

    Raises
    ------
    DataError
        When the gazetteer has no names.
    MissingColumnError
        When the gazetteer has no coordinates.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_incidents, spread_places
    >>> places = pd.DataFrame({"name": ["Ash", "Elm", "Hill"], "kind": ["village", "village", "township"],
    ...                        "township": ["Hill"] * 3, "population": [30, 10, 0], "lon": [1.0, 1.1, 1.05],
    ...                        "lat": [5.0, 5.0, 5.0]})
    >>> rows = pd.DataFrame({"time": ["2024-03-05 23:40"], "category": ["theft"], "township": ["Hill"]})
    >>> spread_places(read_incidents(rows, places=places), places)[["place", "precision", "weight"]]
      place precision  weight
    0   Ash  township    0.75
    1   Elm  township    0.25
    """
    gazetteer = Gazetteer.of(places).table
    villages = gazetteer[(gazetteer["level"] == "village") & gazetteer["township"].notna()]
    heads = gazetteer[gazetteer["level"].isin(["township", "station"])]
    mine = dict(zip(heads["name"], heads["township"].fillna(heads["name"]), strict=True))
    weight = incidents["weight"] if "weight" in incidents.columns else 1.0
    table = incidents.assign(weight=weight, _row=np.arange(len(incidents)))
    table["_home"] = table["place"].map(mine).where(table["precision"].isin(["township", "station"]))
    share = villages.assign(_home=villages["township"], share=_shares(villages))
    spread = table.merge(share[["_home", "name", "lon", "lat", "share"]], on="_home", how="inner")
    spread["geometry"] = gpd.points_from_xy(spread["lon"], spread["lat"], crs=crs.LONLAT)
    spread["weight"] *= spread["share"]
    spread["place"] = spread["name"]
    stays = table[~table["_row"].isin(spread["_row"])]
    whole = pd.concat([stays, gpd.GeoDataFrame(spread, crs=crs.LONLAT)[table.columns]])
    return whole.sort_values("_row", kind="stable").drop(columns=["_row", "_home"]).reset_index(drop=True)


def _shares(villages: pd.DataFrame) -> pd.Series:
    people = villages["population"].fillna(0).clip(lower=0)
    total = people.groupby(villages["township"]).transform("sum")
    even = 1.0 / villages.groupby("township")["name"].transform("size")
    return (people / total.where(total > 0)).fillna(even)
