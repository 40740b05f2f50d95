"""The panel beside the map: layer switch, legend, lists."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pandas as pd

from patrolgeo.maps.layers import CellLayer
from patrolgeo.maps.words import number, say

AREA_COLUMNS = {"over_mean": "over_mean", "mean_minutes": "mean_travel", "worst_minutes": "worst_travel"}


def layer_switch(layers: Sequence[CellLayer], words: Mapping[str, str]) -> str:
    """Return one radio button a layer, each with its legend."""
    return "".join(_layer_row(layer, i == 0, words) for i, layer in enumerate(layers))


def _layer_row(layer: CellLayer, checked: bool, words: Mapping[str, str]) -> str:
    state = " checked" if checked else ""
    unit = f" <small>{escape(layer.unit)}</small>" if layer.unit else ""
    legend = "".join(
        f'<li><span class="swatch" style="background:{colour}"></span>{escape(label)}</li>'
        for colour, label in layer.legend(words)
    )
    return (
        f'<div class="layer"><label><input type="radio" name="layer" value="{layer.key}"{state}>'
        f'<span>{escape(layer.title)}{unit}</span></label><ul class="legend">{legend}</ul></div>'
    )


def overlay_switches(data: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return one check box for everything that can lie on the cells."""
    keys = [("borders", "line", "#15202b")] if data["areas"] else []
    keys += [(p["key"], "dot", p["style"]["fillColor"]) for p in reversed(data["points"])]
    keys += [("roads", "line", "#8a9099")] if data["roads"] else []
    keys += [("boundary", "line", "#1d2733")] if data["boundary"] else []
    return "".join(
        f'<label><input type="checkbox" name="overlay" value="{key}" checked>'
        f'<span class="key {shape}" style="{"background" if shape == "dot" else "border-color"}:{colour}"></span>'
        f"<span>{escape(words[key])}</span></label>"
        for key, shape, colour in keys
    )


def area_list(areas: pd.DataFrame, features: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return a table of the areas; a click on a name goes there."""
    columns = [column for column in AREA_COLUMNS if column in areas]
    heads = [words["areas"], *[words[AREA_COLUMNS[column]] for column in columns]]
    rows = [
        [_go("area", i, name, tint), *[escape(_measure(areas[column].iloc[i], column, words)) for column in columns]]
        for i, (name, tint) in enumerate(zip(features["names"], features["tints"], strict=True))
    ]
    return _rows(heads, rows)


def site_list(features: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return a table of the sites; a click on a name goes there."""
    tint = features["style"]["fillColor"]
    return _rows([words["sites"]], [[_go("site", i, name, tint)] for i, name in enumerate(features["names"])])


def _go(kind: str, position: int, name: str, tint: str) -> str:
    return f'<button class="go" data-{kind}="{position}" style="--tint:{tint}">{escape(name)}</button>'


def _measure(value: float, column: str, words: Mapping[str, str]) -> str:
    if column == "over_mean":
        return f"{value:.2f}"
    return say(words, "minutes", value=number(float(value)))


def _rows(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the cells of `rows` are HTML already."""
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
