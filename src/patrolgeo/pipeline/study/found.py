"""What a study found: scores, summaries, tables, and the numbers of ``summary.json``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from patrolgeo.config.study import Study
from patrolgeo.pipeline.study.counting import Counted, span_of


@dataclass(frozen=True)
class Found:
    """The results of a study before they are written.

    `scores` has a row a score; `summaries` are means and comparisons with intervals; `tables` the further ones that the
    study asks for; `forecasts` stand by set, where they are wanted.
    """

    counted: list[Counted]
    scores: pd.DataFrame
    summaries: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    forecasts: Mapping[str, pd.DataFrame] = field(default_factory=dict)


def summarise(study: Study, found: Found, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a study: its sets, its pooled values with intervals, and its comparisons."""
    rows = {"incidents": {key: sum(one.get(key, 0) for one in told.values()) for key in ("read", "kept", "used")}}
    return {
        "title": study.title,
        **rows,
        "data": {one.set.name: _set(one, study) for one in found.counted},
        "models": study.models,
        "reference": study.compare.reference or next(iter(study.models), None),
        "how": study.compare.how,
        **{name: records(table) for name, table in found.summaries.items()},
        "tables": {name: len(table) for name, table in found.tables.items()},
    }


def _set(one: Counted, study: Study) -> dict[str, Any]:
    first, end = span_of(one.panel)
    km2 = float(one.units.area_km2.sum())
    return {
        "source": one.set.data, "category": one.set.category, "units": one.set.units, "freq": one.set.freq,
        "window": one.set.window, "horizon": one.set.horizon, "cells": one.panel.shape[1],
        "area_km2": plain(km2), "periods": len(one.panel), "first": f"{first:%Y-%m-%d %H:%M}",
        "end": f"{end:%Y-%m-%d %H:%M}", "incidents": round(one.panel.to_numpy().sum()),
        "outside": int(one.panel.attrs.get("outside", 0)), "unfinished": int(one.panel.attrs.get("unfinished", 0)),
        "exposure": one.exposure is not None,
        "origins": study.test.origins,
    }  # fmt: skip


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table as rows of plain values."""
    return [{name: plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def plain(value: Any) -> Any:
    """Return a value as JSON has it: six digits that count, None for what is missing."""
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
