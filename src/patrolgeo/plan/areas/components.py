"""A study area in parts: who gets whole areas of its own, and who joins whom."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components

from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.roads.hexagons import CellGraph


@dataclass(frozen=True)
class Group:
    """Units that are divided together: their positions, and the number of areas they get."""

    units: Ints
    n_areas: int


def groups_of_parts(weight: Floats, travel: CellGraph, n_areas: int, anchors: Ints) -> list[Group]:
    """Join light parts along their links, give each group its number of areas, at least one for each anchor.

    A part at most half an area heavy joins the group at the other end of its shortest link, lightest first; the
    same happens while there are more groups than areas.
    """
    group = np.arange(travel.n_parts)  # of each part
    load: Floats = np.bincount(travel.parts, weight, travel.n_parts).astype(float)
    links = _links_by_length(travel)
    while True:
        alive = np.unique(group)
        lightest = alive[np.argmin(load[alive])]
        if len(alive) == 1 or (load[lightest] > load.sum() / n_areas / 2 and len(alive) <= n_areas):
            break
        other = _across_shortest_link(group, lightest, links)
        group[group == lightest] = other
        load[other] += load[lightest]
    return _share_out([np.flatnonzero(group[travel.parts] == g) for g in alive], weight, n_areas, anchors)


def groups_of_jurisdictions(
    weight: Floats, travel: CellGraph, n_areas: int, anchors: Ints, nest_in: pd.Series
) -> list[Group]:
    """Return one group for each jurisdiction; areas never cross from one to the next."""
    code, names = pd.factorize(nest_in, sort=True)
    if (code < 0).any():
        raise DataError(f"nest_in names no jurisdiction for {travel.cells[code < 0][0]}.")
    if len(names) > n_areas:
        raise InfeasibleError(f"n_areas={n_areas}, but nest_in names {len(names)} jurisdictions; each needs an area.")
    units = [np.flatnonzero(code == j) for j in range(len(names))]
    for own, name in zip(units, names, strict=True):
        if connected_components(travel.minutes[own][:, own], directed=False)[0] > 1:
            raise InfeasibleError(f"The jurisdiction {name!r} is split on the travel graph, so no area can cover it.")
    return _share_out(units, weight, n_areas, anchors)


def _share_out(units: list[Ints], weight: Floats, n_areas: int, anchors: Ints) -> list[Group]:
    load = np.array([weight[u].sum() for u in units])
    least = np.array([max(1, np.isin(anchors, u).sum()) for u in units])
    if least.sum() > n_areas:
        raise InfeasibleError(f"n_areas={n_areas} cannot give each anchor an area in each part; ask for {least.sum()}.")
    share = _apportion(load, np.array([len(u) for u in units]), least, n_areas)
    return [Group(u, int(s)) for u, s in zip(units, share, strict=True)]


def _links_by_length(travel: CellGraph) -> Ints:
    """Return the parts at both ends of each added link, shortest first, shape (links, 2)."""
    links = travel.links.sort_values("km", kind="stable")
    ends = [travel.parts[travel.cells.get_indexer(links[c])] for c in ("from_cell", "to_cell")]
    return np.column_stack(ends)


def _across_shortest_link(group: Ints, own: int, links: Ints) -> int:
    ends = group[links]
    leads_out = (ends == own).sum(axis=1) == 1
    if not leads_out.any():
        raise InfeasibleError(
            "The travel graph falls into more parts than can have an area of their own; link them by bridges or "
            "ferries, or ask for more areas."
        )
    first = ends[np.argmax(leads_out)]
    return int(first[first != own][0])


def _apportion(load: Floats, n_units: Ints, least: Ints, n_areas: int) -> Ints:
    """Return whole numbers of areas, `least` or more, that make the heaviest mean workload least."""
    share = least.astype(np.int64)
    for _ in range(n_areas - int(least.sum())):
        burden = np.where(share < n_units, load / share, -1.0)
        share[np.argmax(burden)] += 1
    return share
