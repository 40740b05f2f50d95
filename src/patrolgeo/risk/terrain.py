"""Risk terrain modelling: which kinds of places raise risk, how far do they reach, and by how much?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import align, check_number, check_positive, check_type
from patrolgeo._typing import Floats, Ints
from patrolgeo.risk.blocks import blocks_of, clustered, reach_of, wide_width
from patrolgeo.risk.history import History
from patrolgeo.risk.layers import Layer, terrain_layers
from patrolgeo.risk.level import at_level
from patrolgeo.risk.protocol import Constant

LEAST_EVENTS, LEAST_BLOCKS = 10.0, 8.0  # expected in and out of a layer; blocks that inform about it
OWN_SHARE = 0.01  # of what a layer tells that the layers before it do not tell already
FLIPS = 999
LEVEL = 0.9
COLUMNS = ("kind", "operation", "reach_m", "factor", "low", "high")


@dataclass(eq=False)
class RiskTerrain(Constant):
    """Risk from places alone: near a kind of place there is so many times as much as elsewhere in the same block.

    For each covariate (places as points, or how many are in each cell) the layers "within so many metres of one" and
    "density above 2 standard deviations" are tried at several reaches. Every block of ground (about 1.5 km) is compared
    with itself, so that a kind of place is not credited with the part of town in which it lies. A layer enters when the
    best of all that could enter, of all kinds and reaches together, is surer than chance allows; chance is measured by
    turning the signs of whole blocks, so that clusters of incidents do not make evidence. One layer enters for each
    kind, and only layers that raise risk, with enough to be expected on both sides. `relative_risk_` is the table of
    what entered, with 90 % intervals (clustered by ground of three blocks' width); `n_layers_` says among how many. A
    kind of place that comes with another one in every block cannot be told from it.

    It says where risk would be without any history, so it suits new areas and rare incidents; with a history the stack
    is better, and takes the same covariates.

    Parameters
    ----------
    reaches
        Metres. By default steps of a quarter of the cell spacing up to two spacings (750 m at least) for points; the
        cell itself, one ring and two rings for counts by cell.
    alpha
        Chance that any layer enters where none should.
    block_m
        Side of a block in metres; None is four cell spacings, at least 1,500 m.

    References
    ----------
    Caplan and Kennedy 2011, Risk terrain modeling compendium; Kennedy, Caplan and Piza 2011,
    doi:10.1007/s10940-010-9126-2; Kline and Santos 2012 (score bootstrap by signs), doi:10.1515/2156-6674.1006.

    Examples
    --------
    >>> import h3, numpy as np, pandas as pd
    >>> from patrolgeo import RiskTerrain
    >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 20))
    >>> rng = np.random.default_rng(1)
    >>> bars = pd.Series(rng.random(len(cells)) < 0.08, index=cells, dtype=float)
    >>> weeks = pd.date_range("2024-01-01", periods=30, freq="7D")
    >>> counts = rng.poisson(0.05 + 0.1 * bars, (30, len(cells)))
    >>> model = RiskTerrain().fit(pd.DataFrame(counts, index=weeks, columns=cells), covariates={"bars": bars})
    >>> model.relative_risk_.round(1).to_dict("records")
    [{'kind': 'bars', 'operation': 'within', 'reach_m': 0.0, 'factor': 3.1, 'low': 2.8, 'high': 3.4}]
    """

    reaches: tuple[float, ...] | None = None
    alpha: float = 0.02
    block_m: float | None = None

    def _check_settings(self) -> None:
        super()._check_settings()
        if self.reaches is not None:
            check_type(self.reaches, (tuple, list), "reaches")
            for reach in self.reaches:
                check_number(reach, "reaches", least=0)
        check_number(self.alpha, "alpha", above=0, most=1)
        if self.block_m is not None:
            check_positive(self.block_m, "block_m")

    def _fit(self, history: History) -> None:
        base = history.area if history.exposure is None else history.exposure + 0.05 * history.exposure.mean()
        y = history.counts.sum(axis=0)
        layers = terrain_layers(history, None if self.reaches is None else tuple(self.reaches))
        names, X = list(layers), np.array([*layers.values()], float).reshape(len(layers), len(y)).T
        ground = _Ground(y, base, blocks_of(history, self.block_m), blocks_of(history, wide_width(history)))
        chosen = ground.entered(X, np.array([n.kind for n in names]), self.alpha)
        self.n_layers_ = len(names)
        self.layers_ = {names[k]: pd.Series(X[:, k] > 0, index=history.cells) for k in chosen}
        slopes, half = ground.slopes(X[:, chosen])
        self.relative_risk_ = _table(list(self.layers_), slopes, half)
        self.rate_ = at_level(base * np.exp(X[:, chosen] @ slopes), history)

    def _took(self) -> str:
        by = "area" if self.history_.exposure is None else "exposure"
        rows = self.relative_risk_.itertuples()
        factors = [f"{r.kind} ({r.operation} {r.reach_m:g} m) x{r.factor:.2f}" for r in rows]
        tried = f"{len(factors)} of {self.n_layers_} layers entered"
        return f"{', '.join([by, *factors])}; {tried}; {len(self.history_.counts)} periods"

    def story(self, cells: Any = None) -> pd.DataFrame:
        """Why is risk raised there? For each cell the layers of `relative_risk_` in which it lies.

        Parameters
        ----------
        cells
            Labels of cells, those of a hot spot for example; all by default.

        Returns
        -------
        DataFrame with `cell` and the columns of `relative_risk_`, a row for each cell and layer, the highest factor of
        a cell first. A cell without a row lies in no layer that entered.

        Raises
        ------
        AlignmentError
            When a cell is not one of the panel.

        Examples
        --------
        >>> import h3, pandas as pd
        >>> from patrolgeo import RiskTerrain
        >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 4))
        >>> panel = pd.DataFrame(1.0, index=pd.date_range("2024-01-01", periods=30, freq="7D"), columns=cells)
        >>> RiskTerrain().fit(panel).story(cells[:3]).empty
        True
        """
        wanted = self.columns_ if cells is None else pd.Index(cells)
        inside = {k: align(layer, wanted, "cells") for k, layer in enumerate(self.layers_.values())}
        rows = [self.relative_risk_.loc[[k] * int(on.sum())].assign(cell=wanted[on]) for k, on in inside.items()]
        told = pd.concat(rows) if rows else self.relative_risk_.assign(cell=pd.Series(dtype=object))
        order = {cell: k for k, cell in enumerate(wanted)}
        told = told.assign(at=told["cell"].map(order)).sort_values(["at", "factor"], ascending=[True, False])
        return told[["cell", *COLUMNS]].reset_index(drop=True)


def _table(names: list[Layer], slopes: Floats, half: Floats) -> pd.DataFrame:
    table = pd.DataFrame(names, columns=list(Layer._fields))
    bounds = {"factor": slopes, "low": slopes - half, "high": slopes + half}
    return table.assign(**{name: np.exp(value) for name, value in bounds.items()})


@dataclass(frozen=True)
class _Ground:
    """Incidents and what lets expect them by cell; the blocks (n_blocks x n_cells) compared within; wide ones.

    A layer and a cluster of incidents reach over the sides of blocks, so intervals are clustered by the wide ones.
    """

    y: Floats
    base: Floats
    blocks: sparse.csr_matrix
    wide: sparse.csr_matrix

    def entered(self, X: Floats, kinds: Any, alpha: float) -> list[int]:
        """Return the layers (columns of `X`) that enter one by one, one of a kind."""
        signs = np.random.default_rng(0).choice([-1.0, 1.0], (FLIPS, self.blocks.shape[0]))
        chosen: list[int] = []
        while self.y.sum() > 0:
            free = np.flatnonzero(~np.isin(kinds, kinds[chosen]))
            found = self._surest(X, free, chosen, signs)
            if found is None or found[1] > alpha:
                break
            chosen.append(found[0])
        return chosen

    def _surest(self, X: Floats, free: Ints, chosen: list[int], signs: Floats) -> tuple[int, float] | None:
        """Return the layer that explains most, and the chance of so sure a one among all that are free."""
        mu = self._expected(X[:, chosen], self._estimates(X[:, chosen]))
        apart = self._within(X[:, free], mu)
        whole = mu @ apart**2
        if chosen:
            known = self._within(X[:, chosen], mu)
            apart -= known @ np.linalg.lstsq(known.T @ (mu[:, None] * known), known.T @ (mu[:, None] * apart))[0]
        score, information = self.blocks @ (apart * (self.y - mu)[:, None]), self.blocks @ (mu[:, None] * apart**2)
        able = self._supported(X[:, free], mu, information) & (np.abs(score).sum(axis=0) > 0)
        able &= information.sum(axis=0) > OWN_SHARE * whole
        if not able.any():
            return None
        score, total = score[:, able], information[:, able].sum(axis=0)
        error = np.sqrt((score**2).sum(axis=0))
        sure = score.sum(axis=0) / error
        chance = ((signs @ score) / error).max(axis=1)
        gain = np.where(sure > 0, score.sum(axis=0) ** 2 / total, 0.0)
        p_value = (1 + (chance >= sure.max() - 1e-9).sum()) / (1 + len(signs))
        return int(free[able][gain.argmax()]), float(p_value)

    def _supported(self, X: Floats, mu: Floats, information: Floats) -> Any:
        """Return which layers have enough expected incidents on both sides, and enough blocks that know both."""
        inside = mu @ X
        effective = information.sum(axis=0) ** 2 / np.maximum((information**2).sum(axis=0), 1e-300)
        return (np.minimum(inside, mu.sum() - inside) >= LEAST_EVENTS) & (effective >= LEAST_BLOCKS)

    def slopes(self, X: Floats) -> tuple[Floats, Floats]:
        """Return the logarithms of the factors, and half the widths of their intervals."""
        slopes = self._estimates(X)
        mu = self._expected(X, slopes)
        apart = self._within(X, mu)
        score = self.wide @ (apart * (self.y - mu)[:, None])
        pairs = (apart[:, :, None] * apart[:, None, :] * mu[:, None, None]).reshape(len(mu), -1)
        error, df = clustered(score, (self.wide @ pairs).reshape(len(score), len(slopes), len(slopes)))
        return slopes, reach_of(df, LEVEL) * error

    def _estimates(self, X: Floats) -> Floats:
        """Return the slopes that are most likely given the total of every block (conditional Poisson), by Newton."""
        slopes = np.zeros(X.shape[1])
        for _ in range(50 if len(slopes) else 0):
            mu = self._expected(X, slopes)
            apart = self._within(X, mu)
            hessian = apart.T @ (mu[:, None] * apart)
            step = np.clip(np.linalg.lstsq(hessian, X.T @ (self.y - mu))[0], -1, 1)
            slopes = slopes + step
            if np.abs(step).max() < 1e-8:
                break
        return slopes

    def _expected(self, X: Floats, slopes: Floats) -> Floats:
        """Return what is expected by cell, scaled to what happened in each block."""
        free = self.base * np.exp(X @ slopes)
        return np.asarray(free * (self.blocks.T @ (self.blocks @ self.y / np.maximum(self.blocks @ free, 1e-300))))

    def _within(self, X: Floats, mu: Floats) -> Floats:
        """Return the columns minus their means in each block, weighted by what is expected."""
        total = np.maximum(self.blocks @ mu, 1e-300)
        return np.asarray(X - self.blocks.T @ ((self.blocks @ (mu[:, None] * X)) / total[:, None]))
