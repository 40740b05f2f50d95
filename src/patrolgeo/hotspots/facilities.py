"""Risky facilities: of the bars, shops or car parks of a town a few have most of the trouble; which, beyond chance?"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo._show import Rows, Shown
from patrolgeo.hotspots._at_places import count_at
from patrolgeo.hotspots.concentration import concentration, eighty_twenty

TOP = 0.2


@dataclass(frozen=True, repr=False)
class RiskyFacilities(Shown):
    """Concentration within each kind of facility, and the facilities with more than chance brings.

    Parameters
    ----------
    kinds
        By kind: `facilities`, `incidents`, `without` (share of facilities without any), `top_share` (share of the
        incidents at the busiest fifth), `top_by_chance` (the same if all of the kind were alike), `gini_corrected`,
        `risky` (facilities with more than chance brings, after correction).
    facilities
        By facility: `kind`, `name` where known, `incidents`, `expected` (the mean of its kind), `p_value`,
        `p_adjusted` (over all facilities); those with most beyond what is expected first.
    """

    kinds: pd.DataFrame
    facilities: pd.DataFrame

    def _head(self) -> str:
        return f"{len(self.facilities):,} facilities of {len(self.kinds)} kinds, {self.kinds['risky'].sum():,} risky"

    def _rows(self) -> Rows:
        return [
            (str(kind), f"{row['incidents']:,.0f} incidents at {row['facilities']:,.0f}; the busiest fifth has "
             f"{row['top_share']:.0%}, by chance {row['top_by_chance']:.0%}")
            for kind, row in self.kinds.head(8).to_dict("index").items()
        ]  # fmt: skip


def risky_facilities(
    incidents: gpd.GeoDataFrame | gpd.GeoSeries,
    facilities: gpd.GeoDataFrame,
    *,
    within_m: float = 30.0,
    alpha: float = 0.05,
    random_state: int | None = 0,
) -> RiskyFacilities:
    """Do a few bars, shops or car parks have most of the incidents of their kind, more than chance would give them?

    Facilities of one kind are held against each other. A large one has more visitors: size is not taken off, so look
    at what a risky one does otherwise before anything is concluded. Homes are refused, see `repeat_rates`.

    Parameters
    ----------
    incidents
        Points in any CRS; choose the categories that make sense for the kind.
    facilities
        Points or polygons with a column `kind` (as `read_places` gives), `name` where known.
    within_m
        An incident counts at the nearest facility within so many metres.
    alpha
        Level of the corrected test behind `risky`.
    random_state
        Seed of what chance gives.

    Returns
    -------
    `RiskyFacilities`.

    Raises
    ------
    DataError
        When facilities are homes, a label occurs twice, or a point has no place.
    MissingColumnError
        When there is no column `kind`.

    References
    ----------
    Eck, Clarke and Guerette 2007 (risky facilities).

    Examples
    --------
    >>> import geopandas as gpd
    >>> from patrolgeo import risky_facilities
    >>> bars = gpd.GeoDataFrame({"kind": "bar", "name": [f"bar {k}" for k in range(10)]}, crs="EPSG:4326",
    ...                         geometry=gpd.points_from_xy([119.9 + k / 100 for k in range(10)], [31.7] * 10))
    >>> fights = gpd.GeoSeries.from_xy([119.9] * 12 + [119.95, 119.96], [31.7] * 14, crs="EPSG:4326")
    >>> found = risky_facilities(fights, bars)
    >>> found.facilities.query("p_adjusted <= 0.05")[["name", "incidents"]].values.tolist()
    [['bar 0', 12.0]]
    """
    counts = count_at(incidents, facilities, within_m)
    kind = facilities["kind"].astype(str)
    table = pd.DataFrame({"kind": kind, "incidents": counts})
    if "name" in facilities:
        table.insert(1, "name", facilities["name"])
    of_kind = counts.groupby(kind.to_numpy())
    table["expected"] = of_kind.transform("mean")
    number, total = of_kind.transform("size"), of_kind.transform("sum")
    p = np.where(counts > 0, stats.binom.sf(counts - 1, total, 1 / number), 1.0)
    table["p_value"] = p
    table["p_adjusted"] = stats.false_discovery_control(p.clip(0, 1)) if len(p) else p
    order = np.lexsort((table.index.argsort().argsort(), table["expected"] - counts))
    table = table.iloc[order]
    rows = {one: _of_kind(part, alpha, random_state) for one, part in table.groupby("kind")}
    kinds = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS).rename_axis("kind")
    return RiskyFacilities(kinds.sort_values(["incidents", "facilities"], ascending=False, kind="stable"), table)


_COLUMNS = ["facilities", "incidents", "without", "top_share", "top_by_chance", "gini_corrected", "risky"]


def _of_kind(part: pd.DataFrame, alpha: float, random_state: int | None) -> list[float]:
    counts = part["incidents"].sort_index()
    top = eighty_twenty(counts, top=[TOP], random_state=random_state).loc[TOP]
    return [
        len(part), counts.sum(), (counts == 0).mean(), top["incident_share"], top["chance"],
        concentration(counts, random_state=random_state).gini_corrected, int((part["p_adjusted"] <= alpha).sum()),
    ]  # fmt: skip
