"""A ring that people can live behind: gates for ambulance and fire, and who is cut off from the hospital."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from patrolgeo._checks import check_columns
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.roads.arcs import arcs, fastest

FAR = 1e6  # minutes; a gate without a way on is the last choice


@dataclass(frozen=True, kw_only=True)
class Rescue:
    """What a ring means for the way to hospital; None where population or hospitals were not given.

    Parameters
    ----------
    residents
        Residents on the inner side of the ring.
    without_gate
        Residents who could reach no hospital if every road of the ring were closed.
    cut_off
        Residents who can reach none with the gates open: those who could not before, either.
    minutes_before, minutes_after
        Mean minutes to the nearest hospital, over residents who can reach one.
    most_added
        Largest number of minutes that the ring adds for anyone.
    """

    residents: float | None = None
    without_gate: float | None = None
    cut_off: float | None = None
    minutes_before: float | None = None
    minutes_after: float | None = None
    most_added: float | None = None

    def summary(self) -> dict[str, float | None]:
        """Return the numbers, each under a name that says what it counts."""
        return {
            "residents_enclosed": self.residents, "residents_cut_off_without_gate": self.without_gate,
            "residents_cut_off": self.cut_off, "hospital_minutes_before": self.minutes_before,
            "hospital_minutes_after": self.minutes_after, "hospital_minutes_most_added": self.most_added,
        }  # fmt: skip


def keep_ways_open(
    graph: Any, ring: Ints, sides: list[Bools], population: gpd.GeoDataFrame | None, hospitals: Any
) -> tuple[Ints, Rescue]:
    """Choose the gates among the pieces of a ring, and report what ring and gates mean for the way to hospital.

    Each enclosed part (of each of the `sides`) gets the gate through which most of its residents have their quickest
    way to a hospital (without residents: most of its nodes; without hospitals: their quickest way out of all sides).
    """
    people = _people(graph, population)
    weight = np.ones(len(graph.nodes)) if people is None else people
    within = np.any(sides, axis=0)
    if hospitals is None:
        return _one_after_another(
            graph, ring, sides, np.flatnonzero(~within), np.where(within, np.inf, 0.0), weight
        ), Rescue()
    hospital_nodes = np.unique(graph.access(hospitals)[0])
    shut = _onward(graph, ring, ring[:0], hospital_nodes)
    gates = _one_after_another(graph, ring, sides, hospital_nodes, shut, weight)
    if people is None:
        return gates, Rescue()
    return gates, _report(
        people * within, _to(graph.minutes, hospital_nodes), shut, _onward(graph, ring, gates, hospital_nodes)
    )


def _one_after_another(
    graph: Any, ring: Ints, sides: list[Bools], hospital_nodes: Ints, onward: Floats, weight: Floats
) -> Ints:  # fmt: skip
    """Choose gates first for the sides that have a way on from the ring; others may lead through those."""
    gates, waiting = ring[:0], sides
    while True:
        able = [bool(np.isfinite(onward[_beside(graph, ring, side)[1]]).any()) for side in waiting]
        now = [s for s, can in zip(waiting, able, strict=True) if can] or waiting
        gates = np.unique(np.r_[gates, *[_choose_gates(graph, ring, side, onward, weight) for side in now]])
        waiting = [s for s, can in zip(waiting, able, strict=True) if not can] if any(able) else []
        if not waiting:
            return gates
        onward = _onward(graph, ring, gates, hospital_nodes)


def _onward(graph: Any, ring: Ints, gates: Ints, hospital_nodes: Ints) -> Floats:
    """Minutes from every node to the nearest of `hospital_nodes` when of the ring only the gates are open."""
    open_roads = np.ones(len(graph.edges), bool)
    open_roads[ring], open_roads[gates] = False, True
    return _to(_minutes(graph, open_roads, gates), hospital_nodes)


def _beside(graph: Any, ring: Ints, side: Bools) -> tuple[Ints, Ints, Ints]:
    """Return the pieces of the ring with one end on a side, their outer and their inner ends."""
    source, target = _ends(graph.edges)
    ring = ring[side[source[ring]] != side[target[ring]]]
    from_here = side[source[ring]]
    return ring, np.where(from_here, target[ring], source[ring]), np.where(from_here, source[ring], target[ring])


def _people(graph: Any, population: gpd.GeoDataFrame | None) -> Floats | None:
    if population is None:
        return None
    check_columns(population, ["population"], "population")
    node = graph.access(population.geometry)[0]
    people: Floats = np.bincount(node, population["population"].to_numpy(float), len(graph.nodes)).astype(float)
    return people


def _minutes(graph: Any, pieces: Bools, gates: Ints) -> sparse.csr_matrix:
    """Minutes over some of the pieces; a staffed gate lets ambulances pass against a one-way rule."""
    source, target = _ends(graph.edges)
    minutes, oneway = graph.edges.minutes.to_numpy(), graph.edges.oneway.to_numpy().copy()
    oneway[gates] = False
    return fastest(arcs(source[pieces], target[pieces], minutes[pieces], oneway[pieces]), len(graph.nodes))


def _ends(edges: gpd.GeoDataFrame) -> tuple[Ints, Ints]:
    return edges.source.to_numpy(), edges.target.to_numpy()


def _to(minutes: sparse.csr_matrix, hospital_nodes: Ints) -> Floats:
    """Minutes from every node to the nearest of `hospital_nodes`."""
    return csgraph.dijkstra(minutes.T.tocsr(), indices=hospital_nodes, min_only=True)


def _choose_gates(graph: Any, ring: Ints, side: Bools, onward: Floats, weight: Floats) -> Ints:
    """Return, for each part of a side, the ring piece through which most residents have their quickest way on."""
    source, target = _ends(graph.edges)
    time, oneway = graph.edges.minutes.to_numpy(), graph.edges.oneway.to_numpy()
    within = side[source] & side[target]
    within[ring] = False
    ring, outer, inner = _beside(graph, ring, side)
    n, entrance = len(side), len(side) + np.arange(len(ring))
    ahead = np.where(np.isfinite(onward), onward, FAR)[outer] + time[ring]
    tail, head, minutes = arcs(source[within], target[within], time[within], oneway[within])
    ways = fastest((np.r_[head, entrance], np.r_[tail, inner], np.r_[minutes, ahead]), n + len(ring))
    if not len(ring):
        return ring
    nearest = csgraph.dijkstra(ways, indices=entrance, min_only=True, return_predecessors=True)[2][:n]
    part = csgraph.connected_components(ways[:n, :n], directed=False)[1]
    reached = side & (nearest >= n)
    votes = np.bincount(nearest[reached] - n, weight[reached] + 1e-9, len(ring))
    order = np.lexsort((-votes, part[inner]))
    return ring[order[np.diff(part[inner][order], prepend=-1) != 0]]


def _report(people: Floats, before: Floats, shut: Floats, after: Floats) -> Rescue:
    reached = np.isfinite(before) & np.isfinite(after) & (people > 0)
    total = people[reached].sum()
    return Rescue(
        residents=float(people.sum()), without_gate=float(people[np.isinf(shut)].sum()),
        cut_off=float(people[np.isinf(after)].sum()),
        minutes_before=float(people[reached] @ before[reached] / total) if total else None,
        minutes_after=float(people[reached] @ after[reached] / total) if total else None,
        most_added=float((after - before)[reached].max()) if total else None,
    )  # fmt: skip
