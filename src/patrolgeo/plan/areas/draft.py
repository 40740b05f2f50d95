"""A plan under a planner's hand: units moved, taken back, locked; balance, travel and bound said again at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo._checks import check_type, nearest
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan
from patrolgeo.plan.areas.rules import positions
from patrolgeo.plan.optimise.districts.bound import STEPS, transport_prices
from patrolgeo.plan.optimise.districts.graph import TRAVEL, Graph, heaviest_units, pieces, recenter
from patrolgeo.words.note import Note

AGAIN = 6  # steps of the prices after a change: they start from those that were good before it
WALK = 1000  # steps of a centre at most


@dataclass(frozen=True, kw_only=True, repr=False)
class AreaDraft(Shown):
    """A plan while somebody changes it. Every change gives a new draft; the old one stays as it is.

    Parameters
    ----------
    plan
        The plan that the draft started from.
    labels
        Area of each unit now.
    by_area
        One row an area: `units`, `workload`, `over_mean`, `center`, `mean_minutes`, `worst_minutes`, `pieces`.
    objective, bound
        Workload-weighted minutes, and a proven bound of them for these centres and this balance.
    locked
        Units that may not be moved.
    before
        The draft before the last change; None at the start.
    state
        What is kept from change to change, so that little is computed again.
    """

    plan: AreaPlan = field(repr=False)
    labels: pd.Series = field(repr=False)
    by_area: pd.DataFrame = field(repr=False)
    objective: float
    bound: float
    locked: frozenset[Any] = frozenset()
    before: AreaDraft | None = field(default=None, repr=False)
    state: _State = field(repr=False)

    @property
    def gap(self) -> float:
        """Distance from the objective to the bound, as a share of the objective."""
        return 0.0 if self.objective <= 0 else max(0.0, 1 - self.bound / self.objective)

    @property
    def max_over_mean(self) -> float:
        """Heaviest workload over the mean."""
        return float(self.by_area["over_mean"].max())

    @property
    def moved(self) -> dict[Any, tuple[Any, Any]]:
        """What is elsewhere than in the plan, ``{unit: (area before, area now)}``."""
        other = self.labels.to_numpy() != self.plan.labels.to_numpy()
        pairs = zip(self.plan.labels[other], self.labels[other], strict=True)
        return dict(zip(self.labels.index[other], pairs, strict=True))

    def move(self, changes: Mapping[Any, Any]) -> AreaDraft:
        """Return the draft with units in other areas, ``{unit: area}``; a locked or unknown one is an error."""
        check_type(changes, Mapping, "changes", "give {unit: area}")
        units, names = self.labels.index, self.by_area.index
        at, to = units.get_indexer(list(changes)), names.get_indexer(list(changes.values()))
        for (unit, area), i, j in zip(changes.items(), at, to, strict=True):
            if i < 0:
                raise DataError(Note("draft_unit", {"unit": f"{unit!r}", "nearest": nearest(unit, units)}))
            if j < 0:
                raise DataError(Note("draft_area", {"area": f"{area!r}", "areas": ", ".join(map(str, names))}))
            if unit in self.locked and self.state.area[i] != j:
                raise DataError(Note("draft_locked", {"unit": f"{unit!r}"}))
        area = self.state.area.copy()
        area[at] = to
        if (size := np.bincount(area, minlength=len(names))).min() == 0:
            raise DataError(Note("draft_empty", {"area": names[np.argmin(size)]}))
        if (area == self.state.area).all():
            return self
        return _drawn(self.plan, self.state.moved(self.plan, area), self.locked, self)

    def undo(self) -> AreaDraft:
        """Return the draft before the last change (of areas or locks); at the start the draft itself."""
        return self if self.before is None else self.before

    def lock(self, units: Iterable[Any]) -> AreaDraft:
        """Return the draft with more units that may not be moved."""
        return replace(self, locked=self.locked | self._known(units), before=self)

    def unlock(self, units: Iterable[Any]) -> AreaDraft:
        """Return the draft with units that may be moved again."""
        return replace(self, locked=self.locked - self._known(units), before=self)

    def _known(self, units: Iterable[Any]) -> frozenset[Any]:
        return frozenset(self.labels.index[positions(units, self.labels.index, "units")])

    def to_plan(self) -> AreaPlan:
        """Return the draft as a plan, with everything that was done by hand in its notes."""
        return self.plan.reassign({unit: now for unit, (_, now) in self.moved.items()})

    def _head(self) -> str:
        return (
            f"{len(self.moved)} units moved, heaviest {self.max_over_mean:.3f} of the mean, {self.gap:.2%} from bound"
        )

    def _rows(self) -> Rows:
        split = self.by_area.index[self.by_area["pieces"] > 1]
        return [
            ("workload", f"{self.by_area['over_mean'].min():.3f} to {self.max_over_mean:.3f} of the mean"),
            ("travel", f"{self.objective / self.state.weight.sum():.2f} minutes in the mean"),
            ("in pieces", ", ".join(map(str, split)) or "none"),
            ("locked", f"{len(self.locked):,} units"),
        ]


@dataclass(frozen=True)
class _State:
    """What is kept from change to change: centres, minutes from each to every unit, prices that prove the bound."""

    graph: Graph
    weight: Floats
    area: Ints
    centers: Ints
    minutes: tuple[Floats, ...]
    price: Floats
    bound: float

    def moved(self, plan: AreaPlan, area: Ints) -> _State:
        """Return the state of other areas: only centres of areas that changed walk, only their minutes are new."""
        changed = np.unique(np.r_[area[area != self.area], self.area[area != self.area]])
        code = np.full(len(self.centers) + 1, len(changed))
        code[changed] = np.arange(len(changed))
        centers = self.centers.copy()
        lost = changed[area[centers[changed]] != changed]
        centers[lost] = heaviest_units(area, self.weight, len(centers))[lost]
        walking = centers[changed]
        recenter(self.graph, self.weight, code[area], walking, 0, WALK, TRAVEL)
        centers[changed] = walking
        rows = list(self.minutes)
        new = np.flatnonzero(centers != self.centers)
        if len(new):
            for j, row in zip(new, dijkstra(plan.travel.minutes, directed=False, indices=centers[new]), strict=True):
                rows[j] = row
        return _proved(plan, replace(self, area=area, centers=centers, minutes=tuple(rows)), AGAIN)


def draft_areas(plan: AreaPlan, locked: Iterable[Any] = ()) -> AreaDraft:
    """How good does a plan stay while units are moved by hand?

    The start measures everything once; each later `move` measures the areas it touches and says balance, travel and
    the bound again, which takes a tenth of a second for 20,000 cells. `undo` goes back step by step, `lock` keeps units
    where they are, `to_plan` gives an `AreaPlan` that carries the changes by hand.

    Parameters
    ----------
    plan
        A plan on a travel graph in minutes, not one from a table of costs.
    locked
        Units that may not be moved.

    Returns
    -------
    AreaDraft

    Raises
    ------
    DataError
        When the plan was made from a table of costs, or a unit is not known.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, design_areas, draft_areas
    >>> grid = HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 5))
    >>> draft = draft_areas(design_areas(pd.Series(1.0, index=grid.cells), grid, 3))
    >>> unit = draft.labels.index[draft.labels == 0][0]
    >>> changed = draft.move({unit: 1})
    >>> changed.moved == {unit: (0, 1)}, changed.undo().moved == {}
    (True, True)
    """
    check_type(plan, AreaPlan, "plan")
    if plan.cost is not None:
        raise DataError("The plan was made from a table of costs; draft_areas measures travel on a graph.")
    names = plan.measures.by_area.index
    area = names.get_indexer(plan.labels).astype(np.int64)
    weight = plan.workload.to_numpy(float)
    weight = np.ones_like(weight) if weight.sum() == 0 else weight + weight.sum() / len(weight) * 1e-9
    centers = plan.travel.cells.get_indexer(pd.Index(plan.measures.by_area["center"])).astype(np.int64)
    minutes = tuple(dijkstra(plan.travel.minutes, directed=False, indices=centers))
    state = _State(Graph.of(plan.travel.minutes), weight, area, centers, minutes, np.zeros(len(names)), 0.0)
    draft = _drawn(plan, _proved(plan, state, STEPS), frozenset(), None)
    return replace(draft, locked=draft._known(locked))


def _proved(plan: AreaPlan, state: _State, steps: int) -> _State:
    """Return the state with a bound for its centres and balance, its prices improved from those it had."""
    minutes, k = np.stack(state.minutes), len(state.centers)
    value = float(state.weight @ minutes[state.area, np.arange(len(state.area))])
    load = np.bincount(state.area, state.weight, k)
    off = float(np.abs(load / load.mean() - 1).max())
    tolerance = None if plan.tolerance is None else max(plan.tolerance, off)
    bound, price = transport_prices(minutes, state.weight, tolerance, value, state.price, steps)
    return replace(state, price=price, bound=min(bound, value))


def _drawn(plan: AreaPlan, state: _State, locked: frozenset[Any], before: AreaDraft | None) -> AreaDraft:
    """Return the draft of a state, measured."""
    names, area, weight, k = plan.measures.by_area.index, state.area, state.weight, len(state.centers)
    own = np.empty(len(area))
    for j, row in enumerate(state.minutes):
        inside = area == j
        own[inside] = row[inside]
    load = np.bincount(area, weight, k)
    piece = pieces(state.graph, area)[1]
    owner = np.zeros(piece.max() + 1, np.int64)
    owner[piece] = area
    worst = np.zeros(k)
    np.maximum.at(worst, area, own)
    by_area = pd.DataFrame({
        "units": np.bincount(area, minlength=k), "workload": load, "over_mean": load / load.mean(),
        "center": plan.travel.cells[state.centers], "mean_minutes": np.bincount(area, weight * own, k) / load,
        "worst_minutes": worst, "pieces": np.bincount(owner, minlength=k),
    }, index=names)  # fmt: skip
    labels = pd.Series(names.take(area), index=plan.labels.index, name="area")
    return AreaDraft(
        plan=plan, labels=labels, by_area=by_area, objective=float(weight @ own), bound=state.bound, locked=locked,
        before=before, state=state,
    )  # fmt: skip
