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
from patrolgeo.roads.graph import arcs, fastest


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
    graph: Any, ring: Ints, side: Bools, population: gpd.GeoDataFrame | None, hospitals: Any
) -> tuple[Ints, Rescue]:
    """Choose the gates among the pieces of a ring, and report what ring and gates mean for the way to hospital.

    Each enclosed part gets the gate with the fewest resident minutes to hospital through it (node minutes to the gate
    where no residents or hospitals are known).
    """
    doors = None if hospitals is None else np.unique(graph.access(hospitals)[0])
    people = _people(graph, population)
    open_roads = _minutes(graph, np.setdiff1d(np.arange(len(graph.edges)), ring), np.zeros(0, np.int64))
    gates = _choose_gates(graph, ring, side, open_roads, doors, side.astype(float) if people is None else people * side)
    if people is None or doors is None:
        return gates, Rescue()
    kept = np.setdiff1d(np.arange(len(graph.edges)), np.setdiff1d(ring, gates))
    before, shut, after = (_to(m, doors) for m in (graph.minutes, open_roads, _minutes(graph, kept, gates)))
    return gates, _report(people * side, before, shut, after)


def _people(graph: Any, population: gpd.GeoDataFrame | None) -> Floats | None:
    if population is None:
        return None
    check_columns(population, ["population"], "population")
    node = graph.access(population.geometry)[0]
    people: Floats = np.bincount(node, population["population"].to_numpy(float), len(graph.nodes)).astype(float)
    return people


def _minutes(graph: Any, pieces: Ints, both_ways: Ints) -> sparse.csr_matrix:
    """Minutes over some of the pieces; a staffed gate (`both_ways`) lets ambulances pass against a one-way rule."""
    e = graph.edges
    oneway = e.oneway.to_numpy().copy()
    oneway[both_ways] = False
    values = (e.source.to_numpy()[pieces], e.target.to_numpy()[pieces], e.minutes.to_numpy()[pieces], oneway[pieces])
    return fastest(arcs(*values), len(graph.nodes))


def _to(minutes: sparse.csr_matrix, doors: Ints) -> Floats:
    """Minutes from every node to the nearest of `doors`."""
    return csgraph.dijkstra(minutes.T.tocsr(), indices=doors, min_only=True)


def _choose_gates(
    graph: Any, ring: Ints, side: Bools, open_roads: sparse.csr_matrix, doors: Ints | None, weight: Floats
) -> Ints:
    source, target = graph.edges.source.to_numpy()[ring], graph.edges.target.to_numpy()[ring]
    inner, outer = np.where(side[source], source, target), np.where(side[source], target, source)
    part = csgraph.connected_components(open_roads, directed=False)[1]
    beyond = np.zeros(len(side)) if doors is None else _to(open_roads, doors)
    onward = graph.edges.minutes.to_numpy()[ring] + beyond[outer]
    ends, at = np.unique(inner, return_inverse=True)
    within = csgraph.dijkstra(open_roads.T.tocsr(), indices=ends)[at] if len(ends) else np.zeros((0, len(side)))
    gates = []
    for p in np.unique(part[inner]):
        rows = np.flatnonzero(part[inner] == p)
        nodes = part == p
        felt = weight[nodes] + 1e-9  # a part without residents still gets its gate
        total = np.where(np.isinf(within[rows][:, nodes]), 1e6, within[rows][:, nodes]) @ felt
        total += np.where(np.isinf(onward[rows]), 1e6, onward[rows]) * felt.sum()
        gates.append(ring[rows[np.argmin(total)]])
    return np.array(gates, np.int64)


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
