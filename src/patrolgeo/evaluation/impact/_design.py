"""Who was treated from when, who is compared with whom: labels at the door, arrays within."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_type
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import AlignmentError, DataError

NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")
NEVER = np.iinfo(np.int64).max  # start of a unit that is never treated


@dataclass(frozen=True, eq=False)
class Design:
    """`values` (n_units, n_periods); `begins` by unit, a position or NEVER.

    `arm` by unit: 0 control, 1 treated (or a number for each start), then one for each of `rings`. `cluster` and
    `block` by unit, from 0 on; `periods` the labels of the rows.
    """

    values: Floats
    begins: Ints
    arm: Ints
    cluster: Ints
    block: Ints
    rings: list[str]
    periods: pd.Index

    @property
    def starts(self) -> list[int]:
        return sorted(int(b) for b in np.unique(self.begins) if b != NEVER)

    @property
    def staggered(self) -> bool:
        return len(self.starts) > 1

    @property
    def control(self) -> Bools:
        return self.arm == 0

    @property
    def treated(self) -> Bools:
        return self.begins != NEVER

    @property
    def after(self) -> Bools:
        """By period, of the first start."""
        return np.arange(self.values.shape[1]) >= self.starts[0]

    @property
    def treated_after(self) -> Bools:
        """By unit and period."""
        return np.arange(self.values.shape[1]) >= self.begins[:, None]

    @property
    def n_clusters(self) -> tuple[int, int]:
        """Of control and of treated units."""
        return len(np.unique(self.cluster[self.control])), len(np.unique(self.cluster[self.treated]))

    @property
    def mixed(self) -> bool:
        """Whether a cluster holds treated and control units."""
        return bool(np.intersect1d(self.cluster[self.control], self.cluster[self.treated]).size)

    def ring_code(self, name: str) -> int:
        return len(self.starts) + 1 + self.rings.index(name)

    def means(self) -> tuple[Floats, Floats]:
        """Return mean counts before and after the first start, by unit."""
        return self.values[:, ~self.after].mean(axis=1), self.values[:, self.after].mean(axis=1)

    def weight(self, model: str) -> Floats:
        """Return how much of its arm a unit is: one of many, or its share of the counts."""
        return np.ones(len(self.values)) if model == "linear" else self.values.sum(axis=1)

    def cluster_sums(self) -> dict[str, Floats]:
        """Return sums by cluster of treated and control units: means before and after, units, treated, block."""
        inside = self.control | self.treated
        codes, first = np.unique(self.cluster[inside], return_index=True)
        at = np.searchsorted(codes, self.cluster[inside])
        before, after = (part[inside] for part in self.means())
        sums = {"before": before, "after": after, "size": np.ones(inside.sum())}
        told = {name: np.bincount(at, part, len(codes)) for name, part in sums.items()}
        if (self.block[inside] != self.block[inside][first][at]).any():
            raise DataError("blocks cut through a cluster, which is drawn as a whole; give its units one block.")
        return told | {"treated": self.treated[inside][first].astype(float), "block": self.block[inside][first] * 1.0}

    def no_draws(self, inference: str) -> DataError:
        why = "starts are staggered" if self.staggered else "a cluster holds treated and control units"
        return DataError(f'inference={inference!r} draws whole clusters, and {why}; take inference="cluster".')


def read_design(panel: Any, treated: Any, start: Any, cluster: Any, rings: Any, blocks: Any, *, counts: bool) -> Design:
    """Return the arguments as arrays, checked."""
    values = read_outcomes(panel, counts=counts)
    units = panel.columns
    chosen = _chosen(treated, units)
    begins = _begins(start, chosen, panel.index, units)
    ring = _rings(rings, chosen, units)
    arm = np.searchsorted(np.unique(begins[chosen]), begins) + 1
    arm[~chosen] = 0
    names = list(dict.fromkeys(r for r in _in_order(ring) if r is not None))
    first = int(arm.max()) + 1
    for number, name in enumerate(names):
        arm[np.array([r == name for r in ring])] = first + number
    cluster_codes = _codes(cluster, units, "cluster")
    design = Design(values, begins, arm, cluster_codes, _codes(blocks, units, "blocks", one=True), names, panel.index)
    _check_comparison(design)
    return design


def read_outcomes(panel: Any, *, counts: bool, name: str = "panel") -> Floats:
    """Return a table, periods x units, as numbers, units x periods."""
    check_type(panel, pd.DataFrame, name, "periods as rows and units as columns")
    for axis, what in ((panel.index, "period"), (panel.columns, "unit")):
        if axis.has_duplicates:
            raise DataError(f"{name} holds the {what} {axis[axis.duplicated()][0]!r} twice.")
    if not panel.index.is_monotonic_increasing:
        raise DataError(f"{name}: the periods must be in order; use .sort_index().")
    if panel.empty:
        raise DataError(f"{name} is empty: it needs periods as rows and units as columns.")
    values = as_floats(panel, name).T
    if not np.isfinite(values).all():
        raise DataError(f"{name} holds missing or infinite numbers; fill them with 0 if they mean none.")
    if counts and (values < 0).any():
        raise DataError(f'{name} holds negative counts; for other outcomes take model="linear".')
    return np.ascontiguousarray(values)


def _chosen(treated: Any, units: pd.Index) -> Bools:
    if isinstance(treated, pd.Series) and pd.api.types.is_bool_dtype(treated.dtype):
        return align(treated, units, "treated", "units").to_numpy(bool)
    try:
        labels = pd.Index(list(treated))
        lone, twice = labels.difference(units), labels[labels.duplicated()]
    except TypeError:
        raise DataError("treated must be labels of units, or a Series of True and False by unit.") from None
    if len(twice):  # 0 and 1 by unit, read as labels, would treat the units 0 and 1
        raise DataError(f"treated names {twice[0]!r} twice; for a mark by unit bring a Series of True and False.")
    if len(lone):
        raise AlignmentError(f"treated names {len(lone)} units that the panel has not (first: {lone[0]!r}).")
    return np.asarray(units.isin(labels))


def _begins(start: Any, chosen: Bools, periods: pd.Index, units: pd.Index) -> Ints:
    if not chosen.any():
        raise DataError("No unit is treated; name the treated ones.")
    begins = np.full(len(units), NEVER)
    if isinstance(start, pd.Series):
        labels = align(start, units[chosen], "start", "treated units").to_numpy()
    else:
        labels = np.full(chosen.sum(), start, object)
    begins[chosen] = [_position(label, periods) for label in labels]
    return begins


def _position(label: Any, periods: pd.Index) -> int:
    try:
        label = pd.Timestamp(label) if isinstance(periods, pd.DatetimeIndex) else label
        at = int(periods.searchsorted(label))
    except (TypeError, ValueError):
        raise DataError(f"start={label!r} is no period such as {periods[0]!r}.") from None
    if not 0 < at < len(periods):
        raise DataError(
            f"start={label} must lie after the first period and within the panel ({periods[0]} to {periods[-1]}): an "
            "effect needs a time before and a time after."
        )
    return at


def _rings(rings: Any, chosen: Bools, units: pd.Index) -> list[Any]:
    if rings is None:
        return [None] * len(units)
    told = align(rings, units, "rings", "units")
    return [None if own or pd.isna(r) or r == "" else r for r, own in zip(told, chosen, strict=True)]


def _in_order(ring: list[Any]) -> list[Any]:
    """Return rings from near to far: by the last number in the name ("500 to 1000 m"), then by name."""

    def end(name: str) -> tuple[float, str]:
        numbers = NUMBER.findall(name)
        return (float(numbers[-1]) if numbers else np.inf), name

    return sorted((r for r in ring if r is not None), key=lambda r: end(str(r)))


def _codes(labels: Any, units: pd.Index, name: str, *, one: bool = False) -> Ints:
    if labels is None:
        return np.zeros(len(units), int) if one else np.arange(len(units))
    told = align(labels, units, name, "units")
    if told.isna().any():
        raise DataError(f"{name} is missing for {told.isna().sum()} units (first: {told.index[told.isna()][0]!r}).")
    return pd.factorize(told.to_numpy(), sort=True)[0].astype(np.int64)


def _check_comparison(design: Design) -> None:
    if not design.control.any() and not design.staggered:
        raise DataError(
            "Without untreated units this is a plain before-after comparison, which is refused: places chosen because "
            "they were hot cool down by themselves (regression to the mean). Bring equally hot places that were not "
            "treated, or hold them against what they let expect: hot_place_change."
        )
    if design.rings and design.staggered:
        raise DataError("rings need one common start: with staggered starts a ring changes its meaning over time.")
