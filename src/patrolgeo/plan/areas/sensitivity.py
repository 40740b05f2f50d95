"""How much does a plan hang on the weights that somebody chose?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from patrolgeo._checks import align, check_choice, check_seed, check_share
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.design import design_areas
from patrolgeo.plan.areas.follow_lines import within_jurisdictions

SETTLED = 2  # rounds of drawing again before the weights change; what still moves then is taken off


def workload_sensitivity(
    plan: AreaPlan, *, unit: str = "index", step: float = 0.1, nest_in: pd.Series | None = None,
    random_state: int | None = 0, **options: Any,
) -> pd.DataFrame:  # fmt: skip
    """Which units would change area if a weight were a little higher or lower?

    Every weight becomes a share `step` of itself higher and lower, the others keep their proportions, and the plan is
    drawn again from the areas it has: a unit leaves its area only where that saves the mean travel of the plan, or the
    balance asks for it. Before that the plan is drawn again until nothing moves without a change of weights, so that
    what moves later moves because of the weights.

    Parameters
    ----------
    plan
        A plan made from the parts of its workload (``workload_index(..., parts=True)``).
    unit
        "index": the weights are the shares of the parts, 0.3 becomes 0.27 and 0.33. "minutes": each part counts 1.
    step
        Share of itself by which a weight changes.
    nest_in
        Jurisdictions that no area crosses, as in the plan.
    random_state
        As in `design_areas`.
    options
        Further arguments of `design_areas` that the plan was made with (`rules`, `effort`, `fixed`, `max_minutes`).

    Returns
    -------
    DataFrame, one row a change: `part`, `weight`, `changed_to`, `units_moved` and `share_moved` (units that change
    area), `workload_moved` (their share of the workload), `kept_max_over_mean` (balance of the plan under the changed
    weights if no unit moves). The first row changes no weight: nothing moves there.

    Raises
    ------
    DataError
        When the plan knows no parts of its workload or was made from a table of costs, or `step` is not above 0.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import design_areas, workload_index, workload_sensitivity
    >>> boxes = [shapely.box(108 + i / 100, 22, 108.01 + i / 100, 22.01) for i in range(4)]
    >>> units = gpd.GeoDataFrame(index=list("abcd"), geometry=boxes, crs="EPSG:4326")
    >>> people, land = pd.Series([30, 10, 10, 10], units.index), pd.Series(1.0, units.index)
    >>> parts = workload_index(people, area=land, weights={"population": 0.5, "area": 0.5}, parts=True)
    >>> plan = design_areas(parts, None, 2, units=units, tolerance=0.3)
    >>> workload_sensitivity(plan)[["part", "changed_to", "units_moved"]].values.tolist()
    [['none', nan, 0], ['population', 0.45, 0], ['population', 0.55, 0], ['area', 0.45, 0], ['area', 0.55, 0]]
    """
    check_choice(unit, ["index", "minutes"], "unit")
    check_share(step, "step", "0.1 means 10 % of the whole")
    seed = check_seed(random_state)
    if plan.parts is None:
        raise DataError("The plan knows no parts of its workload; make it from workload_index(..., parts=True).")
    if plan.cost is not None:
        raise DataError("The plan was made from a table of costs; workload_sensitivity draws areas by travel anew.")
    travel = plan.travel
    if nest_in is not None:
        jurisdiction = align(nest_in, travel.cells, "nest_in")
        travel = replace(travel, minutes=within_jurisdictions(travel.minutes, jurisdiction))
    rules = {"stay_minutes": plan.mean_travel_minutes, **options}

    def drawn_again(parts: pd.DataFrame, labels: pd.Series) -> AreaPlan:
        return design_areas(
            parts, None, plan.n_areas, travel=travel, current=labels, tolerance=plan.tolerance, prove=False,
            random_state=seed, **rules,
        )  # fmt: skip

    settled = plan.labels
    for _ in range(SETTLED):
        before, settled = settled, drawn_again(plan.parts, settled).labels
        if settled.equals(before):
            break
    unchanged = drawn_again(plan.parts, settled).labels  # what still moves here does not move because of the weights
    rows = []
    for part, weight, changed, parts in _variants(plan.parts, unit, step):
        other = drawn_again(parts, settled)
        moved = (other.labels != unchanged).to_numpy()
        load = other.workload.groupby(plan.labels).sum()
        total = float(other.workload.sum()) or 1.0
        rows.append({
            "part": part, "weight": weight, "changed_to": changed, "units_moved": int(moved.sum()),
            "share_moved": float(moved.mean()), "workload_moved": float(other.workload[moved].sum()) / total,
            "kept_max_over_mean": float(load.max() / load.mean()) if load.mean() > 0 else 1.0,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _variants(parts: pd.DataFrame, unit: str, step: float) -> list[tuple[str, float, float, pd.DataFrame]]:
    """Return the part that changes, its weight, the new weight, and all parts then; first nothing changes."""
    weights = parts.sum() / parts.to_numpy().sum() if unit == "index" else pd.Series(1.0, index=parts.columns)
    found = [("none", float("nan"), float("nan"), parts)]
    for name, weight in weights.items():
        for changed in (weight * max(1 - step, 0.0), weight * (1 + step)):
            scale = pd.Series(1.0, index=parts.columns)
            scale[name] = changed / weight if weight > 0 else 1.0
            scaled = parts * scale
            if scaled.to_numpy().sum() > 0:
                found.append((str(name), round(float(weight), 9), round(float(changed), 9), scaled))
    return found
