"""Vector files, opened so that none can call out: the content must be what the ending says.

GDAL picks its driver by what it finds in a file, and several drivers fetch addresses or open further files. So the
content is checked here before GDAL sees it, the driver is named where GDAL lets us, and its network is off.
"""

from __future__ import annotations

import json
import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import pyogrio
import shapely

from patrolgeo._checks import nearest
from patrolgeo.errors import DataError

ENDINGS = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".zip")
MAX_UNPACKED = 2_000_000_000  # bytes that a .zip may unpack to
_BESIDE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_HEAD = 1 << 20
_GEOMETRIES = (
    "Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection",
)  # fmt: skip
# Drivers look for these words anywhere in the first bytes, also in the middle of a file of another format.
_CALLS = re.compile(
    rb"<ogr\w+datasource|<vrtdataset|<gdal_|gdal_streamed_alg|opengis\.net/(?:gml|wfs|csw|wms|wmts|ogcapi)|<!entity",
    re.IGNORECASE,
)
_SQL_CALLS = re.compile(r"\b(?:ogr|gdal|st_import|import|load_extension|readfile|virtualogr)\w*\s*\(", re.IGNORECASE)
_KNOWN_CRS = re.compile(r"(?:urn:ogc:def:crs:|https?://www\.opengis\.net/def/crs/|epsg:|ogc:|crs:?84)", re.IGNORECASE)
_OFFLINE = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".nothing",
    "GDAL_HTTP_PROXY": "127.0.0.1:1",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OGR_SQLITE_ALLOW_EXTERNAL_ACCESS": "NO",
    "LIBKML_RESOLVE_STYLE": "NO",
}


def read_layer(path: Path, encoding: str | None = None, layer: str | None = None) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Return the layer named, else the first, of a vector file, and the names of all its layers.

    Times come as text, so that their offsets from UTC are not lost. Rings that do not close are closed, and the table
    says so: ``attrs["closed_rings"]``.

    Parameters
    ----------
    path
        A file with one of `ENDINGS`.
    encoding
        Of the texts in a Shapefile that does not say it.
    layer
        Name of the layer.

    Raises
    ------
    DataError
        When there is no such layer; when the content is not what the ending says, or asks for other files or addresses.
    """
    if path.suffix.lower() == ".zip":
        return _read_packed(path, encoding, layer)
    check_content(path)
    driver = _FORCED.get(path.suffix.lower(), "")
    # The prefix names the driver; without it GDAL would guess.
    named = f"{driver}:{path.resolve()}" if driver else str(path.resolve())
    kept = {name: pyogrio.get_gdal_config_option(name) for name in _OFFLINE}
    pyogrio.set_gdal_config_options(_OFFLINE)
    try:
        layers = [str(name) for name in pyogrio.list_layers(named)[:, 0]]
        if not layers:
            raise DataError(f"{path} holds no layer.")
        if layer is not None and layer not in layers:
            raise DataError(f"{path} has no layer {layer!r}{nearest(layer, layers)} It has: {', '.join(layers)}.")
        return _read_shapes(named, layer or layers[0], encoding), layers
    finally:
        pyogrio.set_gdal_config_options(kept)


def _read_shapes(named: str, layer: str, encoding: str | None) -> gpd.GeoDataFrame:
    options = {"layer": layer, "encoding": encoding, "datetime_as_string": True}
    try:
        return pyogrio.read_dataframe(named, **options)
    except shapely.errors.GEOSException:
        table = pyogrio.read_dataframe(named, on_invalid="fix", **options)
        table.attrs["closed_rings"] = True
        return table


_FORCED = {".geojson": "GeoJSON", ".json": "GeoJSON", ".gpkg": "GPKG"}


def check_content(path: Path) -> None:
    """Raise when the content of a vector file is not what its ending says, or when it asks for anything outside it."""
    if path.is_dir():
        raise DataError(f"{path} is a folder; name a file that ends in one of {', '.join(ENDINGS)}.")
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    guessed = path.suffix.lower() not in _FORCED or head.lstrip().startswith(b"<")
    calls = _CALLS.search(head) if guessed else None  # where the driver is named, a text may hold any word
    if calls:
        word = calls.group().decode("ascii", "replace")
        raise DataError(
            f"{path} holds '{word}': it names other files or services, and such files are not opened. "
            "Save the features themselves as GeoJSON or GeoPackage."
        )
    _CHECKS[path.suffix.lower()](path, head)


def _check_magic(start: bytes, name: str) -> Callable[[Path, bytes], None]:
    def check(path: Path, head: bytes) -> None:
        if not head.startswith(start):
            raise DataError(f"{path} is not a {name}, though its name ends in '{path.suffix}'.")

    return check


def _check_json(path: Path, head: bytes) -> None:  # noqa: ARG001
    text = path.read_bytes().decode("utf-8-sig", "replace")
    try:
        content = json.loads(text, object_pairs_hook=_object)
    except _Calls as call:
        raise DataError(f"{path}: {call} Save it again in EPSG:4326, as GeoJSON wants it.") from None
    except (ValueError, RecursionError) as problem:
        raise DataError(f"{path} cannot be read as GeoJSON: {problem}.") from None
    kind = content.get("type") if isinstance(content, dict) else None
    if kind not in ("FeatureCollection", "Feature", *_GEOMETRIES):
        raise DataError(
            f"{path} is not GeoJSON: its 'type' is {str(kind)[:80]!r}, not a FeatureCollection, Feature or geometry. "
            "Documents that describe a service are not opened."
        )


class _Calls(Exception):  # noqa: N818
    """Something in a JSON document that GDAL would follow."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a JSON object; names that stand twice are refused, because two parsers may take different ones."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Calls(f"the name {twice!r} stands twice in one object.")
    crs = content.get("crs")
    if isinstance(crs, dict) and "type" in crs:
        properties = crs.get("properties")
        named = properties.get("name", properties.get("code", "")) if isinstance(properties, dict) else ""
        known = str(crs["type"]).lower() in ("name", "epsg") and isinstance(named, str | int)
        if not known or (isinstance(named, str) and not _KNOWN_CRS.match(named)):
            raise _Calls(f"its coordinate reference system is {json.dumps(crs)[:200]}, which is not a known name.")
    return content


def _check_kml(path: Path, head: bytes) -> None:
    if b"\x00" in head:
        raise DataError(f"{path} is not UTF-8 text, as KML is.")
    try:
        for _, element in ElementTree.iterparse(path, events=("start",)):  # noqa: S314  entities are refused above
            if not element.tag.endswith("kml"):
                raise DataError(f"{path} is not KML: its outermost element is '{element.tag[:80]}'.")
            break
    except ElementTree.ParseError as problem:
        raise DataError(f"{path} cannot be read as KML: {problem}.") from None


def _check_geopackage(path: Path, head: bytes) -> None:
    _check_magic(b"SQLite format 3\x00", "GeoPackage")(path, head)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            entries = database.execute("select type, name, sql from sqlite_master where sql is not null").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as problem:
        raise DataError(f"{path} cannot be read as GeoPackage: {problem}.") from None
    for kind, name, sql in entries:
        virtual = re.match(r"\s*create\s+virtual\s+table.+?using\s+(\w+)", str(sql), re.IGNORECASE | re.DOTALL)
        if (virtual and not virtual.group(1).lower().startswith(("rtree", "fts"))) or (
            kind == "view" and _SQL_CALLS.search(str(sql))
        ):
            raise DataError(f"{path}: the {kind} '{name}' reads other files or addresses; such files are not opened.")


_CHECKS: dict[str, Callable[[Path, bytes], None]] = {
    ".geojson": _check_json, ".json": _check_json, ".kml": _check_kml, ".gpkg": _check_geopackage,
    ".shp": _check_magic(b"\x00\x00\x27\x0a", "Shapefile"), ".fgb": _check_magic(b"fgb\x03", "FlatGeobuf"),
}  # fmt: skip


def _read_packed(path: Path, encoding: str | None, layer: str | None) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Unpack what we know into a folder of our own and read the first vector file there."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(path) as packed:
                layers = _unpack(path, packed, Path(folder))
        except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as problem:
            if isinstance(problem, DataError):
                raise
            raise DataError(f"{path} cannot be unpacked: {problem}.") from None
        if not layers:
            raise DataError(f"{path} holds no vector file; it should hold one that ends in {', '.join(ENDINGS[:-1])}.")
        try:
            table, inside = read_layer(layers[0], encoding, layer)
        except DataError as problem:
            raise DataError(str(problem).replace(folder, str(path))) from None
    return table, [*inside, *(other.name for other in layers[1:])]


def _unpack(path: Path, packed: zipfile.ZipFile, folder: Path) -> list[Path]:
    left, layers = MAX_UNPACKED, []
    for entry in sorted(packed.infolist(), key=lambda e: e.filename):
        name = PurePosixPath(entry.filename)
        ending = name.suffix.lower()
        hidden = name.name.startswith((".", "__")) or "__MACOSX" in name.parts
        if entry.is_dir() or hidden or ending not in (*ENDINGS[:-1], *_BESIDE):
            continue
        # Names in the archive are not used as paths; those that would leave it are read like any other.
        place = folder / "-".join(name.parent.parts).replace("..", "").strip("-/") / (name.stem + ending)
        place.parent.mkdir(exist_ok=True)
        with packed.open(entry) as source, place.open("wb") as target:
            while block := source.read(1 << 20):
                left -= len(block)
                if left < 0:
                    raise DataError(f"{path} unpacks to more than {MAX_UNPACKED:,} bytes; unpack it and name the file.")
                target.write(block)
        if ending in ENDINGS:
            layers.append(place)
    return layers
