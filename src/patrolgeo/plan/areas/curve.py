"""How many areas? Workload, response and staff for each number, and what one more area brings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_count, check_number, check_positive, check_seed, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError, InfeasibleError, MissingColumnError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.design import design_areas
from patrolgeo.plan.optimise.districts.graph import Graph, minutes_own

N_DRAWS = 400
INTERVAL = (0.025, 0.975)


def areas_curve(
    workload: Any, travel: Any = None, n: Iterable[int] = (), *, within_minutes: float = 10.0,
    records: pd.Series | None = None, unit_minutes: float | None = None, random_state: int | None = 0,
    **options: Any,
) -> pd.DataFrame:  # fmt: skip
    """How many areas are needed, and what does one more bring?

    One plan for each number of areas. Response is travel from the centre of the area, weighted by the workload. The
    gain of a row is against the row before it; its interval comes from drawing the records again, both plans valued
    on the same draws, so it says whether the gain is more than the chance of which records came in.

    Parameters
    ----------
    workload, travel, random_state
        As in `design_areas`.
    n
        Numbers of areas, such as ``range(8, 20, 2)``.
    within_minutes
        Minutes that count as in time.
    records
        Records behind the workload (Series of counts by unit), for the intervals; without them there are none.
    unit_minutes
        Minutes of work that one unit has in a shift, where the workload is in minutes: gives `staff`.
    options
        Everything else that `design_areas` takes (`rules`, `units`, `effort`, ...).

    Returns
    -------
    DataFrame by `n`: `workload` (mean of an area), `max_over_mean`, `mean_minutes`, `p90_minutes`, `within` (share of
    the work in time), `staff` (units of which every area has enough; missing without `unit_minutes`), `gain` (mean
    minutes saved for each area more), `gain_low`, `gain_high` (95 %), `gain_within` (share more in time).

    Raises
    ------
    DataError
        When there are no numbers, or `records` are not counts; otherwise as `design_areas`.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, areas_curve, fewest_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 8), 6))
    >>> counts = pd.Series(5, index=grid.cells)
    >>> curve = areas_curve(counts, grid, range(2, 7, 2), within_minutes=8, records=counts, effort=60)
    >>> bool(curve["mean_minutes"].is_monotonic_decreasing), fewest_areas(curve, 0.9)
    (True, 4)
    """
    check_positive(within_minutes, "within_minutes")
    numbers = sorted({check_count(k, "n") for k in n}) if np.iterable(n) else []
    if not numbers:
        raise DataError("n must be numbers of areas, such as range(8, 20, 2).")
    if unit_minutes is not None:
        check_positive(unit_minutes, "unit_minutes")
    seed = check_seed(random_state)
    rows: dict[int, dict[str, float]] = {}
    before, draws = None, None
    for k in numbers:
        plan = design_areas(workload, travel, k, prove=False, random_state=seed, **options)
        minutes, weight = response_minutes(plan), plan.workload.to_numpy(float)
        if draws is None:
            draws = _draws(records, plan.labels.index, weight, seed)
        rows[k] = _row(plan, minutes, weight, within_minutes, unit_minutes)
        rows[k] |= {} if before is None else _gain(before, (k, minutes), weight, draws, within_minutes)
        before = (k, minutes)
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("n")


COLUMNS = [
    "workload", "max_over_mean", "mean_minutes", "p90_minutes", "within", "staff", "gain", "gain_low", "gain_high",
    "gain_within",
]  # fmt: skip


def fewest_areas(curve: pd.DataFrame, share: float = 0.9) -> int:
    """Return the least number of areas of a curve with which so much of the work is in time.

    Parameters
    ----------
    curve
        From `areas_curve`.
    share
        Wanted share of the work in time.

    Returns
    -------
    The number of areas.

    Raises
    ------
    InfeasibleError
        When no number of the curve is enough; the message says how near the best one comes.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import fewest_areas
    >>> fewest_areas(pd.DataFrame({"within": [0.7, 0.92]}, index=[8, 10]))
    10
    """
    check_share(share, "share", "0.9 asks for nine tenths of the work")
    if "within" not in curve:
        raise MissingColumnError("curve lacks the column 'within'; give the table of areas_curve.")
    if not len(curve):
        raise DataError("curve has no rows; give the table of areas_curve.")
    enough = curve.index[curve["within"] >= share]
    if not len(enough):
        best = curve["within"].idxmax()
        raise InfeasibleError(
            f"No number of the curve brings {share:.0%} of the work in time; {best} areas bring "
            f"{curve['within'].max():.1%}. Try more areas, or allow more minutes."
        )
    return int(enough.min())


def response_minutes(plan: AreaPlan) -> Floats:
    """Return the minutes of each unit from the centre of its area."""
    by_area = plan.measures.by_area
    at = plan.travel.cells.get_indexer(pd.Index(by_area["center"]))
    return minutes_own(Graph.of(plan.travel.minutes), at, by_area.index.get_indexer(plan.labels))


def _row(
    plan: AreaPlan, minutes: Floats, weight: Floats, within: float, unit_minutes: float | None
) -> dict[str, float]:
    load = plan.measures.by_area["workload"].to_numpy(float)
    order, total = np.argsort(minutes, kind="stable"), weight.sum() or 1.0
    at = min(int(np.searchsorted(np.cumsum(weight[order]) / total, 0.9 - 1e-12)), len(order) - 1)
    return {
        "workload": float(load.mean()), "max_over_mean": plan.max_over_mean,
        "mean_minutes": float(weight @ minutes / total), "p90_minutes": float(minutes[order[at]]),
        "within": float(weight[minutes <= within].sum() / total),
        "staff": np.nan if unit_minutes is None else float(np.ceil(load / unit_minutes - 1e-9).clip(min=1).sum()),
    }  # fmt: skip


def _gain(
    before: tuple[int, Floats], now: tuple[int, Floats], weight: Floats, draws: Floats | None, within: float
) -> dict[str, float]:
    """Return what each area more saves, valued on the same draws of the records."""
    more, total = now[0] - before[0], weight.sum() or 1.0
    saved = before[1] - now[1]
    in_time = (now[1] <= within).astype(float) - (before[1] <= within)
    found = {"gain": float(weight @ saved / total) / more, "gain_within": float(weight @ in_time / total) / more}
    if draws is None:
        return found
    low, high = np.quantile(saved @ draws / more, INTERVAL)
    return {**found, "gain_low": float(low), "gain_high": float(high)}


def _draws(records: pd.Series | None, units: pd.Index, weight: Floats, seed: int) -> Floats | None:
    """Return the share of each unit in the workload when the records are drawn again, units x draws."""
    if records is None:
        return None
    counts = align(records, units, "records", "units").to_numpy(float)
    if not (np.isfinite(counts).all() and (counts >= 0).all() and counts.sum() > 0 and (counts % 1 == 0).all()):
        raise DataError("records must be whole numbers of 0 or more by unit, and not all 0.")
    check_number(float(counts.sum()), "records", least=1)
    drawn = np.random.default_rng(seed).multinomial(int(counts.sum()), counts / counts.sum(), size=N_DRAWS).T
    scaled = weight[:, None] * np.where(counts > 0, drawn.T / np.where(counts > 0, counts, 1), 1.0).T
    return scaled / scaled.sum(axis=0)
