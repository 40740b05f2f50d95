"""Posts and borders for navigation devices (GPX) and for globes on a screen (KML); neither calls anything out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import pandas as pd
import shapely

from patrolgeo.crs import to_lonlat
from patrolgeo.escape import printable
from patrolgeo.files import whole_file
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office.fields import Reader, worded
from patrolgeo.pages.office.tables import OfficeTable, is_layer, office_tables
from patrolgeo.words.messages import number

_GPX = "http://www.topografix.com/GPX/1/1"
_KML = "http://www.opengis.net/kml/2.2"


def write_gpx(path: Path, found: Findings, edition: Edition, reader: Reader) -> Path:
    """Write posts as waypoints and the borders of areas as tracks."""
    root = Element("gpx", version="1.1", creator="patrolgeo", xmlns=_GPX)
    head = SubElement(root, "metadata")
    _texts(head, name=edition.title, desc=" · ".join(edition.credits))
    tables = list(_signed(found, reader))
    for spec, table in tables:
        for row, shape in _rows(table):
            if shape.geom_type == "Point":
                point = SubElement(root, "wpt", lat=_degrees(shape.y), lon=_degrees(shape.x))
                _texts(point, **_signs(spec, row, reader))
    for spec, table in tables:  # the format wants all points before the first track
        for row, shape in _rows(table):
            if shape.geom_type != "Point":
                track = SubElement(root, "trk")
                _texts(track, **_signs(spec, row, reader))
                for ring in _rings(shape):
                    segment = SubElement(track, "trkseg")
                    for x, y in ring.coords:
                        SubElement(segment, "trkpt", lat=_degrees(y), lon=_degrees(x))
    return _write(path, root)


def write_kml(path: Path, found: Findings, edition: Edition, reader: Reader) -> Path:
    """Write posts as points and areas as outlines, each with all that is known of it, a folder a table."""
    root = Element("kml", xmlns=_KML)
    document = SubElement(root, "Document")
    _texts(document, name=edition.title, description=" · ".join(edition.credits))
    for spec, _ in _signed(found, reader):
        _drawn(document, spec)
    for spec, table in _signed(found, reader):
        folder = SubElement(document, "Folder")
        _texts(folder, name=reader.say(f"table_{spec.key}"))
        for row, shape in _rows(table):
            place = SubElement(folder, "Placemark")
            _texts(place, name=_name(spec, row, reader), styleUrl=f"#{spec.key}")
            _told(place, spec, row, reader)
            _shape(place, shape)
    return _write(path, root)


def _signed(found: Findings, reader: Reader) -> Iterator[tuple[OfficeTable, Any]]:
    """Give the tables that have a sign, in degrees, with their codes in words."""
    for spec, table in office_tables(found):
        if spec.sign and is_layer(table):
            yield spec, worded(spec, to_lonlat(table, spec.key), reader.words)


def _rows(table: Any) -> Iterator[tuple[dict[str, Any], Any]]:
    rows = pd.DataFrame(table.drop(columns=table.geometry.name)).to_dict("records")
    return ((row, shape) for row, shape in zip(rows, table.geometry, strict=True) if shape and not shape.is_empty)


def _signs(spec: OfficeTable, row: dict[str, Any], reader: Reader) -> dict[str, str]:
    """Return what a device shows of a thing: its name, its texts in a line, and what it is."""
    told = [f"{reader.field(spec, c).title}: {v}" for c, v in row.items() if isinstance(v, str) and c != "name"]
    return {"name": _name(spec, row, reader), "desc": "; ".join(told), "type": reader.say(f"table_{spec.key}")}


def _name(spec: OfficeTable, row: dict[str, Any], reader: Reader) -> str:
    """Return what stands beside the point: its sign, its number, and its name where it has one."""
    first, name = next(iter(row.values())), row.get("name")
    parts = [reader.words[spec.sign], first, "" if pd.isna(name) or name == first else name]
    return " ".join(str(part) for part in parts if part != "")


def _told(place: Element, spec: OfficeTable, row: dict[str, Any], reader: Reader) -> None:
    data = SubElement(place, "ExtendedData")
    for column, value in row.items():
        if not pd.isna(value):
            one, field = SubElement(data, "Data", name=printable(column)), reader.field(spec, column)
            _texts(one, displayName=field.title, value=_plain(value, field.form, reader))


def _plain(value: Any, form: str, reader: Reader) -> str:
    if isinstance(value, bool):
        return reader.words["yes" if value else "no"]
    if isinstance(value, float):
        return f"{value:.1%}" if form.endswith("%") else number(value)
    return str(value)


def _drawn(document: Element, spec: OfficeTable) -> None:
    style = SubElement(document, "Style", id=spec.key)
    red, green, blue = (spec.style.colour[i : i + 2] for i in (1, 3, 5))
    for part in ("IconStyle", "LineStyle"):
        _texts(SubElement(style, part), color=f"ff{blue}{green}{red}", **{"width": "3"} if part == "LineStyle" else {})
    _texts(SubElement(style, "PolyStyle"), fill="0")


def _shape(parent: Element, shape: Any) -> None:
    if shape.geom_type == "Point":
        _texts(SubElement(parent, "Point"), coordinates=_coordinates(shape))
    elif shape.geom_type in ("LineString", "LinearRing"):
        _texts(SubElement(parent, shape.geom_type), coordinates=_coordinates(shape))
    elif shape.geom_type == "Polygon":
        polygon = SubElement(parent, "Polygon")
        for i, ring in enumerate(_rings(shape)):
            _shape(SubElement(polygon, "innerBoundaryIs" if i else "outerBoundaryIs"), ring)
    else:
        several = SubElement(parent, "MultiGeometry")
        for part in shape.geoms:
            _shape(several, part)


def _rings(shape: Any) -> list[Any]:
    """Return the lines that a shape is drawn with."""
    if hasattr(shape, "geoms"):
        return [ring for part in shape.geoms for ring in _rings(part)]
    return [shape.exterior, *shape.interiors] if shape.geom_type == "Polygon" else [shape]


def _coordinates(shape: Any) -> str:
    return " ".join(f"{_degrees(x)},{_degrees(y)}" for x, y in shapely.get_coordinates(shape))


def _degrees(value: float) -> str:
    return f"{value:.7f}".rstrip("0").rstrip(".")  # a centimetre


def _texts(parent: Element, **texts: str) -> None:
    for tag, text in texts.items():
        SubElement(parent, tag).text = printable(text)


def _write(path: Path, root: Element) -> Path:
    indent(root, "")
    with whole_file(path) as beside:
        ElementTree(root).write(beside, encoding="utf-8", xml_declaration=True)
    return path
