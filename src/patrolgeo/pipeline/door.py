"""What a plan asks of its files is checked when they are read: what would fail at the end fails here."""

from __future__ import annotations

from typing import Any

import h3
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config import Plan
from patrolgeo.crs import to_local
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.pipeline.cameras import check_cameras
from patrolgeo.pipeline.equity import check_groups
from patrolgeo.pipeline.events import check_events
from patrolgeo.pipeline.kept import check_kept
from patrolgeo.pipeline.refused import check_categories
from patrolgeo.pipeline.results import Ground, Place
from patrolgeo.pipeline.rings import check_open, check_rings
from patrolgeo.pipeline.sites import check_demand
from patrolgeo.pipeline.tiers import check_tiers
from patrolgeo.pipeline.traffic import of_kinds
from patrolgeo.pipeline.villages import divided_layer, jurisdiction_of, labels_of
from patrolgeo.pipeline.weak import check_weak

DAYS = {"D": 1.0, "W": 7.0, "28D": 28.0, "91D": 91.0, "MS": 30.4, "YS": 365.2}


def check_wishes(plan: Plan, place: Place) -> None:
    """Raise when the plan asks for what its files do not hold, or for more than the limits allow.

    Parameters
    ----------
    plan, place
        The wishes, and the tables that were read for them.

    Raises
    ------
    DataError
        A category, kind, column or count of the plan is not in the files, or a limit is passed.
    InfeasibleError
        There are more patrol areas than cells or villages.
    """
    places, units = place["places"], place["units"]
    divided = divided_layer(plan, place)
    check_categories(plan, place.incidents)
    check_demand(plan, place)
    check_groups(plan, place)
    if plan.sites is not None and plan.sites.kinds is not None and places is not None:
        of_kinds(plan.path, places, "sites.kinds", plan.sites.kinds)
    if plan.checkpoints is not None and plan.checkpoints.key_kinds is not None and places is not None:
        of_kinds(plan.path, places, "checkpoints.key_kinds", plan.checkpoints.key_kinds)
    if plan.checkpoints is not None:
        check_open(plan, place, plan.checkpoints.valid_until, "checkpoints.valid_until")
    check_rings(plan, place)
    check_cameras(plan, place)
    check_tiers(plan, place)
    check_weak(plan, place)
    check_events(plan, place)
    if units is not None:
        jurisdiction_of(plan, units)
    if divided is not None and plan.areas.n > len(divided):
        raise InfeasibleError(
            f"{plan.path}: areas.n = {plan.areas.n}, but [units] has {len(divided)}; ask for fewer areas."
        )
    _check_size(plan, place)


def check_moves(plan: Plan, place: Place, ground: Ground) -> None:
    """Raise when the plan moves or keeps a unit or area that there is not, before areas are looked for."""
    check_kept(plan, place, ground)
    layer = divided_layer(plan, place)
    units = ground.grid.cells if layer is None else labels_of(layer, jurisdiction_of(plan, layer))
    for unit in plan.areas.reassign:
        if unit not in units:
            what = "a cell of the study area" if layer is None else "a unit of [units]"
            raise DataError(f"{plan.path}: areas.reassign: {unit!r} is not {what}{nearest(unit, units)}")
    for cell in (plan.sites.by_hand if plan.sites is not None else None) or ():
        if cell not in ground.grid.cells:
            raise DataError(f"{plan.path}: sites.by_hand: {cell!r} is not a cell of the study area"
                            f"{nearest(cell, ground.grid.cells)}")  # fmt: skip


def _check_size(plan: Plan, place: Place) -> None:
    km2 = float(to_local(place.area).area.sum() / 1e6)
    cells = km2 / h3.average_hexagon_area(plan.analysis.resolution, unit="km^2")
    _within(plan, "cells", cells, f"{km2:,.0f} km2 at resolution {plan.analysis.resolution}", "a lower resolution")
    times = place.incidents["time"].dropna()
    days = (times.max() - times.min()) / pd.Timedelta(days=1) if len(times) else 0.0
    periods = days / DAYS[plan.analysis.freq] + 1
    about = f"{periods:,.0f} periods from {times.min():%Y-%m-%d} to {times.max():%Y-%m-%d} times {cells:,.0f} cells"
    _within(plan, "counts", periods * cells, about, "a longer freq, a lower resolution, or other dates")


def _within(plan: Plan, limit: str, wanted: Any, about: str, mend: str) -> None:
    most = getattr(plan.limits, limit)
    if wanted > most:
        raise DataError(
            f"{plan.path}: {about} make about {wanted:,.0f} {limit}, more than the {most:,} allowed. "
            f"Take {mend}, or allow more with {limit} in [limits]."
        )
