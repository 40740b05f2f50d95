"""Delivered patrols by kind of force, never by officer: kinds with few units are told together."""

from __future__ import annotations

from typing import Any

import pandas as pd

from patrolgeo._checks import check_columns, check_count
from patrolgeo.evaluation.delivery.dose import patrol_dose
from patrolgeo.sources.patrols import as_patrols

OTHER = "other"


def dose_by_force(
    patrols: Any, grid: Any, *, least_units: int = 3, max_gap_minutes: float = 5, min_stay_minutes: float = 0
) -> pd.DataFrame:
    """How much did each kind of force deliver?

    The minutes of one car are those of its crew. A kind with fewer than `least_units` units is put into "other"; while
    that has fewer, the kind with the next fewest joins it. When all units together are fewer, there is one row.

    Parameters
    ----------
    patrols
        As `read_patrols` gives them, with `force`; rows without one are of the kind "other".
    grid, max_gap_minutes, min_stay_minutes
        As in `patrol_dose`.
    least_units
        The fewest units that a row may tell of.

    Returns
    -------
    DataFrame by force: `units`, `minutes`, `visits`, `cells` (with minutes).

    Raises
    ------
    MissingColumnError
        When the patrols have no column `force`.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, dose_by_force
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.81, 119.97, 9), 1))
    >>> log = pd.DataFrame({"unit": list("abcd"), "start": "2024-03-05 22:00", "end": "2024-03-05 22:10",
    ...                     "lon": 119.97, "lat": 31.81, "force": ["dedicated"] * 3 + ["social"]})
    >>> dose_by_force(log, grid)
           units  minutes  visits  cells
    force
    other      4     40.0       4      1
    """
    check_count(least_units, "least_units")
    table = as_patrols(patrols)
    check_columns(table, ["force"], "patrols")
    kind = table["force"].fillna(OTHER)
    merged = kind.map(_merged(table["unit"].groupby(kind).nunique(), least_units))
    rows = {}
    for force, part in table.groupby(merged):
        dose = patrol_dose(part, grid, max_gap_minutes=max_gap_minutes, min_stay_minutes=min_stay_minutes)
        told = [part["unit"].nunique(), dose["minutes"].sum(), dose["visits"].sum(), (dose["minutes"] > 0).sum()]
        rows[force] = told
    named = pd.DataFrame.from_dict(rows, orient="index", columns=["units", "minutes", "visits", "cells"])
    return named.astype({"units": int, "visits": int, "cells": int}).rename_axis("force")


def _merged(units: pd.Series, least: int) -> dict[str, str]:
    """Return what each kind is called, so that no kind that is told has fewer than `least` units."""
    by_size = units.sort_values(kind="stable")
    few = int((by_size < least).sum()) + int(OTHER in by_size.index and by_size.get(OTHER, 0) >= least)
    together = by_size.index[:few].union([OTHER]).intersection(by_size.index)
    while len(together) and units[together].sum() < least and len(together) < len(units):
        together = together.union([by_size.index.difference(together, sort=False)[0]])
    return {str(kind): OTHER if kind in together else str(kind) for kind in units.index}
