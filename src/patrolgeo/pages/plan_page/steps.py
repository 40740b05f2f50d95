"""Recorded incidents step by step: a layer of the cells whose numbers change with a slider."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._typing import Array, Floats
from patrolgeo.maps.colours import RAMPS
from patrolgeo.pages.plan_page.classes import class_texts, round_edges
from patrolgeo.pages.plan_page.encode import pack, pack_numbers
from patrolgeo.pages.plan_page.layers import SHOWN, WITHHELD, CellLayer, withheld_cells
from patrolgeo.words.messages import say

ROOM = 300_000  # signs of a page that the steps may take; of large maps the oldest are left out
LONG = 255  # of a gap between two cells: as many cells are passed over, and more follow


@dataclass(frozen=True)
class StepLayer(CellLayer):
    """Cells coloured by what was recorded in one step of several, on one scale; `packed` is what the page unpacks."""

    packed: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return what the page's script needs; the numbers of all steps besides."""
        return super().to_dict() | dict(self.packed)

    def legend(self, words: Mapping[str, str]) -> list[tuple[str, str]]:
        """Return colour and words of every class, whichever step is shown."""
        plain = [row for row in super().legend(words) if row[0] not in self.colours]
        return [*zip(self.colours, self.labels, strict=True), *plain]


def step_layer(
    counts: pd.DataFrame | None, cells: gpd.GeoDataFrame, words: Mapping[str, str], *, released: bool = False
) -> list[StepLayer]:
    """Return the layer of the steps that the page has room for, the newest; none where there are not two.

    `counts` has a row a step, `first` and `last` day its index, and a column a cell. Cells of few people are withheld
    as in every other layer.
    """
    if counts is None:
        return []
    hidden = np.where(withheld_cells(cells, released=released), WITHHELD, SHOWN).astype(np.uint8)
    rows = np.where(hidden == WITHHELD, 0.0, counts.reindex(columns=cells.index).fillna(0.0).to_numpy(float))
    gaps = [_gaps(row) for row in rows]
    kept = _fitting(gaps, rows)
    if kept < 2:
        return []
    edges = round_edges(rows[-kept:], whole=True)
    ramp = RAMPS["risk"]
    remarks = [words["steps_said"]]
    if kept < len(rows):
        remarks.append(say(words, "steps_cut", n=kept, of=len(rows)))
    return [StepLayer(
        "steps", words["steps"], "", (ramp[0], *ramp[len(ramp) - 1 - len(edges) :]),
        tuple(class_texts(edges, words, whole=True)), hidden, np.zeros(len(cells)), said={"0": words["zero_plain"]},
        packed=_packed(counts.index[-kept:], rows[-kept:], gaps[-kept:], edges), remarks=tuple(remarks),
    )]  # fmt: skip


def _fitting(gaps: list[Array], rows: Floats) -> int:
    """Return how many of the newest steps the page has room for."""
    size = np.array([4 / 3 * (len(gap) + np.count_nonzero(row)) for gap, row in zip(gaps, rows, strict=True)])
    return int((np.cumsum(size[::-1]) <= ROOM).sum())


def _packed(names: pd.MultiIndex, rows: Floats, gaps: list[Array], edges: Floats) -> dict[str, Any]:
    """Return the steps: days, sum, and the cells where something is; and the numbers of all, one after the other."""
    steps = [
        {"first": first, "last": last, "sum": round(float(row.sum()), 1), "cells": pack(gap, "<u1")}
        for (first, last), row, gap in zip(names, rows, gaps, strict=True)
    ]
    return {"steps": steps, "counts": pack_numbers(rows[rows > 0]), "edges": edges.tolist()}


def _gaps(row: Floats) -> Array:
    """Return how many cells are passed over before each that has a number; LONG stands for as many and goes on."""
    between = np.diff(np.flatnonzero(row > 0), prepend=-1) - 1
    gaps = np.full((between // LONG + 1).sum(), LONG)
    gaps[np.cumsum(between // LONG + 1) - 1] = between % LONG
    return gaps
