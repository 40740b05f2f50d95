"""A study area in parts: who gets whole areas of its own, and who joins whom."""

from dataclasses import dataclass

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import InfeasibleError
from patrolgeo.roads.hexagons import CellGraph


@dataclass(frozen=True)
class Group:
    """Parts that are divided together: positions of their units, and the number of areas they get."""

    units: Ints
    n_areas: int


def groups_of_parts(weight: Floats, travel: CellGraph, n_areas: int) -> list[Group]:
    """Join light parts along their links, give each group its number of areas.

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
    units = [np.flatnonzero(group[travel.parts] == g) for g in alive]
    share = _apportion(load[alive], np.array([len(u) for u in units]), n_areas)
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


def _apportion(load: Floats, n_units: Ints, n_areas: int) -> Ints:
    """Return whole numbers of areas, at least one each, that make the heaviest mean workload least."""
    share = np.ones(len(load), np.int64)
    for _ in range(n_areas - len(load)):
        burden = np.where(share < n_units, load / share, -1.0)
        share[np.argmax(burden)] += 1
    return share
