"""The spatial scan statistic: which zones have more cases than their population explains?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_choice, check_count, check_number, check_seed
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.hotspots._scan import Draw, Scan, find_clusters, mark_cases, null_maxima, spread_cases
from patrolgeo.hotspots._scan_kernel import BERNOULLI, POISSON
from patrolgeo.hotspots._scan_units import label_order, scan_units
from patrolgeo.hotspots._scan_zones import Zones
from patrolgeo.hotspots.scan_result import ALPHA, Cluster, ScanResult, cluster, scan_result
from patrolgeo.panel.events import check_total, incident_size, whole

MODELS = ("poisson", "bernoulli", "permutation")


def scan_statistic(
    cases: Any,
    population: Any,
    *,
    coords: Any = None,
    grid: Any = None,
    shape: str = "circle",
    max_share: float = 0.5,
    max_units: int | None = None,
    model: str = "poisson",
    iterative: bool = False,
    most: int = 10,
    n_permutations: int = 999,
    early_stop: int | None = 20,
    incident: Any = None,
    random_state: int | None = 0,
) -> ScanResult:
    """Which zones, of any size, have more cases than their population explains?

    Every circle (or ellipse, or ring of hexagons) around every unit is looked at; its likelihood ratio says how much
    better a higher rate inside explains the cases. The best zone is held against the best zones of maps without a
    pattern, so that p is corrected for having looked everywhere. A scan finds where a wide raised area is; which single
    cells are hot is the question of `GetisOrd`.

    Parameters
    ----------
    cases
        Cases by unit: a Series or an array, shape (n,); a panel is summed over its periods. A table with a column for
        each shift or category, shape (n, k), is scanned for all of them together and for each by itself at once.
    population
        Residents or another exposure by unit, in the same order or by label; a table with the same columns when it
        differs between them. For ``model="bernoulli"`` cases and controls together.
    coords
        Where the units are: points, polygons or lines with a CRS (great circle when in degrees), or an array or table
        of metres, shape (n, 2). None when the labels are H3 cells, or `grid` is given.
    grid
        The `HexGrid`, `SquareGrid` or `AreaUnits` that the cases were counted on.
    shape
        "circle"; "ellipse" (circles and ellipses up to 5 : 1, in metres); "rings" of neighbours around each unit.
    max_share
        Largest share of the population in a zone.
    max_units
        Largest number of units in a zone; None: as many as there is memory for, with a warning when that binds.
    model
        "poisson": given their number, cases fall by population. "bernoulli": cases among people, who are few.
        "permutation": units change places with their cases and people, so that counts may vary more than Poisson; a
        single unit is then never significant.
    iterative
        Look for the next cluster on what is left when the one before it is taken out, cases and people, as long as p is
        at most 0.05 (Zhang et al. 2010). By default all clusters, none of which shares a unit with a better one, are
        held against the same maps.
    most
        Largest number of clusters.
    n_permutations
        Maps without a pattern.
    early_stop
        Draw no more maps when so many had a better best zone than the data; None draws all of them.
    incident
        For sums of weights: the weights of the incidents, or the size of one, as in `GetisOrd.fit`; the maps then have
        as many effective incidents.
    random_state
        Seed.

    Returns
    -------
    Clusters, best first: `llr`, `p_value`, `gumbel_p_value`, `members`, `observed`, `expected`, `relative_risk`, and
    for several columns `group`.

    Raises
    ------
    AlignmentError
        When `population`, `coords` or `grid` do not fit the units of `cases`.
    DataError
        When numbers are negative, missing or not whole, there are cases where the population is 0, or a setting is out
        of range.

    Notes
    -----
    Units at the same distance come into a circle together. Distances between H3 cells and points in degrees are great
    circles. Time grows with the sum of the sizes of the zones, not with the number of cases.

    References
    ----------
    Kulldorff 1997, doi:10.1080/03610929708831995; Kulldorff, Huang, Pickle and Duczmal 2006 (ellipses); Abrams,
    Kulldorff and Kleinman 2010 (Gumbel); Besag and Clifford 1991 (early stop).

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo import scan_statistic
    >>> x, y = np.meshgrid(np.arange(10) * 100.0, np.arange(10) * 100.0)
    >>> cases = np.full(100, 2)
    >>> cases[[34, 43, 44, 45, 54]] = 9
    >>> found = scan_statistic(cases, np.full(100, 50), coords=np.column_stack([x.ravel(), y.ravel()]))
    >>> found.members[0], found.p_value[0].round(3).item()
    ([34, 43, 44, 45, 54], 0.001)
    """
    check_choice(model, MODELS, "model")
    check_limits(max_share, max_units, most, n_permutations, early_stop)
    data = _read(cases, population, incident, model)
    order = label_order(data.labels)
    units = scan_units(data.labels, coords, grid, labelled=data.labelled).take(order)
    data = replace(data, labels=data.labels[order], counts=data.counts[order], people=data.people[order])
    rng, zones = np.random.default_rng(check_seed(random_state)), None
    outcome: list[Cluster] = []
    while data.counts.any() and len(outcome) < most:
        zones = zones or units.zones(shape, data.share, max_share, max_units)
        scan = _scan(data, zones, model)
        found = find_clusters(scan, 1 if iterative else most)
        drawn = null_maxima(scan, n_permutations, rng, found[0].llr, early_stop) if found else np.empty(0)
        new = [cluster(f, scan, drawn, n_permutations) for f in found]
        outcome += new
        if not (iterative and new and new[0].p_value <= ALPHA):
            break
        data = data.without(found[0].members)
    window = pd.DataFrame(index=range(len(outcome)))
    if len(data.names) > 1:
        window["group"] = [["all", *data.names][c.window] for c in outcome]
    return scan_result(outcome, window, units, data.size)


@dataclass(frozen=True)
class _Data:
    """Effective cases and people by unit and group, shape (n, k)."""

    labels: pd.Index
    labelled: bool
    names: list[Any]
    counts: Floats
    people: Floats
    size: float

    @property
    def share(self) -> Floats:
        """Share of each unit in the people, all groups together."""
        people = self.people.sum(axis=1)
        return people / people.sum()

    def without(self, members: Ints) -> _Data:
        """Return the data with nothing and nobody in some units."""
        keep = np.isin(np.arange(len(self.labels)), members, invert=True)[:, None]
        return replace(self, counts=self.counts * keep, people=self.people * keep)


def check_limits(
    max_share: float, max_units: int | None, most: int, n_permutations: int, early_stop: int | None
) -> None:
    """Raise when a setting that the scans share is out of its range."""
    check_number(max_share, "max_share", above=0, most=1, hint="0.5 means half of the population")
    check_count(most, "most")
    check_count(n_permutations, "n_permutations", least=0)
    for name, value in (("max_units", max_units), ("early_stop", early_stop)):
        if value is not None:
            check_count(value, name)


def _read(cases: Any, population: Any, incident: Any, model: str) -> _Data:
    if isinstance(cases, pd.DataFrame) and isinstance(cases.index, pd.DatetimeIndex):
        summed = cases.sum()
        summed.attrs = cases.attrs
        cases = summed
    counts, people = as_floats(cases, "cases"), _people(cases, population)
    size = incident_size(cases, incident, "cases")
    if counts.ndim not in (1, 2) or people.shape not in (counts.shape, counts.shape[:1]):
        raise AlignmentError(f"cases has the shape {counts.shape} and population {people.shape}; both go by unit.")
    counts = counts.reshape(len(counts), -1)
    people = np.broadcast_to(people.reshape(len(people), -1), counts.shape)
    _check(counts, people, size, model)
    labelled = isinstance(cases, (pd.Series, pd.DataFrame))
    labels = cases.index if labelled else pd.RangeIndex(len(counts))
    if labels.has_duplicates:
        raise AlignmentError(f"cases holds the unit {labels[labels.duplicated()][0]!r} twice; give each unit once.")
    names = list(cases.columns) if isinstance(cases, pd.DataFrame) else list(range(counts.shape[1]))
    return _Data(labels, labelled, names, counts / size, people, size)


def _people(cases: Any, population: Any) -> Floats:
    """Return the population in the order of the cases."""
    if isinstance(population, (pd.Series, pd.DataFrame)) and isinstance(cases, (pd.Series, pd.DataFrame)):
        population = align(population, cases.index, "population", "units")
        if isinstance(population, pd.DataFrame) and isinstance(cases, pd.DataFrame):
            population = align(population.T, cases.columns, "population", "columns").T
    return as_floats(population, "population")


def _check(counts: Floats, people: Floats, size: float, model: str) -> None:
    for name, values in (("cases", counts), ("population", people)):
        if not (np.isfinite(values).all() and (values >= 0).all()):
            raise DataError(f"{name} holds negative or missing values; put 0 where there is nothing.")
        check_total(values, name)
    if len(people) and not people.any():
        raise DataError("population is 0 in every unit, so no case can be expected.")
    nobody = ((counts > 0) & (people == 0)).any(axis=1)
    if nobody.any():
        raise DataError(
            f"{nobody.sum()} units have cases but no population (the first at position {nobody.argmax()}), where none "
            "can be expected. Give a population that is there (visitors, area), or leave them out."
        )
    several = size != 1 or counts.shape[1] > 1
    if model == "bernoulli" and (several or not whole(people).all() or (counts > people).any()):
        raise DataError(
            "model='bernoulli' needs one whole number of cases by unit, and as population the cases and controls "
            "together, no fewer than the cases."
        )


def _scan(data: _Data, zones: Zones, model: str) -> Scan:
    """Return what is to be scanned: all groups together, then each by itself."""
    k = len(data.names)
    totals = data.counts.sum(axis=0)
    shares = data.people / np.maximum(data.people.sum(axis=0), 1e-300)
    windows = np.array([[0, k], *([i, i + 1] for i in range(k if k > 1 else 0))])
    behind = np.array([totals[a:b].sum() for a, b in windows])
    if model == "bernoulli":
        people = np.rint(data.people[:, 0]).astype(np.int64)
        draw: Draw | None = mark_cases(people, int(totals[0]))
        code, n = BERNOULLI, float(people.sum())
    else:
        strata = np.eye(k)[:, None, :] * shares[None]
        draw, code, n = spread_cases(strata, totals), POISSON, 0.0
    if model == "permutation":
        draw = None
    return Scan(zones, data.counts, shares * totals, windows, behind, code, draw, n)
