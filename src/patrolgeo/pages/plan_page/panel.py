"""What stands in the panel beside the map, ready for the template: switches with legends, lists of areas and sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from patrolgeo.pages.plan_page.layers import CellLayer
from patrolgeo.words.messages import number, say

CROWD = 500  # points of one kind that hide the map; they wait for a click
AREA_COLUMNS = {
    "radio_code": "radio_short",
    "over_mean": "over_mean",
    "mean_minutes": "mean_travel",
    "worst_minutes": "worst_travel",
}


def layer_rows(layers: Sequence[CellLayer], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one switch a layer, each with its legend."""
    return [{"key": o.key, "title": o.title, "unit": o.unit, "legend": o.legend(words)} for o in layers]


def overlay_rows(data: Mapping[str, Any], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one check box for everything that can lie on the cells, with its sign and what stands below it."""

    def row(key: str, sign: dict[str, Any], *, shown: bool = True, below: Sequence[Any] = ()) -> dict[str, Any]:
        return {"key": key, "title": words[key], "shown": shown, "sign": sign, "below": below}

    rows = [row("borders", _line("#15202b"))] if data["areas"] else []
    for group in data["overlays"]:
        sorts = [(_dot(sort["colour"]), sort["title"]) for sort in group["sorts"]] if len(group["sorts"]) > 1 else []
        rows.append(row(group["key"], _dot(group["colour"]), shown=len(group["at"]) <= CROWD, below=sorts))
    if flows := data["flows"]:
        ends = zip(reversed(flows["widths"]), reversed(flows["legend"]), strict=True)
        widths = [(_line(flows["colour"], width), text) for width, text in ends]
        rows.append(row("flows", _line(flows["colour"]), shown=False, below=widths))
    rows += [row("roads", _line("#8a9099"))] if data["roads"] else []
    rows += [row("boundary", _line("#1d2733"))] if data["boundary"] else []
    return rows


def _dot(colour: str) -> dict[str, Any]:
    return {"shape": "dot", "style": f"background:{colour}"}


def _line(colour: str, width: float | None = None) -> dict[str, Any]:
    border = f"border-color:{colour}" if width is None else f"border-top:{width}px solid {colour}"
    return {"shape": "line", "style": border}


def area_list(areas: pd.DataFrame, features: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Return the table of the areas; a click on a name goes there."""
    columns = [column for column in AREA_COLUMNS if column in areas]
    rows = [
        {"name": name, "tint": tint, "cells": [_measure(areas[c].iloc[i], c, words) for c in columns]}
        for i, (name, tint) in enumerate(zip(features["names"], features["tints"], strict=True))
    ]
    return {"to": "area", "heads": [words["areas"], *[words[AREA_COLUMNS[c]] for c in columns]], "rows": rows}


def point_list(features: Mapping[str, Any]) -> dict[str, Any]:
    """Return the table of numbered points; a click on a name goes there."""
    tint = features["colour"]
    rows = [{"name": name, "tint": tint, "cells": []} for name in features["names"]]
    return {"to": features["key"], "heads": [features["title"]], "rows": rows}


def _measure(value: Any, column: str, words: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    return f"{value:.2f}" if column == "over_mean" else say(words, "minutes", value=number(float(value)))
