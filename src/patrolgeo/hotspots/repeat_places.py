"""The same place again: more often than chance alone would bring incidents back?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo._checks import align, as_floats, check_count, check_seed
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.hotspots._at_places import count_at

MANY = 10  # places with so many incidents or more are one row of the table


@dataclass(frozen=True, repr=False)
class RepeatPlaces(Shown):
    """How many incidents came back to a place, and how many would by chance.

    Parameters
    ----------
    repeat_share
        Share of the incidents that were not the first at their place.
    expected_share
        The same by chance, exact; `chance` is the range that holds 95 % of maps without pattern.
    chance
        Its lower and upper end.
    p_value
        How likely chance alone makes as many repeats or more.
    table
        By number of incidents at a place (the last row is "10 or more"): `places`, `expected` by chance, and the share
        of all `incidents` there.
    places
        By place: `incidents`, `expected`, `p_value` (as many or more, by chance), `p_adjusted`; the places with most
        incidents beyond what is expected first.
    """

    repeat_share: float
    expected_share: float
    chance: tuple[float, float]
    p_value: float
    table: pd.DataFrame
    places: pd.DataFrame

    def _head(self) -> str:
        total = self.places["incidents"].sum()
        if not total:
            return "no incident lies at a place: nothing can repeat"
        return (
            f"{self.repeat_share:.1%} of {total:,.0f} incidents were not the first at their place; by chance "
            f"{self.expected_share:.1%} ({self.chance[0]:.1%} to {self.chance[1]:.1%})"
        )

    def _rows(self) -> Rows:
        return [
            (f"{times} incidents", f"{row['places']:,.0f} places, by chance {row['expected']:,.3g}")
            for times, row in self.table.head(8).to_dict("index").items()
        ]

    def summary(self) -> str:
        """Return one line for a report."""
        return self._head()


def repeat_places(
    incidents: Any,
    places: Any,
    *,
    base: pd.Series | None = None,
    within_m: float = 30.0,
    n_draws: int = 199,
    random_state: int | None = 0,
) -> RepeatPlaces:
    """Do incidents come back to the same street segments, cells or facilities?

    With more incidents than places some must come back by chance; the answer stands beside that. Homes are never
    listed: a layer with a kind that is a dwelling, and polygons as small as buildings, are refused. For homes
    `repeat_rates` tells the rates of an area.

    Parameters
    ----------
    incidents
        Points in any CRS.
    places
        `HexGrid`, `AreaUnits` (segments, areas), or a GeoDataFrame of facilities with a column `kind`.
    base
        What makes chance fall on places: length of segments, area, visitors; by default each counts the same.
    within_m
        An incident belongs to the nearest facility within so many metres.
    n_draws
        Maps without pattern behind `chance` and `p_value`.
    random_state
        Their seed.

    Returns
    -------
    `RepeatPlaces`.

    Raises
    ------
    DataError
        When places are homes, `base` is negative, missing or 0 throughout, or a point has no place.
    AlignmentError
        When `base` lacks places.
    MissingColumnError
        When facilities have no `kind`.

    Notes
    -----
    Given the total N and the shares of the base, the number at a place is binomial, and N - sum(1 - (1 - share)^N)
    repeats are expected.

    References
    ----------
    Farrell and Pease 1993 (once bitten, twice bitten); Weisburd 2015; Levin, Rosenfeld and Deckard 2017 (few incidents
    and many places: repeats by chance).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from patrolgeo import repeat_places
    >>> bars = gpd.GeoDataFrame({"kind": "bar"}, index=[f"bar {k}" for k in range(10)], crs="EPSG:4326",
    ...                         geometry=gpd.points_from_xy([119.9 + k / 100 for k in range(10)], [31.7] * 10))
    >>> fights = gpd.GeoSeries.from_xy([119.9] * 6 + [119.95], [31.7] * 7, crs="EPSG:4326")
    >>> found = repeat_places(fights, bars)
    >>> found.summary()
    '71.4% of 7 incidents were not the first at their place; by chance 25.5% (0.0% to 42.9%)'
    """
    counts = count_at(incidents, places, within_m)
    weight = np.ones(len(counts)) if base is None else as_floats(align(base, counts.index, "base", "places"), "base")
    if not (np.isfinite(weight).all() and (weight >= 0).all()) or (len(weight) and not weight.sum()):
        raise DataError("base must hold numbers of 0 or more for every place, not all of them 0.")
    total, share = counts.sum(), weight / max(weight.sum(), 1e-300)
    rng = np.random.default_rng(check_seed(random_state))
    drawn = _drawn_repeats(rng, int(total), share, check_count(n_draws, "n_draws"))
    repeats = float(total - (counts > 0).sum())
    expected = float(total - (1 - (1 - share) ** total).sum())
    low, high = np.quantile(drawn, [0.025, 0.975])
    by = max(total, 1.0)
    return RepeatPlaces(
        repeat_share=repeats / by,
        expected_share=expected / by,
        chance=(float(low / by), float(high / by)),
        p_value=float((1 + (drawn >= repeats).sum()) / (len(drawn) + 1)) if total else 1.0,
        table=_by_times(counts, share),
        places=_by_place(counts, share),
    )


def _drawn_repeats(rng: np.random.Generator, total: int, share: Floats, n_draws: int) -> Floats:
    """Return how many repeats maps without pattern have, shape (n_draws,)."""
    edges = np.cumsum(share)
    return np.array([
        total - len(np.unique(np.searchsorted(edges, rng.random(total) * edges[-1:].sum(), side="right")))
        for _ in range(n_draws)
    ], float)  # fmt: skip


def _by_times(counts: pd.Series, share: Floats) -> pd.DataFrame:
    """Return how many places have 0, 1, 2, ... incidents, and how many would by chance."""
    times = np.arange(MANY)
    total = counts.sum()
    chance = np.array([stats.binom.pmf(k, total, share).sum() for k in times])
    here = np.minimum(counts.to_numpy().astype(np.int64), MANY)
    return pd.DataFrame({
        "places": np.bincount(here, minlength=MANY + 1),
        "expected": np.r_[chance, max(len(counts) - chance.sum(), 0.0)],
        "incidents": np.bincount(here, counts.to_numpy(), MANY + 1) / max(total, 1.0),
    }, index=pd.Index([*map(str, times), f"{MANY} or more"], name="times"))  # fmt: skip


def _by_place(counts: pd.Series, share: Floats) -> pd.DataFrame:
    total = counts.sum()
    expected = total * share
    p = np.where(counts > 0, stats.binom.sf(counts - 1, total, share), 1.0)
    adjusted = stats.false_discovery_control(p.clip(0, 1)) if len(p) else p
    table = pd.DataFrame({"incidents": counts, "expected": expected, "p_value": p, "p_adjusted": adjusted})
    order = np.lexsort((counts.index.argsort().argsort(), -(counts.to_numpy() - expected)))
    return table.iloc[order]
