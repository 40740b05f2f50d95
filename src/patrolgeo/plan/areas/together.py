"""Villages on a grid of cells: their cells are one unit for the search, and cells again in the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from patrolgeo._checks import align
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import InfeasibleError
from patrolgeo.plan.optimise.districts.contract import join_task, mostly, sums_of
from patrolgeo.plan.optimise.districts.task import Task
from patrolgeo.roads.hexagons import CellGraph
from patrolgeo.words.note import Note


class Joined(NamedTuple):
    """Groups of units that stay together.

    Parameters
    ----------
    group
        Group of each unit; a unit without a village is a group of its own.
    heads
        The unit that each group is reached at: its anchor, else its heaviest.
    labelled
        Whether a unit has a village.
    """

    group: Ints
    heads: Ints
    labelled: Bools

    def mean(self, minutes: Floats, weight: Floats) -> tuple[Floats, Floats]:
        """Return the mean minutes from each centre to the work of each group, and that work."""
        total: Floats = np.bincount(self.group, weight, len(self.heads)).astype(float)
        spent = sums_of((minutes * weight).T, self.group, len(self.heads)).T
        return np.divide(spent, total, out=np.zeros_like(spent), where=total > 0), total

    def note(self, task: Task) -> Note:
        """Say how many villages stay whole, and what the heaviest of them carries in means of an area."""
        load = np.bincount(self.group, np.where(self.labelled, task.weight, 0.0)) * task.n_areas / task.weight.sum()
        villages, units = len(np.unique(self.group[self.labelled])), int(self.labelled.sum())
        return Note("areas_together", {"n": villages, "units": units, "share": float(load.max())})


def link_villages(together: pd.Series | None, travel: CellGraph) -> tuple[CellGraph, list[Note]]:
    """Join the pieces of each village by the quickest way between them, wherever that leads; minutes stay as they are.

    Cells cut a village where it is narrow, and rivers where the bridge lies in the next one.
    """
    if together is None:
        return travel, []
    code = pd.factorize(align(together, travel.cells, "together", "units"))[0]
    ways = travel.minutes.tocoo()
    same = code[ways.row] == code[ways.col]
    inside = sparse.csr_matrix((ways.data[same], (ways.row[same], ways.col[same])), shape=ways.shape)
    piece = connected_components(inside, directed=False)[1]
    pieces = pd.Series(piece[code >= 0]).groupby(code[code >= 0]).nunique()
    split = pieces.index[pieces > 1]
    links = [link for village in split for link in _links_of(np.flatnonzero(code == village), piece, travel)]
    if not links:
        return travel, []
    i, j, minutes = np.array(links).T
    added = sparse.csr_matrix((np.r_[minutes, minutes], (np.r_[i, j], np.r_[j, i])), shape=ways.shape)
    return replace(travel, minutes=sparse.csr_matrix(travel.minutes + added)), [
        Note("areas_villages_linked", {"n": len(split), "links": len(links)})
    ]


def _links_of(own: Ints, piece: Ints, travel: CellGraph) -> list[tuple[int, int, float]]:
    """Return the quickest ways that make the units of a village one piece: from, to, minutes."""
    links = []
    joined = piece[own] == np.bincount(piece[own]).argmax()
    while not joined.all():
        minutes, _, source = dijkstra(
            travel.minutes, directed=False, indices=own[joined], min_only=True, return_predecessors=True
        )
        to = own[~joined][np.argmin(minutes[own[~joined]])]
        if not np.isfinite(minutes[to]):
            raise InfeasibleError(f"together: no way leads to {travel.cells[to]!r} from the rest of its village.")
        links.append((int(source[to]), int(to), float(minutes[to])))
        joined |= piece[own] == piece[to]
    return links


def read_together(
    together: pd.Series | None, task: Task, travel: CellGraph, nest_in: pd.Series | None
) -> Joined | None:  # fmt: skip
    """Return the groups of units that stay together, checked; None where each unit goes by itself."""
    if together is None:
        return None
    label = align(together, travel.cells, "together", "units")
    named, names = pd.factorize(label)
    single = named < 0
    code = np.where(single, len(names) + np.cumsum(single) - 1, named)
    group = np.unique(code, return_inverse=True)[1].astype(np.int64)
    group = _by_first_unit(group)
    heads = _heads(group, task)
    joined = Joined(group, heads, ~single)
    _check_weight(joined, label, task)
    _check_rules(joined, label, task, travel.cells, nest_in)
    return joined


def _by_first_unit(group: Ints) -> Ints:
    """Return groups numbered in the order of their first units."""
    first = np.unique(group, return_index=True)[1]
    return np.argsort(np.argsort(first)).astype(np.int64)[group]


def _heads(group: Ints, task: Task) -> Ints:
    favoured = np.array(task.weight, float)
    favoured[task.anchors] = np.inf
    order = np.lexsort((-favoured, group))
    return order[np.searchsorted(group[order], np.arange(group.max() + 1))].astype(np.int64)


def _check_weight(joined: Joined, label: pd.Series, task: Task) -> None:
    """Raise for a village heavier than an area may be."""
    load = np.bincount(joined.group, task.weight) * task.n_areas / task.weight.sum()
    size = np.bincount(joined.group)
    heaviest = int(np.argmax(np.where(size > 1, load, 0.0)))
    if task.tolerance is not None and size[heaviest] > 1 and load[heaviest] > 1 + task.tolerance:
        most = int((1 + task.tolerance) * task.n_areas / load[heaviest])
        raise InfeasibleError(
            f"together: {label.iloc[joined.heads[heaviest]]!r} alone carries {load[heaviest]:.2f} of the mean area, "
            f"beyond the wanted {1 + task.tolerance:.2f}. Ask for at most {most} areas, widen the tolerance, or leave "
            "its units without a label."
        )


def _check_rules(joined: Joined, label: pd.Series, task: Task, units: pd.Index, nest_in: pd.Series | None) -> None:
    """Raise where other rules pull a village apart, or leave fewer groups than areas."""
    group, n = joined.group, len(joined.heads)
    if n < task.n_areas:
        raise InfeasibleError(f"together leaves {n} units for n_areas={task.n_areas}; ask for at most {n} areas.")
    anchored = group[task.anchors]
    parted = [*group[task.forbidden][group[task.forbidden[:, 0]] == group[task.forbidden[:, 1]]][:, 0]]
    parted += [g for g in np.unique(anchored) if (anchored == g).sum() > 1]
    if nest_in is not None:
        crossing = nest_in.groupby(group).nunique()
        parted += list(crossing.index[crossing > 1])
    if task.current is not None:
        today = mostly(task, task.current, group, n)
        held = np.r_[task.fixed, task.anchors]
        parted += list(group[held[today[group[held]] != task.current[held]]])
        _check_areas_left(today, task.current, units)
        if (over := task.changed(today[group])) > task.max_change:
            raise InfeasibleError(
                f"max_change={task.max_change:g}: joining the villages that lie in several areas of `current` alone "
                f"moves {over:.3f}; allow that, or leave their units without a label."
            )
    if parted:
        village = label.iloc[joined.heads[parted[0]]]
        raise InfeasibleError(
            f"together: anchors, fixed=, forbidden= or nest_in= part the units of {village!r}; change the rule, or "
            "leave its units without a label."
        )


def _check_areas_left(today: Ints, current: Ints, units: pd.Index) -> None:
    gone = np.setdiff1d(current, today)
    if len(gone):
        raise InfeasibleError(
            f"together: no village lies mostly in the area of {units[np.argmax(current == gone[0])]!r} in "
            "`current`, so nothing of it would be left; leave its units without a label."
        )


def join(task: Task, travel: CellGraph, joined: Joined) -> tuple[Task, CellGraph]:
    """Return the task of groups, and the travel graph between them; the links between parts stay."""
    small = join_task(task, joined.group, joined.heads)
    code = pd.Series(joined.group, travel.cells)
    links = travel.links.copy()
    ends = {end: code.reindex(links[end]).to_numpy() for end in ("from_cell", "to_cell")}
    parts = _parts(travel, joined)
    leads = parts[ends["from_cell"]] != parts[ends["to_cell"]] if len(links) else np.zeros(0, bool)
    cells = travel.cells[joined.heads]
    for end, at in ends.items():
        links[end] = cells[at] if len(links) else links[end]
    minutes = sparse.csr_matrix((small.graph.minutes, small.graph.indices, small.graph.indptr), shape=(len(cells),) * 2)
    return small, replace(
        travel, cells=cells, minutes=minutes, links=links[leads], parts=parts, xy=travel.xy[joined.heads]
    )


def _parts(travel: CellGraph, joined: Joined) -> Ints:
    """Return the part of each group: parts that a village lies in are one."""
    n, n_parts = len(joined.heads), travel.n_parts
    ones = np.ones(len(joined.group))
    both = sparse.csr_matrix((ones, (joined.group, travel.parts + n)), shape=(n + n_parts,) * 2)
    part = connected_components(both, directed=False)[1][:n]
    return _by_first_unit(np.unique(part, return_inverse=True)[1].astype(np.int64))
