"""What moved next door: rings around treated places, by distance and by kind of incident."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from patrolgeo._checks import as_floats, check_time
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.evaluation.impact.difference_in_differences import difference_in_differences
from patrolgeo.grid.units import Units


def displacement_rings(
    treated: Sequence[object], units: Units, distances: Sequence[float], *, fixed_on: object, start: object
) -> pd.Series:
    """In which ring around the treated places does each unit lie?

    Rings are fixed before the start: drawn afterwards they follow what happened. Units next to treated ones are no
    control, since what moved would count twice there.

    Parameters
    ----------
    treated
        Labels of the treated units.
    units
        The grid.
    distances
        Outer ends of the rings in metres, rising; between the middles of units.
    fixed_on
        The day on which the rings were written down.
    start
        First treated day.

    Returns
    -------
    Series by unit, named "ring": "to 500 m", "500 to 1000 m"; missing beyond the last ring and in treated units.

    Raises
    ------
    DataError
        When the rings were fixed at or after the start, or distances do not rise.
    AlignmentError
        When `units` lacks treated labels.

    Examples
    --------
    >>> import h3
    >>> from patrolgeo import HexGrid, displacement_rings
    >>> middle = h3.latlng_to_cell(31.8, 119.9, 9)
    >>> grid = HexGrid.from_cells(h3.grid_disk(middle, 3))
    >>> ring = displacement_rings([middle], grid, [500], fixed_on="2024-01-01", start="2024-02-01")
    >>> ring.value_counts().to_dict()
    {'to 500 m': 8}
    """
    if check_time(fixed_on, "fixed_on").tz_localize(None) >= check_time(start, "start").tz_localize(None):
        raise DataError(f"The rings were fixed on {fixed_on}, and the start is {start}: fix them before the start.")
    ends = as_floats(distances, "distances")
    if ends.ndim != 1 or not len(ends) or not (np.diff(np.concatenate([[0.0], ends])) > 0).all():
        raise DataError(f"distances must be metres that rise from above 0, got {list(distances)}.")
    at = units.cells.get_indexer(pd.Index(list(treated)))
    if not len(at) or (at < 0).any():
        raise AlignmentError(f"units lacks {int((at < 0).sum())} of {len(at)} treated labels.")
    away = KDTree(units.xy[at]).query(units.xy)[0]
    number = np.searchsorted(ends, away, side="left")
    words = [f"to {ends[0]:g} m", *(f"{near:g} to {far:g} m" for near, far in pairwise(ends))]
    ring = pd.Series([words[n] if n < len(words) else None for n in number], units.cells, dtype="str", name="ring")
    ring.iloc[at] = None
    return ring


def spillover(
    panels: Mapping[Any, pd.DataFrame], treated: Any, start: object, rings: pd.Series, **settings: Any
) -> pd.DataFrame:
    """What happened around treated places, ring by ring and kind by kind, and in them?

    Read the rings first: more incidents there is displacement, fewer a diffusion of benefits. A kind that rises in the
    treated places themselves while another falls is displacement to another kind.

    Parameters
    ----------
    panels
        Counts by kind of incident, each shape (n_periods, n_units).
    treated, start, rings
        As in `difference_in_differences`.
    **settings
        Further settings of `difference_in_differences`.

    Returns
    -------
    DataFrame by `kind` and `where` (the rings from near to far, then "treated"): effect, low, high, p_value, finding.

    Raises
    ------
    DataError
        When there is no panel, or a panel cannot be used.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import spillover
    >>> rng = np.random.default_rng(0)
    >>> theft = pd.DataFrame(rng.poisson(5, (20, 30)))
    >>> rings = pd.Series([None] * 10 + ["to 500 m"] * 8 + [None] * 12)
    >>> spillover({"theft": theft}, range(10), 10, rings)["finding"].tolist()
    ['no evidence', 'no evidence']
    """
    if not isinstance(panels, Mapping) or not len(panels):
        raise DataError("panels must name at least one kind of incident and its panel.")
    tables = {}
    for kind, panel in panels.items():
        found = difference_in_differences(panel, treated, start, rings=rings, **settings)
        own = pd.DataFrame({name: [getattr(found, name)] for name in ("effect", "low", "high", "p_value")}, ["treated"])
        both = own if found.rings is None else pd.concat([found.rings[own.columns], own])
        tables[kind] = both.assign(finding=[_finding(low, high) for low, high in zip(both.low, both.high, strict=True)])
    return pd.concat(tables, names=["kind", "where"])


def _finding(low: float, high: float) -> str:
    if np.isnan(low) or np.isnan(high):
        return "not known"
    return "fewer" if high < 0 else "more" if low > 0 else "no evidence"
