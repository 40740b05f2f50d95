"""Grades of duty as nested sets of sites: raising the grade adds posts and moves none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from patrolgeo._show import Rows, Shown
from patrolgeo.errors import DataError


@dataclass(frozen=True, repr=False)
class NestedTiers(Shown):
    """Nested plans by grade, and what nesting costs.

    Parameters
    ----------
    plans
        The plan of each grade, smallest first; the sites of each contain those before it.
    table
        DataFrame by grade: `sites`, `objective`, `alone` (the best plan found for that number alone), `loss` (share
        of it given up), `bound`.
    built
        "up" (each grade adds to the one before) or "down" (each is the best part of the largest), whichever loses less.
    """

    plans: dict[str, Any]
    table: pd.DataFrame
    built: str

    def _head(self) -> str:
        sizes = ", ".join(f"{grade} {n}" for grade, n in self.table["sites"].items())
        return f"{sizes}; built {self.built}"

    def _rows(self) -> Rows:
        return [
            (str(grade), f"{row['sites']:.0f} sites, value {row['objective']:,.6g}, {row['loss']:.1%} less than alone")
            for grade, row in self.table.to_dict("index").items()
        ]

    def summary(self) -> dict[str, Any]:
        """Return the number of sites and the loss of each grade."""
        return {"built": self.built, "sites": self.table["sites"].to_dict(), "loss": self.table["loss"].to_dict()}

    @property
    def grade(self) -> pd.Series:
        """Series by site: the lowest grade in which it stands."""
        first: dict[Any, str] = {}
        for name, plan in self.plans.items():
            first |= {site: name for site in plan.sites if site not in first}
        return pd.Series(first, name="grade", dtype=object)


def nested_tiers(
    model: Callable[..., Any], n_sites: Mapping[str, int], *, existing: Any = ()
) -> NestedTiers:  # fmt: skip
    """Which sites are staffed on normal, raised and highest duty, so that raising the grade moves nobody?

    Made twice, upwards from the smallest set and downwards from the largest; the way that loses less against planning
    each grade alone is kept, and the loss is reported.

    Parameters
    ----------
    model
        A siting model with everything but the number of sites filled in, for example
        ``partial(intercept_flows, paths, flows)`` or ``partial(max_coverage, minutes, max_cost=10)``; it is called
        with ``n_sites`` and ``existing=``. Its plans carry `sites` in the order of their gain; more is better.
    n_sites
        Number of sites by grade, rising.
    existing
        Sites that stand in every grade.

    Returns
    -------
    NestedTiers: a plan by grade, and what nesting costs against planning each grade alone.

    Raises
    ------
    DataError
        When `n_sites` names no numbers, or they do not rise.

    Examples
    --------
    >>> from functools import partial
    >>> from patrolgeo import intercept_flows, nested_tiers
    >>> model = partial(intercept_flows, [["a", "m"], ["m", "b"], ["a"], ["b"]], [3.0, 3.0, 2.0, 2.0])
    >>> tiers = nested_tiers(model, {"normal": 1, "raised": 2})
    >>> tiers.table[["sites", "objective", "alone"]].to_dict("list")
    {'sites': [1, 2], 'objective': [5.0, 10.0], 'alone': [6.0, 10.0]}
    """
    sizes = list(n_sites.values())
    if not sizes or sizes != sorted(set(sizes)):
        raise DataError(f"n_sites={dict(n_sites)!r} must name rising numbers, e.g. normal=4, raised=8, highest=16.")
    alone = [model(n, existing=existing) for n in sizes]
    best = [float(plan.objective) for plan in alone]
    up = [alone[0]]
    for n in sizes[1:]:
        up.append(model(n, existing=up[-1].sites))
    largest = alone[-1].sites
    down = [model(min(n, len(largest)), existing=largest[:n]) for n in sizes[:-1]] + [alone[-1]]
    built, plans = min((("up", up), ("down", down)), key=lambda way: sum(_losses(way[1], best)))
    table = pd.DataFrame(
        {
            "sites": [len(p.sites) for p in plans], "objective": [p.objective for p in plans], "alone": best,
            "loss": _losses(plans, best), "bound": [p.bound for p in alone],
        },
        index=pd.Index(list(n_sites), name="grade"),
    )  # fmt: skip
    return NestedTiers(dict(zip(n_sites, plans, strict=True)), table, built)


def _losses(plans: list[Any], best: list[float]) -> list[float]:
    return [max(0.0, 1.0 - p.objective / b) if b > 0 else 0.0 for p, b in zip(plans, best, strict=True)]
