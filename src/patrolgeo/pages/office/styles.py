"""How QGIS draws a layer, as it keeps that in a GeoPackage (QML); light and dark tell it without colour too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element, SubElement, tostring

import geopandas as gpd

from patrolgeo.escape import printable
from patrolgeo.maps.colours import RAMPS, upper_edges
from patrolgeo.words.messages import number

_WHITE, _BLACK = "#ffffff", "#111827"
_FILL, _LINE, _MARKER = ("fill", "SimpleFill"), ("line", "SimpleLine"), ("marker", "SimpleMarker")
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
_MOST = "1e+300"


@dataclass(frozen=True)
class Style:
    """How a layer is drawn: "cells" filled by a number, an "outline", "points" of a shape, or "lines".

    `by` is the column that grades the colours of a `ramp`, or the widths of lines up to `width` (millimetres; the size
    of points). `label` is the column that is written beside.
    """

    draws: str = ""
    colour: str = "#444444"
    by: str = ""
    ramp: str = "risk"
    shape: str = "circle"
    width: float = 0.3
    dash: bool = False
    label: str = ""


def qml(style: Style, layer: gpd.GeoDataFrame, headings: Mapping[str, str]) -> str:
    """Return the style of a layer; `headings` are what QGIS writes in place of the names of its columns."""
    labelled = style.label in layer
    root = Element("qgis", version="3.22", styleCategories="Symbology|Labeling|Fields|Forms",
                   labelsEnabled=str(int(labelled)))  # fmt: skip
    if style.by in layer:
        _graded(root, style, layer)
    else:
        renderer = SubElement(root, "renderer-v2", type="singleSymbol", forceraster="0", symbollevels="0")
        _symbol(SubElement(renderer, "symbols"), 0, *_plain(style))
    if labelled:
        _labels(root, style)
    aliases = SubElement(root, "aliases")
    for i, (column, heading) in enumerate(headings.items(), start=1):  # the number of the row comes first
        SubElement(aliases, "alias", index=str(i), field=printable(column), name=printable(heading))
    return _DOCTYPE + tostring(root, encoding="unicode")


def _graded(root: Element, style: Style, layer: gpd.GeoDataFrame) -> None:
    """Draw zero by itself, then up to five classes of what is above it, the last ones the fewest."""
    values = layer[style.by].to_numpy(float, na_value=float("nan"))
    ends = [0.0, *(float(edge) for edge in upper_edges(values))]
    ranges = [("0", "0", "0")] + [
        (repr(low), repr(high) if high is not None else _MOST,
         f"≥ {number(low)}" if high is None else f"{number(low)} – {number(high)}")
        for low, high in pairwise([*ends, None]) if low is not None
    ]  # fmt: skip
    renderer = SubElement(root, "renderer-v2", type="graduatedSymbol", attr=style.by, forceraster="0",
                          graduatedMethod="GraduatedColor", symbollevels="0")  # fmt: skip
    listed, symbols = SubElement(renderer, "ranges"), SubElement(renderer, "symbols")
    for i, ((low, high, label), drawn) in enumerate(zip(ranges, _classes(style, len(ends)), strict=True)):
        SubElement(listed, "range", lower=low, upper=high, symbol=str(i), label=label, render="true")
        _symbol(symbols, i, *drawn)


def _classes(style: Style, n: int) -> Iterator[tuple[tuple[str, str], dict[str, str]]]:
    """Give what draws zero and the `n` classes above it: darker fills, or wider lines."""
    if style.draws == "lines":
        for i in range(n + 1):
            yield _LINE, _line(style.colour, 0.1 + (style.width - 0.1) * i / n)
    else:
        ramp = RAMPS[style.ramp]
        for colour in (ramp[0], *ramp[len(ramp) - n :]):
            yield _FILL, {"color": _rgba(colour, 190), "outline_color": _rgba(_WHITE, 90), "outline_width": "0.05"}


def _plain(style: Style) -> tuple[tuple[str, str], dict[str, str]]:
    if style.draws == "points":
        return _MARKER, {
            "name": style.shape, "color": _rgba(style.colour), "size": f"{style.width:g}",
            "outline_color": _rgba(_WHITE), "outline_width": "0.4",
        }  # fmt: skip
    if style.draws == "outline":
        return _FILL, {
            "style": "no", "outline_color": _rgba(style.colour), "outline_width": f"{style.width:g}",
            "outline_style": "dash" if style.dash else "solid",
        }  # fmt: skip
    return _LINE, _line(style.colour, style.width) | ({"line_style": "dash"} if style.dash else {})


def _line(colour: str, width: float) -> dict[str, str]:
    return {"line_color": _rgba(colour), "line_width": f"{width:.2f}", "capstyle": "round", "joinstyle": "round"}


def _symbol(symbols: Element, i: int, kind: tuple[str, str], told: Mapping[str, str]) -> None:
    symbol = SubElement(symbols, "symbol", type=kind[0], name=str(i), alpha="1", clip_to_extent="1", force_rhr="0")
    layer = SubElement(symbol, "layer", {"class": kind[1]}, enabled="1", locked="0")
    layer.set("pass", "0")
    for key, value in told.items():
        SubElement(layer, "prop", k=key, v=value)


def _labels(root: Element, style: Style) -> None:
    settings = SubElement(SubElement(root, "labeling", type="simple"), "settings", calloutType="simple")
    font = {"fontSize": "9", "fontSizeUnit": "Point", "namedStyle": "Bold", "fontWeight": "75"}
    text = SubElement(settings, "text-style", font, fieldName=style.label, isExpression="0", textColor=_rgba(_BLACK))
    SubElement(text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferSizeUnits="MM", bufferColor=_rgba(_WHITE))
    SubElement(settings, "placement", placement="6" if style.draws == "points" else "1", dist="1", distUnits="MM")


def _rgba(colour: str, opacity: int = 255) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)) + f",{opacity}"
