"""Checkpoints on the way of traffic: sites that intercept most flow, also when drivers go around them."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import align, by_label, check_positive, check_seed
from patrolgeo._show import Rows, some_of
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise import hitting
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.problem import check_existing, check_n_sites, positions
from patrolgeo.solver import Solution


@dataclass(frozen=True, kw_only=True, repr=False)
class InterceptionPlan(Outcome):
    """Checkpoints, the flows they intercept, and how good the choice is proved to be.

    Parameters
    ----------
    sites
        Labels of the sites, existing ones first, then each next one by what it adds. Fewer than wanted when no further
        site would intercept anything.
    gain
        Series by site: the flow it adds to those before it.
    alternatives
        Series by site: other candidates that intercept exactly the same flows, a tuple of labels. Choose among them by
        the ground: room to stand, light, a roof.
    intercepted
        Series by flow: whether every known way of it passes a site.
    times
        Series by flow: sites passed on the way with fewest.
    flows
        Series by flow.
    """

    sites: pd.Index
    gain: pd.Series
    alternatives: pd.Series
    intercepted: pd.Series
    times: pd.Series
    flows: pd.Series

    def _head(self) -> str:
        return f"{len(self.sites)} checkpoints meet {self.intercepted_share:.1%}, {self.status}"

    def _rows(self) -> Rows:
        twice = float(self.flows[self.times > 1].sum()) / (float(self.flows.sum()) or 1.0)
        return [
            ("flows", f"{len(self.flows):,}"), ("checkpoints", some_of(self.sites)), *self.proof(),
            ("met", f"{self.intercepted_share:.1%} of the traffic"), ("met twice", f"{twice:.1%} of the traffic"),
        ]  # fmt: skip

    @property
    def intercepted_share(self) -> float:
        """Share of the flow that is intercepted."""
        total = float(self.flows.sum())
        return float(self.flows[self.intercepted].sum()) / total if total else 1.0

    def share_by(self, kind: pd.Series) -> pd.Series:
        """Return the intercepted share by kind of flow (into the county, out of it, ..), kind a Series by flow."""
        kind = kind.reindex(self.flows.index)
        total = self.flows.groupby(kind, sort=True).sum()
        share = self.flows.where(self.intercepted, 0.0).groupby(kind, sort=True).sum() / total
        return share.rename("intercepted_share")

    def staffing(self, officers: int = 2, *, hours: float = 24.0, shift_hours: float = 8.0) -> dict[str, float]:
        """Return posts, shifts and officer hours a day when each site is held `hours` a day by `officers` at a time."""
        check_positive(shift_hours, "shift_hours")
        shifts = int(np.ceil(hours / shift_hours))
        return {
            "posts": len(self.sites), "shifts_per_day": shifts * len(self.sites),
            "officers_per_day": shifts * officers * len(self.sites),
            "officer_hours_per_day": hours * officers * len(self.sites),
        }  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the plan as one dictionary."""
        return {
            "sites": len(self.sites), "intercepted": float(self.flows[self.intercepted].sum()),
            "intercepted_share": self.intercepted_share, "intercepted_twice": float(self.flows[self.times > 1].sum()),
            "bound": self.bound, "gap": self.gap, "status": self.status,
        }  # fmt: skip

    def to_gdf(self, geometry: gpd.GeoSeries) -> gpd.GeoDataFrame:
        """Return the sites as a GeoDataFrame: `site` as index, `rank`, `gain`, geometry by candidate label."""
        geometry = align(geometry, self.sites, "geometry", "sites")
        table = {"rank": np.arange(1, len(self.sites) + 1), "gain": self.gain.to_numpy()}
        return gpd.GeoDataFrame(table, geometry=geometry.to_numpy(), index=self.sites.rename("site"), crs=geometry.crs)


def intercept_flows(
    paths: Any,
    flows: Any,
    n_sites: int,
    *,
    existing: Any = (),
    candidates: Any = None,
    backup: float = 0.0,
    start: Any = (),
    effort: float = 1.0,
    prove: bool = False,
    time_limit: float = 60.0,
    random_state: int | None = 0,
) -> InterceptionPlan:
    """Where do `n_sites` checkpoints meet most of the traffic?

    The flow-intercepting location problem: a flow counts once, however many sites it passes, so sites are not piled up
    on one busy road. When a flow has several ways, it counts only when each of them passes a site: nobody drives
    around the plan on a way that is known. Sites on the same ways are merged before the search.

    Parameters
    ----------
    paths
        `FlowPaths` (from `flow_paths`); or a sequence with the site labels that each flow passes; or a scipy sparse
        matrix, flows x sites.
    flows
        Traffic by flow: Series with the labels of the flows, or an array in the order of `paths`.
    n_sites
        How many sites there are in the end, the existing ones included.
    existing
        Labels of sites that are there already and stay.
    candidates
        Labels at which a site may stand (existing ones always may); all that a path passes by default.
    backup
        What a second interception of the same flow is worth, as a share of the first (0 to 1, a third adds nothing);
        then `objective` counts it too. Needs one way for each flow.
    start
        Labels of a known plan to begin the search with.
    effort
        How long to search, as a multiple of a hundredth of a CPU second; 0 leaves the bound at the whole flow.
    prove
        Let HiGHS work until optimality is proved or time is up.
    time_limit
        Seconds of wall time for the proof.
    random_state
        Seed of the search.

    Returns
    -------
    InterceptionPlan; `objective` is the intercepted flow, `bound` what no plan can exceed.

    Raises
    ------
    InfeasibleError
        When no path passes a candidate.
    DataError
        For negative flows, or `backup` where a flow has several ways.

    References
    ----------
    Hodgson (1990), A flow-capturing location-allocation model, doi:10.1111/j.1538-4632.1990.tb00210.x.
    Berman, Larson and Fouska (1992), Optimal location of discretionary service facilities, doi:10.1287/trsc.26.3.201.
    Markovic, Ryzhov and Schonfeld (2015), Evasive flow capture, Networks 65.

    Examples
    --------
    >>> from patrolgeo import intercept_flows
    >>> ways = [["bridge", "pass"], ["bridge"], ["ford"]]
    >>> plan = intercept_flows(ways, [50.0, 30.0, 40.0], 1)
    >>> plan.sites.tolist(), plan.objective, plan.status
    (['bridge'], 80.0, 'optimal')
    """
    begin = time.process_time()
    ways = _read_paths(paths)
    weight = _read_flows(flows, ways.flows)
    n_sites = check_n_sites(n_sites, len(ways.sites), "candidate sites")
    fixed = check_existing(ways.sites, existing, n_sites)
    if not 0 <= backup <= 1:
        raise DataError(f"backup={backup!r} must lie between 0 and 1: what a second interception is worth.")
    group, columns = _merge_sites(ways, candidates, fixed, keep=2 if backup else 1)
    hits = _hits(ways, columns, weight, backup)
    if not len(hits.weight):
        raise InfeasibleError("No flow passes a candidate site; there is nothing to intercept.")
    held = pd.Index(columns).get_indexer(pd.Index(fixed))
    held = held[held >= 0]
    n_chosen = min(len(held) + n_sites - len(fixed), len(columns))
    answer = hitting.choose(
        hits, held, n_chosen, prove=prove, time_limit=time_limit, seed=check_seed(random_state), effort=effort,
        start=_columns_of(ways, start, group, columns, held)[:n_chosen],
    )  # fmt: skip
    return _plan(ways, weight, fixed, group, columns, hits, held, answer, begin)


@dataclass(frozen=True)
class _Ways:
    """Rows (ways) x sites, the flow of each row, labels of both; rows are sorted by flow."""

    rows: sparse.csr_matrix
    flow: Ints
    flows: pd.Index
    sites: pd.Index


def _read_paths(paths: Any) -> _Ways:
    if hasattr(paths, "passes"):
        return _Ways(paths.passes, paths.flow, paths.pairs, paths.labels)
    if sparse.issparse(paths):
        rows, sites = paths.tocsr(), pd.RangeIndex(paths.shape[1])
    else:
        rows, sites = _from_lists(paths)
    return _Ways(rows, np.arange(rows.shape[0]), pd.RangeIndex(rows.shape[0]), sites)


def _from_lists(paths: Iterable[Iterable[Any]]) -> tuple[sparse.csr_matrix, pd.Index]:
    lists = [list(dict.fromkeys(p)) for p in paths]
    labels = pd.Index(sorted({s for p in lists for s in p}))
    if not len(labels):
        raise InfeasibleError("paths pass no site at all; there is nothing to intercept.")
    step = labels.get_indexer([s for p in lists for s in p])
    start = np.r_[0, np.cumsum([len(p) for p in lists])]
    return sparse.csr_matrix((np.ones(len(step)), step, start), shape=(len(lists), len(labels))), labels


def _read_flows(flows: Any, labels: pd.Index) -> Floats:
    weight = by_label(flows, labels, "flows", "flows with paths", labelled=not isinstance(labels, pd.RangeIndex))
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise DataError("flows holds negative or missing values; fill them with 0 if they mean none.")
    return weight


def _merge_sites(ways: _Ways, candidates: Any, fixed: Ints, keep: int) -> tuple[Ints, Ints]:
    """Merge sites that the same ways pass; return the group of each site (-1: none) and the first `keep` of each.

    Equal sets of ways have equal sums of random 64-bit keys of the ways. Fixed sites come first.
    """
    wanted = np.bincount(ways.rows.indices, minlength=len(ways.sites)) > 0
    if candidates is not None:
        named = ways.sites.isin(candidates)
        named[fixed] = True
        wanted &= named
    key = np.random.default_rng(0).integers(1, 2**63, ways.rows.shape[0])
    passed = sparse.csc_matrix(
        (np.ones(ways.rows.nnz, np.int64), ways.rows.indices, ways.rows.indptr), ways.rows.T.shape
    )
    with np.errstate(over="ignore"):
        sums = passed @ key
    group, at = np.full(len(ways.sites), -1), np.flatnonzero(wanted)
    label = np.unique(sums[at], return_inverse=True)[1]
    group[at] = label
    order = np.lexsort((at, ~np.isin(at, fixed), label))
    rank = np.arange(len(at)) - np.searchsorted(label[order], label[order])
    return group, at[order[rank < keep]]


def _columns_of(ways: _Ways, sites: Any, group: Ints, columns: Ints, held: Ints) -> Ints:
    """Return the columns that stand for known sites, those that are held first; none when no site is known."""
    at = group[positions(ways.sites, sites, "start")]
    known = np.flatnonzero(np.isin(group[columns], at[at >= 0]))
    return np.r_[held, np.setdiff1d(known, held)] if len(known) else known


def _hits(ways: _Ways, columns: Ints, weight: Floats, backup: float) -> hitting.Hits:
    """Return the flows that can be hit: with some weight, and a candidate (one of `columns`) on each of their ways."""
    rows = ways.rows[:, columns]
    bare = np.bincount(ways.flow[np.diff(rows.indptr) == 0], minlength=len(weight))
    can = (bare == 0) & (np.bincount(ways.flow, minlength=len(weight)) > 0) & (weight > 0)
    keep = can[ways.flow]
    rows = rows if keep.all() else rows[keep]
    hits = hitting.Hits(rows, (np.cumsum(can) - 1)[ways.flow[keep]], weight[can], backup)
    if backup and not hits.single:
        raise DataError("backup counts second interceptions on one way for each flow; use flow_paths(n_paths=1).")
    return hits


def _plan(
    ways: _Ways, weight: Floats, fixed: Ints, group: Ints, columns: Ints, hits: hitting.Hits, held: Ints,
    answer: Solution, begin: float,
) -> InterceptionPlan:  # fmt: skip
    assert answer.values is not None  # noqa: S101
    order, gain = hitting.in_order(hits, np.flatnonzero(answer.values > 0.5), held)
    new = len(held)
    site = np.r_[fixed, columns[order[new:]]].astype(np.int64)
    held_gain = pd.Series(gain[:new], columns[order[:new]]).reindex(fixed).fillna(0.0)
    times = _fewest_times(ways, site, len(weight))
    labels = ways.sites[site]
    return InterceptionPlan(
        objective=answer.objective, bound=answer.bound, status=answer.status, runtime=time.process_time() - begin,
        maximize=True, sites=labels, gain=pd.Series(np.r_[held_gain.to_numpy(), gain[new:]], labels, name="gain"),
        alternatives=_alternatives(ways.sites, group, site), flows=pd.Series(weight, ways.flows, name="flow"),
        intercepted=pd.Series(times > 0, ways.flows, name="intercepted"),
        times=pd.Series(times, ways.flows, name="times"),
    )  # fmt: skip


def _fewest_times(ways: _Ways, site: Ints, n_flows: int) -> Ints:
    """Return how many sites each flow passes on the way with fewest; 0 for a flow without a way."""
    open_sites = np.zeros(len(ways.sites))
    open_sites[site] = 1.0
    times = np.full(n_flows, np.inf)
    np.minimum.at(times, ways.flow, ways.rows @ open_sites)
    return np.where(np.isinf(times), 0, times).astype(np.int64)


def _alternatives(labels: pd.Index, group: Ints, site: Ints) -> pd.Series:
    """Return, by chosen site, the other sites of its group that are not chosen."""
    order = np.argsort(group, kind="stable")
    order = order[~np.isin(order, site)]
    begin = np.searchsorted(group[order], group[site])
    end = np.searchsorted(group[order], group[site], side="right")
    other = [tuple(labels[order[b:e]]) if group[s] >= 0 else () for s, b, e in zip(site, begin, end, strict=True)]
    return pd.Series(other, index=labels[site], name="alternatives", dtype=object)
