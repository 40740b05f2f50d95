"""Degrees of every writing: signs, letters, degrees minutes seconds, and pairs in one text."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import shapely

from patrolgeo._typing import Bools, Floats
from patrolgeo.sources.numbers import plain_text

_SIDES = {
    "E": "east", "W": "west", "N": "north", "S": "south", "东": "east", "西": "west", "北": "north", "南": "south",
    "東": "east", "东经": "east", "東經": "east", "西经": "west", "西經": "west", "北纬": "north", "北緯": "north",
    "南纬": "south", "南緯": "south",
}  # fmt: skip
_SIDE = "|".join(sorted(_SIDES, key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:[.,]\d+)?"
_NEXT = r"(?=[ -]\s*\d)[ -]\s*|$|(?=[A-Z东西南北東])"  # a space before more digits, the end, or a letter
_ANGLE = re.compile(
    rf"(?P<before>{_SIDE})?\s*(?P<sign>[+-])?\s*(?P<degrees>{_NUMBER})\s*(?:[°度d:]\s*|{_NEXT})"
    rf"(?:(?P<minutes>\d{{1,2}}(?:[.,]\d+)?)\s*(?:['′分m:]\s*|{_NEXT})"
    rf"(?:(?P<seconds>\d{{1,2}}(?:[.,]\d+)?)\s*(?:\"|″|′′|''|秒|s)?\s*)?)?(?P<after>{_SIDE})?",
    re.IGNORECASE,
)
_POINT = re.compile(r"(?:SRID=\d+;)?\s*POINT\s*(?:ZM?|M)?\s*\(\s*(\S+)\s+(\S+?)(?:\s+\S+)*\s*\)", re.IGNORECASE)
_GEOJSON = re.compile(r"\{.*['\"]coordinates['\"]\s*:\s*\[\s*([^\s,\]]+)\s*,\s*([^\s,\]]+)[^\]]*\].*\}", re.DOTALL)
_WKB = re.compile(r"0[01][0-9A-F]{40,}", re.IGNORECASE)
_BRACKETS = re.compile(r"(?:.*\n)?\s*[(\[]?\s*([^()\[\]\n]*?)\s*[)\]]?", re.DOTALL)


def angle(text: str) -> tuple[float, str] | None:
    """Return the degrees of a text and the axis its letter names ("lon", "lat" or ""); None when it is not an angle.

    The whole text must be an angle.

    Examples
    --------
    >>> from patrolgeo.sources.angles import angle
    >>> [angle(t) for t in ("119 58 12", "87.6298° W", "东经119.97", "REDACTED")]
    [(119.97, ''), (-87.6298, 'lon'), (119.97, 'lon'), None]
    """
    match = _ANGLE.fullmatch(text.strip())
    if match is None or (match["before"] and match["after"]):
        return None
    degrees, minutes, seconds = (float((match[n] or "0").replace(",", ".")) for n in ("degrees", "minutes", "seconds"))
    whole = (match["minutes"] is None or degrees % 1 == 0) and (match["seconds"] is None or minutes % 1 == 0)
    side = _SIDES.get((match["before"] or match["after"] or "").upper(), "")
    negative = match["sign"] == "-"
    if minutes >= 60 or seconds >= 60 or degrees > 180 or not whole or (negative and side in ("east", "north")):
        return None
    size = round(degrees + minutes / 60 + seconds / 3600, 12)
    axis = {"east": "lon", "west": "lon", "north": "lat", "south": "lat"}.get(side, "")
    return (-size if negative or side in ("west", "south") else size), axis


def angles(column: pd.Series) -> tuple[Floats, Bools, Bools]:
    """Return the degrees of texts (NaN where one is not an angle), and which name longitude and which latitude."""
    text = pd.Series(plain_text(column).to_pandas(), dtype=object)
    kinds = {t: angle(t) for t in text.dropna().unique()}
    found = [(kinds[t] if isinstance(t, str) else None) or (np.nan, "") for t in text]
    axis = np.array([f[1] for f in found], object)
    return np.array([f[0] for f in found], float), axis == "lon", axis == "lat"


def pairs(column: pd.Series) -> tuple[Floats, Floats, Bools, Bools, str]:
    """Return longitude and latitude of texts such as ``POINT (lon lat)`` and ``(lat, lon)``, and which are unread.

    After them, which texts do not say their order, and the order that was taken for these: "lat", "lon" or "lat?".

    Points of GeoJSON and of databases (WKB in hexadecimal digits) are read too.

    Of two numbers latitude comes first, unless the letters say otherwise or most of the first numbers are above 90;
    "lat?" when no number is above 90, so that nothing but the custom tells.
    """
    text = pd.Series(plain_text(column).to_pandas(), dtype=object)
    kinds = {t: _pair(t) for t in text.dropna().unique()}
    found = [kinds[t] if isinstance(t, str) else None for t in text]
    first, second, order = (np.array([f[i] if f else np.nan for f in found], float) for i in range(3))
    bare = order == 0
    turned = bool(bare.any() and np.median(np.abs(first[bare])) > 90)
    lon_first = (order == 1) | (bare & turned)
    taken = "lon" if turned else "lat" if (np.abs(second[bare]) > 90).any() else "lat?"
    unread = np.isnan(first) & text.notna().to_numpy()
    return np.where(lon_first, first, second), np.where(lon_first, second, first), unread, bare, taken


def _pair(text: str) -> tuple[float, float, int] | None:
    """Return two angles and their order: 1 longitude first, -1 latitude first, 0 not said."""
    if _WKB.fullmatch(text):
        return _of_wkb(text)
    point = _POINT.fullmatch(text) or _GEOJSON.fullmatch(text)
    parts = list(point.groups()) if point else _halves(text)
    first, second = (_number(p) for p in parts) if len(parts) == 2 else (None, None)
    if first is None or second is None or (first[1] and first[1] == second[1]):
        return None
    if point or first[1] == "lon" or second[1] == "lat":
        return first[0], second[0], 1
    return first[0], second[0], -1 if first[1] == "lat" or second[1] == "lon" else 0


def _of_wkb(text: str) -> tuple[float, float, int] | None:
    shape = shapely.from_wkb(text, on_invalid="ignore")
    return (shape.x, shape.y, 1) if isinstance(shape, shapely.Point) and not shape.is_empty else None


def _halves(text: str) -> list[str]:
    """Return the two halves of a text: in brackets or not, below an address or not, of any usual separator."""
    bare = _BRACKETS.fullmatch(text)
    separator = next((s for s in (";", "|", "/", ", ", ",") if bare and s in bare[1]), None)
    return bare[1].split(separator) if bare else []


def _number(text: str) -> tuple[float, str] | None:
    try:
        return float(text), ""
    except ValueError:
        return angle(text)
