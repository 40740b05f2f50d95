"""The panel beside the map: layer switch, legend, lists."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from patrolgeo.escape import escape
from patrolgeo.pages.html import markup_table
from patrolgeo.pages.plan_page.layers import CellLayer
from patrolgeo.words.messages import number, say

CROWD = 500  # points of one kind that hide the map; they wait for a click
AREA_COLUMNS = {
    "radio_code": "radio_short",
    "over_mean": "over_mean",
    "mean_minutes": "mean_travel",
    "worst_minutes": "worst_travel",
}


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
    """Return one check box for everything that can lie on the cells, kinds of forces below theirs."""
    rows = [_overlay_row("borders", "line", "#15202b", words)] if data["areas"] else []
    for group in reversed(data["points"]):
        shown = len(group["at"]) <= CROWD
        rows.append(_overlay_row(group["key"], "dot", group["style"]["fillColor"], words, shown=shown))
        rows += [f'<div class="sub">{_sign("dot", colour)}{escape(kind)}</div>' for kind, colour in group["legend"]]
    if flows := data["flows"]:
        rows.append(_overlay_row("flows", "line", flows["colour"], words, shown=False))
        ends = zip(reversed(flows["widths"]), reversed(flows["legend"]), strict=True)
        rows += [_width_row(width, flows["colour"], text) for width, text in ends]
    rows += [_overlay_row("roads", "line", "#8a9099", words)] if data["roads"] else []
    rows += [_overlay_row("boundary", "line", "#1d2733", words)] if data["boundary"] else []
    return "".join(rows)


def _overlay_row(key: str, shape: str, colour: str, words: Mapping[str, str], *, shown: bool = True) -> str:
    box = f'<input type="checkbox" name="overlay" value="{key}"{" checked" if shown else ""}>'
    return f"<label>{box}{_sign(shape, colour)}<span>{escape(words[key])}</span></label>"


def _width_row(width: float, colour: str, text: str) -> str:
    sign = f'<span class="key line" style="border-top:{width}px solid {colour}"></span>'
    return f'<div class="sub">{sign}{escape(text)}</div>'


def _sign(shape: str, colour: str) -> str:
    style = "background" if shape == "dot" else "border-color"
    return f'<span class="key {shape}" style="{style}:{colour}"></span>'


def area_list(areas: pd.DataFrame, features: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return a table of the areas; a click on a name goes there."""
    columns = [column for column in AREA_COLUMNS if column in areas]
    heads = [words["areas"], *[words[AREA_COLUMNS[column]] for column in columns]]
    rows = [
        [_go("area", i, name, tint), *[escape(_measure(areas[column].iloc[i], column, words)) for column in columns]]
        for i, (name, tint) in enumerate(zip(features["names"], features["tints"], strict=True))
    ]
    return markup_table(heads, rows)


def site_list(features: Mapping[str, Any], words: Mapping[str, str]) -> str:
    """Return a table of the sites; a click on a name goes there."""
    tint = features["style"]["fillColor"]
    return markup_table([words["sites"]], [[_go("site", i, name, tint)] for i, name in enumerate(features["names"])])


def _go(kind: str, position: int, name: str, tint: str) -> str:
    return f'<button class="go" data-{kind}="{position}" style="--tint:{tint}">{escape(name)}</button>'


def _measure(value: Any, column: str, words: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value
    if column == "over_mean":
        return f"{value:.2f}"
    return say(words, "minutes", value=number(float(value)))
