"""Areas by shift in a run: the areas of the plan, moved a little for the work of each shift."""

from __future__ import annotations

import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.pipeline.duty import DAY
from patrolgeo.pipeline.results import Counts, Forecast, Place
from patrolgeo.pipeline.shifts import expected_by_shift
from patrolgeo.pipeline.villages import Villages
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.rules import AreaRules
from patrolgeo.plan.areas.shifts import design_shift_areas

BY_RECORDS = ("risk", "calls")  # parts of the work that go by the hours of the records; the others are spread evenly
TOLD = {"base_max_over_mean": "kept_max_over_mean", "mean_travel_minutes": "mean_minutes"}


def work_by_shift(
    plan: Plan, place: Place, counts: Counts, forecast: Forecast, parts: pd.DataFrame
) -> pd.DataFrame | None:  # fmt: skip
    """Return the work of each cell in each shift, cells x shifts; None where areas are not drawn by shift."""
    shifts = place["shifts"]
    if plan.areas.shift_change is None or shifts is None:
        return None
    moving = parts[[name for name in parts if name in BY_RECORDS]].sum(axis=1)
    share = expected_by_shift(forecast, counts.records, shifts).div(forecast.planned, axis=0)
    even = shifts["minutes"] / DAY
    still = pd.DataFrame({name: even[name] * (parts.sum(axis=1) - moving) for name in shifts.index})
    return share.fillna(even).mul(moving, axis=0) + still


def areas_by_shift(
    plan: Plan, work: pd.DataFrame, areas: AreaPlan, rules: AreaRules, villages: Villages | None
) -> dict[str, pd.DataFrame]:  # fmt: skip
    """Return a row a shift, and the area of each cell in each shift."""
    found = design_shift_areas(
        work if villages is None else villages.sum(work), base=areas, max_change=plan.areas.shift_change or 0.0,
        rules=AreaRules(
            tolerance=rules.tolerance, anchors=rules.anchors, nest_in=rules.nest_in, together=rules.together
        ),
        prove=False, random_state=plan.seed,
    )  # fmt: skip
    table, labels = found.table.rename(columns=TOLD).reset_index(), found.labels
    if villages is not None:
        labels = labels.reindex(villages.of_cell.to_numpy()).set_axis(villages.of_cell.index)
    return {"shifts": table[["shift", *TOLD.values(), "max_over_mean", "changed"]], "by_shift": labels}
