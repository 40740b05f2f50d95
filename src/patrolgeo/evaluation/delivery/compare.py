"""Planned against delivered: by cell, area and shift; what was done, what beside the plan, what not at all."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from patrolgeo._checks import align, check_columns, check_share
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError

LEVELS = np.arange(1, 11) / 10  # of the planned minutes, for the dose curve


@dataclass(frozen=True, eq=False, repr=False)
class Delivery(Shown):
    """What was patrolled of a plan, by place; `compare_delivery` makes it.

    Parameters
    ----------
    by_cell
        A row a cell (a cell and shift where both sides have shifts): `planned`, `delivered`, `done` (delivered up to
        the plan), `beyond` (more than planned where something was planned), `outside` (where nothing was), `visits`
        (missing where not known). Minutes; `delivered` is `done` + `beyond` + `outside`.
    by_area, by_shift
        The same sums by area and by shift, with `done_share` and its interval (`low`, `high`), `cells` (planned) and
        `never` (planned, never visited); None where areas or shifts are not known.
    total
        The same for all together.
    dose_curve
        By `level`, a share of the planned minutes: share of the planned cells that got at least that much.
    entropy, planned_entropy
        Of the minutes over cells, in nats: `exp` of it is a number of equal cells. NaN where there are no minutes.
    """

    by_cell: pd.DataFrame
    by_area: pd.DataFrame | None
    by_shift: pd.DataFrame | None
    total: pd.Series
    dose_curve: pd.Series
    entropy: float
    planned_entropy: float

    @property
    def done_share(self) -> float:
        """Share of the planned minutes that were done; more than planned in one cell makes up for none elsewhere."""
        return float(self.total["done_share"])

    @property
    def minutes_outside(self) -> float:
        """Minutes in cells (and shifts) for which nothing was planned."""
        return float(self.total["outside"])

    @property
    def never_visited(self) -> pd.Index:
        """Labels of `by_cell` that were planned and never visited."""
        return self.by_cell.index[_never(self.by_cell)]

    def _head(self) -> str:
        told = self.total
        share = f"{told['done_share']:.1%} [{told['low']:.1%}, {told['high']:.1%}]"
        return f"{told['done']:,.0f} of {told['planned']:,.0f} planned minutes done, {share}"

    def _rows(self) -> Rows:
        told = self.total
        shifts = () if self.by_shift is None else self.by_shift["done_share"].items()
        return [
            ("delivered", f"{told['delivered']:,.0f} minutes, {told['outside']:,.0f} where nothing was planned"),
            ("never visited", f"{told['never']:,.0f} of {told['cells']:,.0f} planned"),
            ("spread over", f"{np.exp(self.entropy):.1f} equal cells, planned {np.exp(self.planned_entropy):.1f}"),
            *((f"shift {name}", f"{share:.1%} done") for name, share in shifts),
        ]


def compare_delivery(plan: Any, delivered: Any, *, areas: pd.Series | None = None, level: float = 0.95) -> Delivery:
    """How much of the plan was patrolled, where was it not, and what was patrolled beside it?

    By place and shift only: a plan's units are not held against those of the log. Minutes of driving through a planned
    cell count as delivered there; look at `visits`, with a minimum stay, to leave them out.

    Parameters
    ----------
    plan
        Planned minutes: a Series by cell, or by cell and shift; a table of stops with `cell` (or `place`), `minutes`
        (or `arrive` and `leave`) and perhaps `shift`, a row each time; or a `RoutePlan`, of one shift.
    delivered
        As `patrol_dose` gives it, over the same grid and time; or a Series of minutes by cell. Shifts are compared when
        both sides have them.
    areas
        Area of each cell, by cell.
    level
        Of the intervals of the shares done. They hold the cells for a sample: how far the share would move if other
        cells like these had been planned.

    Returns
    -------
    Delivery

    Raises
    ------
    AlignmentError
        When the plan names cells or shifts that `delivered` lacks, or `areas` lacks cells.
    DataError
        When minutes are missing or negative, or nothing was planned.
    MissingColumnError
        When a table of stops lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import compare_delivery
    >>> plan = pd.Series({"a": 60.0, "b": 30.0, "c": 30.0})
    >>> went = compare_delivery(plan, pd.Series({"a": 75.0, "b": 15.0, "c": 0.0, "d": 10.0}))
    >>> went.done_share, went.minutes_outside, list(went.never_visited)
    (0.625, 10.0, ['c'])
    """
    check_share(level, "level")
    planned, got = _planned(plan), _delivered(delivered)
    if planned.index.nlevels != got.index.nlevels:
        planned, got = planned.groupby(level=0).sum(), got.groupby(level=0).sum(min_count=1)
    planned = _over(planned, got.index)
    if not planned.sum() > 0:
        raise DataError("plan: no minutes were planned, so that nothing can be held against them.")
    table = _by_cell(planned, got)
    cell = table.index.get_level_values(0)
    area = None if areas is None else align(areas.rename("area"), cell.unique(), "areas").reindex(cell)
    shift = table.index.get_level_values(1) if table.index.nlevels > 1 else None
    minutes = table.groupby(level=0)[["delivered", "planned"]].sum()
    return Delivery(
        by_cell=table,
        by_area=None if area is None else sums_by(table, area.to_numpy(), "area", level),
        by_shift=None if shift is None else sums_by(table, shift.to_numpy(), "shift", level, in_order=True),
        total=sums_by(table, np.zeros(len(table), int), "all", level).iloc[0].rename("total"),
        dose_curve=_curve(table),
        entropy=_entropy(minutes["delivered"]),
        planned_entropy=_entropy(minutes["planned"]),
    )


def _planned(plan: Any) -> pd.Series:
    """Return the planned minutes by cell, or by cell and shift, each label once."""
    if hasattr(plan, "stops"):
        plan = plan.stops
    if isinstance(plan, pd.DataFrame):
        plan = _of_stops(plan)
    if not isinstance(plan, pd.Series):
        raise DataError(
            f"plan must be a Series of minutes, a table of stops or a route plan, got {type(plan).__name__}."
        )
    return _checked(plan, "plan").groupby(level=list(range(plan.index.nlevels))).sum()


def _of_stops(stops: pd.DataFrame) -> pd.Series:
    if "activity" in stops.columns:  # breaks of a route plan are nobody's dose
        stops = stops[stops["activity"] != "break"]
    cell = "cell" if "cell" in stops.columns else "place"
    check_columns(stops, [cell, *(["minutes"] if "arrive" not in stops.columns else ["leave"])], "plan")
    minutes = stops["minutes"] if "minutes" in stops.columns else stops["leave"] - stops["arrive"]
    if pd.api.types.is_timedelta64_dtype(minutes.dtype):
        minutes = minutes.dt.total_seconds() / 60
    labels = [stops[name] for name in (cell, "shift") if name in stops.columns]
    return pd.Series(minutes.to_numpy(), pd.MultiIndex.from_arrays(labels) if len(labels) > 1 else pd.Index(labels[0]))


def _delivered(delivered: Any) -> pd.DataFrame:
    """Return `minutes` and `visits` by cell, or by cell and shift; visits are missing where they are not known."""
    if isinstance(delivered, pd.Series):
        delivered = delivered.rename("minutes").to_frame()
    check_columns(delivered, ["minutes"], "delivered")
    _checked(delivered["minutes"], "delivered")
    if delivered.index.has_duplicates:
        raise AlignmentError(f"delivered holds {delivered.index[delivered.index.duplicated()][0]!r} twice.")
    return delivered.reindex(columns=["minutes", "visits"])


def _checked(minutes: pd.Series, name: str) -> pd.Series:
    try:
        values = minutes.to_numpy(float, na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError(f"{name} must hold minutes as numbers.") from None
    if not (np.isfinite(values).all() and (values >= 0).all()):
        raise DataError(f"{name} holds negative or missing minutes; leave such rows out, or write 0.")
    return pd.Series(values, minutes.index)


def _over(planned: pd.Series, labels: pd.Index) -> pd.Series:
    """Return the planned minutes by the labels of what was delivered; shifts nobody worked are added as zeros."""
    lone = planned.index.get_level_values(0).difference(labels.get_level_values(0))
    if len(lone):
        raise AlignmentError(
            f"plan names {len(lone)} cells that delivered has not (first: {lone[0]!r}); measure the dose on the grid "
            "of the plan."
        )
    return planned.reindex(labels.union(planned.index, sort=False), fill_value=0.0)


def _by_cell(planned: pd.Series, got: pd.DataFrame) -> pd.DataFrame:
    minutes = got["minutes"].reindex(planned.index, fill_value=0.0)
    visits = (
        got["visits"].reindex(planned.index)
        if got["visits"].isna().all()
        else got["visits"].reindex(planned.index, fill_value=0)
    )
    wanted = planned > 0
    done = np.minimum(planned, minutes)
    beyond, outside = (minutes - done).where(wanted, 0.0), minutes.where(~wanted, 0.0)
    return pd.DataFrame({"planned": planned, "delivered": minutes, "done": done, "beyond": beyond, "outside": outside,
                         "visits": visits})  # fmt: skip


def _never(table: pd.DataFrame) -> pd.Series:
    came = table["delivered"] if table["visits"].isna().any() else table["visits"]
    return (table["planned"] > 0) & (came == 0)


def sums_by(
    table: pd.DataFrame, by: Any, name: Hashable, level: float = 0.95, *, in_order: bool = False
) -> pd.DataFrame:
    """Return the sums by group with the share done and its interval."""
    rows = table.assign(cells=table["planned"] > 0, never=_never(table))
    groups = rows.groupby(by, sort=not in_order)
    sums = groups[["planned", "delivered", "done", "beyond", "outside", "cells", "never"]].sum().rename_axis(name)
    shares = [ratio_interval(part["done"].to_numpy(), part["planned"].to_numpy(), level) for _, part in groups]
    told = pd.DataFrame(shares, index=sums.index, columns=["done_share", "low", "high"])
    return sums.join(told).astype({"cells": int, "never": int})


def ratio_interval(done: Floats, planned: Floats, level: float) -> tuple[float, float, float]:
    """Return the share done and its interval: that of a ratio of sums over cells, on the scale of log odds."""
    done, planned = done[planned > 0], planned[planned > 0]
    n, total = len(planned), planned.sum()
    if not n:
        return (np.nan,) * 3
    share = done.sum() / total
    off = ((done - share * planned) ** 2).sum()
    if n < 2 or off <= 1e-18 * total**2 or not 0 < share < 1:  # cells all alike do not tell how far others would be off
        return share, np.nan, np.nan
    spread = np.sqrt(off * n / (n - 1)) / total / (share * (1 - share)) * special.stdtrit(n - 1, 0.5 + level / 2)
    odds = special.logit(share)
    return share, float(special.expit(odds - spread)), float(special.expit(odds + spread))


def _curve(table: pd.DataFrame) -> pd.Series:
    wanted = table[table["planned"] > 0]
    got = (wanted["delivered"] / wanted["planned"]).to_numpy()
    shares = [(got >= level - 1e-12).mean() for level in LEVELS]
    return pd.Series(shares, index=pd.Index(LEVELS, name="level"), name="cells_share")


def _entropy(minutes: pd.Series) -> float:
    total = minutes.sum()
    return float(special.entr(minutes / total).sum()) if total > 0 else float("nan")


def delivered_per_head(delivered: Any, residents: pd.Series) -> pd.Series:
    """How many minutes of patrol did each resident of a cell get?

    For the audit of who bears the patrols. Cells where nobody lives have none, whatever was patrolled there.

    Parameters
    ----------
    delivered
        As `patrol_dose` gives it, or a Series of minutes by cell; shifts are summed.
    residents
        Residents by cell.

    Returns
    -------
    Series by cell, named "minutes_per_head"; 0 where nobody lives.

    Raises
    ------
    AlignmentError
        When `residents` lacks cells.
    DataError
        When minutes or residents are missing or negative.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import delivered_per_head
    >>> delivered_per_head(pd.Series({"a": 60.0, "b": 30.0}), pd.Series({"a": 120, "b": 0})).tolist()
    [0.5, 0.0]
    """
    minutes = _delivered(delivered)["minutes"].groupby(level=0, sort=False).sum()
    people = _checked(align(residents, minutes.index, "residents"), "residents")
    return (minutes / people.where(people > 0)).fillna(0.0).rename("minutes_per_head")
