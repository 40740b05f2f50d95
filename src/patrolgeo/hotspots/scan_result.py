"""What a scan finds: clusters, best first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._show import Rows, Shown, some_of
from patrolgeo._typing import Floats, Ints
from patrolgeo.hotspots._scan import Found, Scan, p_values
from patrolgeo.hotspots._scan_units import ScanUnits

ALPHA = 0.05


@dataclass(frozen=True)
class Cluster:
    """One cluster with its p-values; cases are effective ones."""

    llr: float
    members: Ints
    window: int
    observed: float
    expected: float
    relative_risk: float
    p_value: float
    gumbel_p_value: float
    n_permutations: int


@dataclass(frozen=True, repr=False)
class ScanResult(Shown):
    """Clusters with more than expected, best first; every list has one entry a cluster.

    Parameters
    ----------
    llr
        Log likelihood ratio.
    p_value
        (1 + replicates whose best zone has at least this ratio) / (replicates + 1): corrected for all zones looked at.
    gumbel_p_value
        The same from a Gumbel distribution with the moments of the replicates: no lower limit, good from 99 on.
    members
        Labels of the units of each cluster, sorted.
    observed, expected
        Cases (or sums of weights) in the cluster, and what the null expects there.
    relative_risk
        Rate inside over rate outside; for baselines observed / expected.
    window
        Table with a row a cluster: `start` and `end` (first and last period) and, of prospective scans,
        `recurrence_interval` (periods between alarms as rare as this one, by `gumbel_p_value` where that is smaller);
        or `group` (shift, category, or "all"); without columns for a single set of counts.
    n_permutations
        Replicates drawn; fewer than asked for when they stopped early.
    units
        Where the units lie.
    """

    llr: Floats
    p_value: Floats
    gumbel_p_value: Floats
    members: list[list[Any]]
    observed: Floats
    expected: Floats
    relative_risk: Floats
    window: pd.DataFrame
    n_permutations: int
    units: ScanUnits

    def __len__(self) -> int:
        """Return how many clusters there are."""
        return len(self.llr)

    def __getattr__(self, name: str) -> Any:
        """Give the columns of `window` as lists of their own: `start`, `end`, `recurrence_interval`, `group`."""
        if name in ("start", "end", "recurrence_interval", "group") and name in self.window:
            return self.window[name].to_numpy()
        raise AttributeError(f"this scan has no {name!r}")

    def _head(self) -> str:
        return self.summary()

    def _rows(self) -> Rows:
        table = self.to_frame()
        when = [" ".join(f"{v:%Y-%m-%d}" if hasattr(v, "year") else str(v) for v in row) for row in self._when()]
        return [
            (f"cluster {k}", f"{w + ': ' if w else ''}{row.observed:,.6g} cases, {row.expected:,.3g} expected, p "
             f"{row.p_value:.3g}: {some_of(row.members, 3)}")
            for (k, row), w in zip(table.iterrows(), when, strict=True)
        ]  # fmt: skip

    def _when(self) -> list[tuple[Any, ...]]:
        return list(self.window[[c for c in ("group", "start", "end") if c in self.window]].itertuples(index=False))

    def summary(self) -> str:
        """Return one line for a report."""
        if not len(self):
            return "no zone has more than expected"
        n = int((self.p_value <= ALPHA).sum())
        return (
            f"{n} of {len(self)} clusters with p of at most {ALPHA:g}; the first: {len(self.members[0])} units, "
            f"{self.observed[0]:,.6g} cases, {self.expected[0]:,.3g} expected (p {self.p_value[0]:.3g})"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return a row a cluster, index `cluster` from 1."""
        names = ("llr", "p_value", "gumbel_p_value", "observed", "expected", "relative_risk", "members")
        table = pd.DataFrame({name: getattr(self, name) for name in names})
        table.insert(6, "n_units", [len(m) for m in self.members])
        table = pd.concat([table, self.window], axis=1)
        return table.set_axis(pd.RangeIndex(1, len(table) + 1, name="cluster"))

    def to_gdf(self) -> gpd.GeoDataFrame:
        """Return the same with the outline of each cluster."""
        table = self.to_frame()
        outlines = self.units.outlines(self.members)
        return gpd.GeoDataFrame(table, geometry=outlines.to_numpy(), crs=outlines.crs)


def cluster(found: Found, scan: Scan, maxima: Floats, asked: int) -> Cluster:
    """Return a cluster with its p-values and its risk beside the rest."""
    p_value, gumbel = p_values(found.llr, maxima, len(maxima) < asked)
    total = scan.totals[found.window]
    rest, rest_expected = total - found.observed, total - found.expected
    with np.errstate(divide="ignore"):
        outside = np.float64(rest) / rest_expected if np.isfinite(total) and rest_expected > 0 else 1.0
        risk = float(np.float64(found.observed / found.expected) / outside)
    return Cluster(
        **vars(found), relative_risk=risk, p_value=p_value, gumbel_p_value=gumbel, n_permutations=len(maxima)
    )


def scan_result(clusters: list[Cluster], window: pd.DataFrame, units: ScanUnits, size: float) -> ScanResult:
    """Return clusters with labels in place of positions, and cases in the unit that they came in."""
    names = ("llr", "p_value", "gumbel_p_value", "observed", "expected", "relative_risk")
    columns = {name: np.array([getattr(c, name) for c in clusters], float) for name in names}
    columns["observed"], columns["expected"] = columns["observed"] * size, columns["expected"] * size
    return ScanResult(
        **columns, members=[units.labels[c.members].tolist() for c in clusters], window=window,
        n_permutations=clusters[0].n_permutations if clusters else 0, units=units,
    )  # fmt: skip
