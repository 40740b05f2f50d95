"""What besides their number binds a choice of sites: money, kinds, spacing, company, and sites that may close."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import align, as_floats, by_label, check_count, check_number, check_positive, check_type
from patrolgeo._show import Shown
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.constrained.rows import TINY, Rows
from patrolgeo.plan.problem import Problem, check_existing, check_n_sites, named, positions


@dataclass(frozen=True, kw_only=True, repr=False)
class SiteRules(Shown):
    """Rules that a choice of sites must keep; `max_coverage`, `p_median` and the others take them as `rules=`.

    With rules `n_sites` is the most sites there may be, existing ones included; it may be None when a budget or `most`
    says enough. Every rule is a row "weighted sum of open sites at most so much", and the models see only those rows.

    Parameters
    ----------
    site_cost
        What each new site costs: one number, or a Series by candidate (by row position when `cost` has no labels).
    budget
        Most that the new sites may cost together. Existing sites, closable ones too, are paid for.
    closable
        Labels of existing sites that may be given up when others serve better; those in `existing` stay.
    kind
        Series by candidate: what stands there ("post", "camera"). Candidates of several kinds in one table are placed
        together; a place that could hold either is a candidate of each kind.
    most
        Most sites of each kind.
    apart
        Pairs of candidates that may not both be open (`pairs_within`, or two labels a row).
    needs
        Pairs (site, other): the first may be open only when the second is, for example a camera only at a post.
    burden
        Table by candidate of two columns: what share of a group's people, and of all others, a site there burdens.
    cap
        Most times that the open sites burden the group as they burden the others, with `burden`.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import SiteRules, max_coverage
    >>> minutes = pd.DataFrame([[1, 9, 9], [9, 1, 1], [1, 1, 9]], index=["old", "hall", "mill"], columns=list("xyz"))
    >>> rules = SiteRules(site_cost=pd.Series({"old": 4.0, "hall": 3.0, "mill": 2.0}), budget=3, closable=["old"])
    >>> plan = max_coverage(minutes, 2, 5, rules=rules)
    >>> sorted(plan.sites), plan.objective, plan.status
    (['hall', 'old'], 3.0, 'optimal')
    >>> rules.account(plan.sites)["cost"].tolist()
    [3.0, 0.0]
    """

    site_cost: Any = None
    budget: float | None = None
    closable: Any = ()
    kind: pd.Series | None = None
    most: Mapping[Any, int] | None = None
    apart: Any = ()
    needs: Any = ()
    burden: pd.DataFrame | None = None
    cap: float | None = None

    @property
    def priced(self) -> Any:
        """Return what a site costs; 1 where only a budget is given, nothing where neither is."""
        if self.site_cost is not None:
            return self.site_cost
        return 0.0 if self.budget is None else 1.0

    def _costs_of(self, sites: pd.Index) -> Floats:
        given = 0.0 if self.site_cost is None else self.site_cost
        return np.full(len(sites), given) if np.ndim(given) == 0 else by_label(given, sites, "site_cost", "sites")

    def account(self, sites: Any, existing: Any = ()) -> pd.DataFrame:
        """Return by site, in order: its `kind`, whether it is `new`, and its `cost`; and closable sites not kept.

        A closable site that is not among `sites` comes last with ``open=False``.
        """
        paid = pd.Index([*existing, *self.closable])
        chosen = pd.Index(sites)
        closed = pd.Index([s for s in self.closable if s not in chosen])
        labels = chosen.append(closed) if len(closed) else chosen
        table = pd.DataFrame({"open": [*[True] * len(chosen), *[False] * len(closed)]}, index=labels)
        table.insert(0, "kind", None if self.kind is None else self.kind.reindex(labels).to_numpy())
        table["new"] = table["open"] & ~labels.isin(paid)
        table["cost"] = np.where(table["new"], self._costs_of(labels), 0.0)
        return table.rename_axis("site")


def read_rules(rules: SiteRules, problem: Problem, n_sites: int | None, existing: Any) -> Rows:
    """Check rules against the candidates they speak of and return them as rows."""
    check_type(rules, SiteRules, "rules")
    if n_sites is None and rules.budget is None and rules.most is None:
        raise DataError("n_sites=None leaves the number of sites open; give a budget or most= in the rules.")
    candidates, m = problem.candidates, len(problem.candidates)
    n_sites = m if n_sites is None else check_n_sites(n_sites, m)
    fixed = check_existing(candidates, existing, n_sites)
    paid = np.union1d(fixed, named(candidates, rules.closable, "closable"))
    price = problem.by_candidate(rules.priced, "site_cost", finite=True).copy()
    price[paid] = 0.0
    rows = [(np.ones(m), float(n_sites), f"n_sites={n_sites}")]
    if rules.budget is not None:
        rows.append((price, _checked_budget(rules.budget, price, paid), f"budget={rules.budget:g}"))
    rows += _kind_rows(rules, candidates) + _cap_rows(rules, candidates)
    apart, too_near = _pair_rows(candidates, rules.apart, "apart", 1.0, "{} and {} are too near each other")
    needs, needed = _pair_rows(candidates, rules.needs, "needs", -1.0, "{} needs {}")
    several = sparse.csr_matrix(np.array([values for values, _, _ in rows]))
    limit = np.r_[[most for _, most, _ in rows], np.ones(len(too_near)), np.zeros(len(needed))]
    words = (*(said for _, _, said in rows), *too_near, *needed)
    found = Rows(fixed, price, sparse.vstack([several, apart, needs], format="csr"), limit, words)
    _check_fixed(found)
    return found


def _checked_budget(budget: float, price: Floats, paid: Ints) -> float:
    check_number(budget, "budget", least=0)
    if not len(paid) and budget < price.min():
        raise InfeasibleError(f"budget={budget:g} pays for no site; the cheapest candidate costs {price.min():g}.")
    return float(budget)


def _kind_rows(rules: SiteRules, candidates: pd.Index) -> list[tuple[Floats, float, str]]:
    if rules.most is None:
        return []
    if rules.kind is None:
        raise DataError("most= counts sites by kind; give kind=, a Series by candidate, as well.")
    kind = align(rules.kind.dropna(), candidates, "kind", "candidates").to_numpy(object)
    for name in rules.most:
        if name not in set(kind):
            known = sorted(set(kind), key=str)
            raise DataError(f"most names the kind {name!r}, which no candidate has; known: {known}.")
    return [
        ((kind == k).astype(float), float(check_count(n, f"most[{k!r}]", 0)), f"most={n} of kind {k!r}")
        for k, n in rules.most.items()
    ]


def _cap_rows(rules: SiteRules, candidates: pd.Index) -> list[tuple[Floats, float, str]]:
    """Return the row "burden of the group less cap times that of the others is at most 0"."""
    if rules.burden is None and rules.cap is None:
        return []
    if rules.burden is None or rules.cap is None:
        raise DataError("cap= and burden= belong together: how many times, and whom each candidate burdens.")
    check_number(rules.cap, "cap", above=0)
    check_type(rules.burden, pd.DataFrame, "burden")
    shares = as_floats(align(rules.burden, candidates, "burden", "candidates"), "burden")
    if shares.shape[1] != 2 or not (np.isfinite(shares).all() and (shares >= 0).all()):
        raise DataError("burden must have two columns, group and others, of shares that are 0 or more.")
    return [(shares[:, 0] - rules.cap * shares[:, 1], 0.0, f"cap={rules.cap:g}")]


def _pair_rows(
    candidates: pd.Index, given: Any, name: str, second: float, said: str
) -> tuple[sparse.csr_matrix, list[str]]:
    """Return a row for each pair of labels, ``open[a] + second * open[b]``, each pair once, and what it says."""
    rows = given.itertuples(index=False) if isinstance(given, pd.DataFrame) else given
    ends = [(row[0], row[1]) for row in rows]
    a, b = (positions(candidates, [end[k] for end in ends], name) for k in (0, 1))
    if (a == b).any():
        raise DataError(f"{name} pairs {candidates[a[a == b][0]]!r} with itself; a pair is two candidates.")
    pairs = np.column_stack([a, b])
    pairs = np.unique(np.sort(pairs, axis=1) if second > 0 else pairs, axis=0)
    each = np.arange(len(pairs))
    entries = (np.r_[np.ones(len(pairs)), np.full(len(pairs), second)], (np.r_[each, each], pairs.T.ravel()))
    words = [said.format(repr(candidates[i]), repr(candidates[j])) for i, j in pairs.tolist()]
    return sparse.csr_matrix(entries, shape=(len(pairs), len(candidates))), words


def _check_fixed(rows: Rows) -> None:
    is_open = np.zeros(rows.matrix.shape[1])
    is_open[rows.fixed] = 1.0
    over = rows.matrix @ is_open > rows.limit + TINY
    if over.any():
        said = rows.words[int(np.argmax(over))]
        raise InfeasibleError(f"The {len(rows.fixed)} existing sites already break a rule: {said}. Make them closable.")


def pairs_within(points: gpd.GeoSeries | gpd.GeoDataFrame, metres: float) -> pd.DataFrame:
    """Which candidates lie nearer to each other than `metres`?

    Given as `apart` to `SiteRules` they keep chosen sites at least that far apart.

    Parameters
    ----------
    points
        Candidates with a CRS; index = labels.
    metres
        Least distance wanted, in a straight line.

    Returns
    -------
    DataFrame with the columns `first`, `second` (labels) and `metres`, one row a pair.

    Raises
    ------
    DataError
        When `metres` is not positive.
    CRSError
        When the points have no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from patrolgeo import pairs_within
    >>> gates = gpd.GeoSeries.from_xy([119.90, 119.901, 119.95], [31.7] * 3, index=["a", "b", "c"], crs="EPSG:4326")
    >>> pairs_within(gates, 500).round(0).to_numpy().tolist()
    [['a', 'b', 95.0]]
    """
    check_positive(metres, "metres")
    flat = crs.to_local(points).geometry
    xy = np.column_stack([flat.x, flat.y])
    near = cKDTree(xy).query_pairs(metres * (1 - TINY), output_type="ndarray")
    near = near[np.lexsort((near[:, 1], near[:, 0]))]
    away = np.hypot(*(xy[near[:, 0]] - xy[near[:, 1]]).T)
    labels = flat.index
    return pd.DataFrame({"first": labels[near[:, 0]], "second": labels[near[:, 1]], "metres": away})


def outside_zones(
    candidates: gpd.GeoDataFrame | gpd.GeoSeries, zones: gpd.GeoDataFrame | gpd.GeoSeries, keep: Iterable[Any] = ()
) -> tuple[Any, pd.Series]:
    """Which candidates lie outside every exclusion zone, and which zone refuses the others?

    Parameters
    ----------
    candidates
        Points; index = labels.
    zones
        Polygons where no site may stand; a column `name`, else the index, names them.
    keep
        Labels that are allowed all the same (a station that is there already).

    Returns
    -------
    The candidates that are allowed, and a Series of reasons by the label of each that is not. A point on the outline
    of a zone is refused.

    Raises
    ------
    CRSError
        When candidates or zones have no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import outside_zones
    >>> gates = gpd.GeoSeries.from_xy([119.9, 120.1], [31.7] * 2, index=["a", "b"], crs="EPSG:4326")
    >>> flood = gpd.GeoSeries([shapely.box(119.8, 31.6, 120.0, 31.8)], index=["flood plain"], crs="EPSG:4326")
    >>> allowed, refused = outside_zones(gates, flood)
    >>> allowed.index.tolist(), refused.to_dict()
    (['b'], {'a': 'inside the zone flood plain'})
    """
    points, shapes = crs.to_lonlat(candidates, "candidates").geometry, crs.to_lonlat(zones, "zones").geometry
    names = zones["name"] if isinstance(zones, gpd.GeoDataFrame) and "name" in zones else shapes.index.to_series()
    at, zone = shapes.sindex.query(points.to_numpy(), predicate="intersects")
    first = pd.Series(zone, index=at).groupby(level=0).min()
    reason = "inside the zone " + names.astype(str).iloc[first].to_numpy().astype(object)
    refused = pd.Series(reason, index=points.index[first.index], name="reason", dtype=object)
    refused = refused[~refused.index.isin(list(keep))]
    return candidates[~points.index.isin(refused.index)], refused
