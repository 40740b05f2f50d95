"""What stands in the panel beside the map, ready for the template: switches with legends, lists of areas and sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from patrolgeo.pages.plan_page.layers import CellLayer
from patrolgeo.pages.plan_page.specs import SIGNS, OverlaySpec
from patrolgeo.words.messages import number, say

AREA_COLUMNS = {
    "radio_code": "radio_short",
    "over_mean": "over_mean",
    "mean_minutes": "mean_travel",
    "worst_minutes": "worst_travel",
}


def layer_rows(layers: Sequence[CellLayer], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one switch for each layer that is drawn, with its legend."""
    return [
        {"key": o.key, "title": o.title, "unit": o.unit, "legend": o.legend(words), "remarks": o.remarks}
        for o in layers if o.drawn
    ]  # fmt: skip


def overlay_rows(data: Mapping[str, Any], words: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one check box for everything that can lie on the cells, with its sign and the sorts it has."""
    rows = [_row("borders", _line("#15202b"), words)] if data["areas"] else []
    rows += [_group_row(group, words) for group in data["overlays"]]
    if flows := data["flows"]:
        ends = zip(reversed(flows["widths"]), reversed(flows["legend"]), strict=True)
        widths = [(_line(flows["colour"], width), text) for width, text in ends]
        rows.append(_row("flows", _line(flows["colour"]), words, shown=False) | {"below": widths})
    return [*rows, *([_row("roads", _line("#4a525c"), words)] if data["roads"] else [])]


def _row(key: str, sign: Mapping[str, Any], words: Mapping[str, str], *, shown: bool = True) -> dict[str, Any]:
    return {"key": key, "title": words[key], "shown": shown, "sign": sign, "sorts": [], "below": []}


def _group_row(group: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Return the switch of a layer, and one for each of its sorts where it has several."""
    first = group["sorts"][0]
    if group["shape"] == "points":
        sign = {"shape": "dot", "style": f"border-color:{group['colour']}"} if group["dots"] else _sign(first)
    else:
        sign = _line(group["colour"], group["line"]["width"], hatched=group["line"]["hatched"])
    sorts = [sort | {"sign": _sign(sort)} for sort in group["sorts"]] if len(group["sorts"]) > 1 else []
    return _row(group["key"], sign, words, shown=group["shown"]) | {"sorts": sorts}


def _sign(sort: Mapping[str, Any]) -> dict[str, Any]:
    return {"shape": "sign", "look": sort["look"], "path": SIGNS[sort["sign"]], "style": f"--tint:{sort['colour']}"}


def _line(colour: str, width: float | None = None, *, hatched: bool = False) -> dict[str, Any]:
    border = f"border-color:{colour}" if width is None else f"border-top:{width}px solid {colour}"
    return {"shape": "line hatched" if hatched else "line", "style": f"--tint:{colour};{border}"}


def area_list(areas: pd.DataFrame, features: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """Return the table of the areas; a click on a name goes there."""
    columns = [column for column in AREA_COLUMNS if column in areas]
    rows = [
        {"name": name, "tint": tint, "number": "", "cells": [_measure(areas[c].iloc[i], c, words) for c in columns]}
        for i, (name, tint) in enumerate(zip(features["names"], features["tints"], strict=True))
    ]
    return {"to": "area", "title": words["areas"], "heads": [words[AREA_COLUMNS[c]] for c in columns], "rows": rows}


def thing_list(group: Mapping[str, Any], spec: OverlaySpec, words: Mapping[str, str]) -> dict[str, Any]:
    """Return the table of numbered things with the columns that the spec lists; a click on a name goes there."""
    heads = [words.get(f"{spec.heads}{c}", words.get(c, c)) for c in spec.listed]
    at = [group["heads"].index(head) for head in heads if head in group["heads"]]
    rows = [
        {"name": name, "tint": "", "number": i, "cells": [told[k] for k in at]}
        for i, (name, told) in enumerate(zip(group["names"], group["rows"], strict=True), start=1)
    ]
    return {"to": group["key"], "title": group["title"], "heads": [group["heads"][k] for k in at], "rows": rows}


def _measure(value: Any, column: str, words: Mapping[str, str]) -> str:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    return f"{value:.2f}" if column == "over_mean" else say(words, "minutes", value=number(float(value)))
