"""Districting as a mixed-integer program (Hess 1965): which unit goes to which centre, balanced and connected.

One column for each allowed pair of centre and unit; a centre's own column says whether it is used. Contiguity comes
either from compactness rules (each unit leans on nearer ones) or from separator cuts that are added when an area
comes out split (Validi, Buchanan, Lykhovyd 2022).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.solver import OPTIMAL, solve_milp


@dataclass
class Program:
    """The columns and rows of one program.

    Parameters
    ----------
    cost
        Cost of serving each unit from each candidate, shape (candidates, units).
    candidates
        Unit of each candidate centre.
    allowed
        Which pairs may be used, shape (candidates, units); a candidate's own pair always may.
    neighbors
        Symmetric CSR between units.
    """

    cost: Floats
    candidates: Ints
    allowed: Bools
    neighbors: sparse.csr_matrix
    rows: list[tuple[Ints, Floats, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Number the columns."""
        allowed = self.allowed.copy()
        allowed[np.arange(len(self.candidates)), self.candidates] = True
        self.center, self.unit = np.nonzero(allowed)
        self.column = np.full(self.cost.shape, -1)
        self.column[self.center, self.unit] = np.arange(len(self.center))
        self.own = self.column[np.arange(len(self.candidates)), self.candidates]

    def around(self, unit: Any) -> Ints:
        """Return the neighbours of a unit."""
        return self.neighbors.indices[self.neighbors.indptr[unit] : self.neighbors.indptr[unit + 1]]

    def add(self, columns: Ints, values: Floats | float, lower: float, upper: float) -> None:
        """Add a row; columns of pairs that are not allowed (-1) are zero and left out."""
        columns = np.asarray(columns)
        values = np.broadcast_to(np.asarray(values, float), columns.shape)
        self.rows.append((columns[columns >= 0], values[columns >= 0], lower, upper))

    def serve_all(self, n_areas: int) -> None:
        """Each unit has one centre, only used centres serve, and `n_areas` are used."""
        for unit in range(self.cost.shape[1]):
            self.add(self.column[:, unit], 1.0, 1.0, 1.0)
        if len(self.candidates) > n_areas:
            self.add(self.own, 1.0, n_areas, n_areas)
            for pair, own in enumerate(self.own[self.center]):
                if pair != own:
                    self.add(np.array([pair, own]), np.array([1.0, -1.0]), -np.inf, 0.0)

    def fix_centers(self) -> None:
        """All candidates are used."""
        for own in self.own:
            self.add(np.array([own]), 1.0, 1.0, 1.0)

    def balance(self, weight: Floats, n_areas: int, tolerance: float) -> None:
        """Each used centre carries the mean workload up to the tolerance."""
        mean = weight.sum() / n_areas
        for c, own in enumerate(self.own):
            pairs = np.flatnonzero(self.center == c)
            for sign, limit in ((1.0, 1 + tolerance), (-1.0, tolerance - 1)):
                values = sign * weight[self.unit[pairs]]
                values[pairs == own] -= limit * mean
                self.add(pairs, values, -np.inf, 1e-9 * mean)

    def lean(self, distance: Floats, level: int) -> None:
        """Add the compactness rules of `level`: units beyond a centre's neighbours need nearer ones in their area."""
        for pair, (c, unit) in enumerate(zip(self.center, self.unit, strict=True)):
            around = self.around(unit)
            if unit == self.candidates[c] or self.candidates[c] in around:
                continue
            for supporters, needed in _supporters(distance[c], unit, around, level):
                self.add(np.append(self.column[c, supporters], pair), np.append(np.ones(len(supporters)), -needed), 0.0,
                         np.inf)  # fmt: skip

    def touch(self) -> None:
        """Each unit beyond its centre needs a neighbour in its area (necessary for contiguity, and cheap)."""
        for pair, (c, unit) in enumerate(zip(self.center, self.unit, strict=True)):
            if unit != self.candidates[c]:
                around = self.around(unit)
                self.add(np.append(self.column[c, around], pair), np.append(np.ones(len(around)), -1.0), 0.0, np.inf)

    def cut_islands(self, served: Ints) -> int:
        """Add cuts for the pieces of areas that do not hold their centre; return how many pieces there were."""
        pairs = self.neighbors.tocoo()
        inside = served[pairs.row] == served[pairs.col]
        joined = sparse.csr_matrix((np.ones(inside.sum()), (pairs.row[inside], pairs.col[inside])), pairs.shape)
        piece = connected_components(joined, directed=False)[1]
        islands = np.setdiff1d(piece, piece[self.candidates[np.unique(served)]])
        for island in islands:
            members = np.flatnonzero(piece == island)
            shore = np.setdiff1d(np.concatenate([self.around(u) for u in members]), members)
            for unit in members[:4]:
                self.add(np.append(self.column[served[unit], shore], self.column[served[unit], unit]),
                         np.append(np.ones(len(shore)), -1.0), 0.0, np.inf)  # fmt: skip
        return len(islands)

    def solve(
        self,
        *,
        start: Ints | None = None,
        whole: bool = True,
        gap: float = 1e-6,
        node_limit: int | None = None,
    ) -> tuple[Ints | None, float | None, bool]:
        """Return the candidate that serves each unit, the proven bound, and whether the plan is optimal."""
        lengths = [len(columns) for columns, *_ in self.rows]
        where = (np.repeat(np.arange(len(self.rows)), lengths), np.concatenate([r[0] for r in self.rows]))
        matrix = sparse.csr_matrix(
            (np.concatenate([r[1] for r in self.rows]), where), shape=(len(self.rows), len(self.center))
        )
        given = None
        if start is not None:
            given = np.zeros(len(self.center))
            given[self.column[start, np.arange(len(start))]] = 1.0
        answer = solve_milp(
            self.cost[self.center, self.unit], matrix, np.array([r[2] for r in self.rows]),
            np.array([r[3] for r in self.rows]), integer=np.full(len(self.center), whole), start=given,
            time_limit=np.inf, gap=gap, node_limit=node_limit,
        )  # fmt: skip
        if answer.values is None:
            return None, answer.bound, False
        shares = np.zeros(self.cost.shape)
        shares[self.center, self.unit] = answer.values
        return shares.argmax(axis=0), answer.bound, answer.status == OPTIMAL

    def solve_connected(self, cutoff: float = np.inf, **options: Any) -> tuple[Ints | None, float | None, bool]:
        """Solve, add cuts for split areas, and solve again until every area is connected, or none is below `cutoff`."""
        while True:
            served, bound, optimal = self.solve(**options)
            if bound is not None and bound >= cutoff:
                return None, bound, False
            if served is None or self.cut_islands(served) == 0:
                return served, bound, optimal


def _supporters(distance: Floats, unit: Any, around: Ints, level: int) -> list[tuple[Ints, float]]:
    """Return which neighbours a unit can lean on, and how many of them it needs, for a compactness level."""
    nearer = around[distance[around] < distance[unit]]
    rules = [(nearer, 2.0 if level >= 2 and len(nearer) >= 2 else 1.0)]
    inner = around[distance[around] < distance[around].max()]
    if level >= 3 and len(inner) == 5:
        rules.append((inner, 3.0))
    return rules
