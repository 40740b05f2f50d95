"""Areas in areas: volunteers in police areas in station areas in the county; sums and codes nest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from patrolgeo._checks import check_count, check_type
from patrolgeo._show import Rows, Shown
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.design import PLAIN, design_areas
from patrolgeo.plan.areas.rules import AreaRules


@dataclass(frozen=True, kw_only=True, repr=False)
class AreaHierarchy(Shown):
    """Areas of several tiers, each within one area of the tier above.

    Parameters
    ----------
    plans
        The plan of each tier, the widest areas first.
    codes
        Code of the area of each unit in each tier, units x tiers: "2", "2.1", "2.1.3".
    """

    plans: Mapping[str, AreaPlan]
    codes: pd.DataFrame = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row an area of any tier: `tier`, `code`, `parent` (its code), `units`, `workload`, minutes; sorted."""
        rows = []
        parent = pd.Series("", index=self.codes.index)
        for tier, plan in self.plans.items():
            known = self.codes[tier].groupby(plan.labels).first()
            above = parent.groupby(plan.labels).first()
            measured = plan.measures.by_area[["units", "workload", "over_mean", "mean_minutes", "worst_minutes"]]
            rows.append(measured.assign(tier=tier, code=known, parent=above))
            parent = self.codes[tier]
        columns = ["tier", "code", "parent", "units", "workload", "over_mean", "mean_minutes", "worst_minutes"]
        return pd.concat(rows, ignore_index=True)[columns]

    def roll_up(self, values: pd.Series) -> pd.DataFrame:
        """Return the sums of values by unit (Series) for every area of every tier: `tier`, `code`, `sum`."""
        check_type(values, pd.Series, "values", "give a number for each unit")
        known = values.reindex(self.codes.index)
        if known.isna().any():
            raise DataError(f"values lacks the unit {known.index[known.isna()][0]!r}.")
        sums = [known.groupby(self.codes[tier]).sum().rename_axis("code").rename("sum") for tier in self.plans]
        return pd.concat(dict(zip(self.plans, sums, strict=True)), names=["tier"]).reset_index()

    def _head(self) -> str:
        return ", ".join(f"{plan.n_areas} {tier}" for tier, plan in self.plans.items())

    def _rows(self) -> Rows:
        return [
            (tier, f"{plan.n_areas} areas, heaviest {plan.max_over_mean:.3f} of the mean, {plan.noncontiguous} split")
            for tier, plan in self.plans.items()
        ]


def nest_areas(
    workload: Any, travel: Any, tiers: Mapping[str, int], *, rules: AreaRules = PLAIN, units: Any = None,
    prove: bool = True, effort: int = 300, random_state: int | None = 0,
) -> AreaHierarchy:  # fmt: skip
    """How do areas of several kinds of force lie in each other, so that every unit has one line of command?

    The widest tier is drawn first; each tier below is drawn inside the areas of the one above, which get as many areas
    as makes the heaviest of them lightest. Every force can have its own workload and its own way to travel.

    Parameters
    ----------
    workload
        As in `design_areas`, for all tiers; or a mapping from tier to workload.
    travel
        As in `design_areas`, for all tiers; or a mapping from tier to travel graph (volunteers walk).
    tiers
        Number of areas of each tier, from the widest to the narrowest, ``{"station": 6, "police": 18}``.
    rules
        As in `design_areas`. `nest_in` holds for the widest tier (townships), and so for all; anchors, fixed units and
        pairs go by tier: give them with `design_areas`.
    units, prove, effort, random_state
        As in `design_areas`.

    Returns
    -------
    AreaHierarchy

    Raises
    ------
    DataError
        When there is no tier, or a workload or graph of one is missing.
    InfeasibleError
        When a tier has fewer areas than the one above it.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, nest_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 7))
    >>> found = nest_areas(pd.Series(1.0, index=grid.cells), grid, {"station": 2, "police": 6}, effort=60)
    >>> found, sorted(found.codes["police"].unique())
    (AreaHierarchy(2 station, 6 police), ['1.1', '1.2', '1.3', '2.1', '2.2', '2.3'])
    """
    check_type(tiers, Mapping, "tiers", 'give {"station": 6, "police": 18}, the widest first')
    if not tiers:
        raise DataError("tiers names no tier; give {'station': 6, 'police': 18}, the widest first.")
    if len(rules.anchors) or len(rules.fixed) or len(rules.forbidden):
        raise DataError("anchors, fixed and forbidden belong to one tier; draw it with design_areas.")
    plans: dict[str, AreaPlan] = {}
    codes: dict[str, pd.Series] = {}
    above, few = rules.nest_in, 0
    for tier, n in tiers.items():
        if check_count(n, f"tiers[{tier!r}]") < few:
            raise InfeasibleError(f"tiers[{tier!r}] = {n} is fewer areas than the tier above has ({few}).")
        plan = design_areas(
            _of_tier(workload, tier, "workload"), _of_tier(travel, tier, "travel"), n, units=units,
            rules=replace(rules, nest_in=above), prove=prove, effort=effort, random_state=random_state,
        )  # fmt: skip
        codes[str(tier)] = _codes(plan.labels, next(reversed(codes.values())) if codes else None)
        plans[str(tier)] = plan
        above, few = codes[str(tier)], n
    return AreaHierarchy(plans=plans, codes=pd.DataFrame(codes))


def _of_tier(given: Any, tier: Any, name: str) -> Any:
    if not isinstance(given, Mapping):
        return given
    if tier not in given:
        raise DataError(f"{name} lacks the tier {tier!r}; it has {', '.join(map(str, given)) or 'none'}.")
    return given[tier]


def _codes(labels: pd.Series, above: pd.Series | None) -> pd.Series:
    """Return the code of each unit's area: its number among those of the area above, behind that area's code."""
    parent = pd.Series("", index=labels.index) if above is None else above.reindex(labels.index) + "."
    first = pd.DataFrame({"parent": parent, "area": labels}).drop_duplicates().sort_values(["parent", "area"])
    number = first.groupby("parent").cumcount() + 1
    width = len(str(int(number.max())))
    code = first["parent"] + number.map(lambda n: f"{n:0{width}d}")
    return labels.map(dict(zip(first["area"], code, strict=True))).rename("code")
