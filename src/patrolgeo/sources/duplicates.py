"""Records that were written twice: the same id, or the same place, time and category within tolerances."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import check_columns
from patrolgeo._typing import Bools, Ints
from patrolgeo.sources.ledger import Ledger

MODES = ("id", "alike", "keep")
_ALIKE_SECONDS = 600
_PRIME = np.uint64(1_099_511_628_211)
_REPEATED, _FEWEST = 0.2, 50  # ids of which a fifth of the rows of a source are repeats name no row


def find_duplicates(incidents: gpd.GeoDataFrame, *, metres: float = 25.0, minutes: float = 10.0) -> pd.DataFrame:
    """Which incidents look like the same one written twice?

    Two rows are alike when they have the same category and lie within `metres` and `minutes` of each other; rows that
    are alike to the same one form a group. Police that publish block midpoints and full hours have many look-alikes
    that are different incidents: look before you drop.

    Parameters
    ----------
    incidents
        Points with `category` and `time`, as `read_incidents` gives them.
    metres
        Largest distance of two rows that are alike.
    minutes
        Longest time between two rows that are alike.

    Returns
    -------
    DataFrame of the rows in groups of two and more: `group`, and `id, time, category` (and `source` when present); its
    index is that of `incidents`.

    Raises
    ------
    MissingColumnError
        When the table lacks `category` or `time`.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import find_duplicates, read_incidents
    >>> table = pd.DataFrame({"time": ["2024-03-05 23:40", "2024-03-05 23:45", "2024-03-07 10:00"],
    ...                       "category": "theft", "lon": 119.97, "lat": 31.81})
    >>> find_duplicates(read_incidents(table))[["group", "id"]]
       group id
    0      0  0
    1      0  1
    """
    check_columns(incidents, ["category", "time"], "incidents")
    group = groups(incidents["category"], incidents["time"], incidents.geometry, metres, minutes)
    size = np.bincount(group, minlength=1)[group] if len(group) else group
    shown = [c for c in ("id", "time", "category", "source") if c in incidents.columns]
    found = pd.DataFrame(incidents[shown]).assign(group=group)[size > 1]
    found["group"] = pd.factorize(found["group"])[0]
    return found[["group", *shown]].sort_values(["group", "time"], kind="stable")


def groups(category: Any, time: Any, points: Any, metres: float, minutes: float) -> Ints:
    """Return the group of each row; rows alone have a group of their own."""
    n = len(points)
    xy = crs.local_xy(points.x, points.y) / max(metres, 1e-6)
    clock = pd.Series(time).to_numpy().astype("datetime64[s]").astype(float) / max(60.0 * minutes, 1e-6)
    kind = pd.factorize(pd.Series(category))[0] * 3.0  # categories stand apart further than the radius
    pairs = cKDTree(np.column_stack([xy, clock, kind])).query_pairs(1.0, p=np.inf, output_type="ndarray")
    near = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) <= 1.0
    links = pairs[near]
    graph = coo_matrix((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def set_duplicates_aside(table: Any, points: Any, exact: Bools, ledger: Ledger, mode: str) -> None:
    """Set copies aside (unless `mode` is "keep"), look-alikes too when it is "alike"; note the other repeated ids.

    A copy has the id of an earlier row and agrees with it in everything that is compared. `exact` are the rows with a
    point of their own; rows that stand at the point of their village look alike by making.
    """
    if mode != "keep":
        _set_copies_aside(table, points, ledger)
    alike = ledger.at(_same(table, points, np.flatnonzero(ledger.alive & exact)))
    if mode == "alike":
        ledger.reject(alike, "duplicate_row")
    elif alike.any():
        ledger.noted("look_alike", alike)


def _set_copies_aside(table: Any, points: Any, ledger: Ledger) -> None:
    rows = np.flatnonzero(ledger.alive & ~table["_made_id"].to_numpy())
    ids = table["id"].iloc[rows]
    repeated = _repeated(ids)
    if not repeated.any():
        return
    rows = rows[repeated]
    compared = [c for c in table.columns if c not in ("source", "_kind", "_made_id")]
    shown = table.iloc[rows][compared].assign(_lon=points.lon[rows].round(6), _lat=points.lat[rows].round(6))
    copies = ledger.at(rows[shown.duplicated().to_numpy()])
    said = f"Compared: {', '.join(compared)} and the place."
    if copies.sum() > _REPEATED * len(ids) and _names_no_row(table.iloc[np.flatnonzero(ledger.alive)]):
        ledger.noted("id_repeats", copies, "The ids repeat too often to name rows; none was taken for a copy.")
        return
    others = ledger.at(rows[table["id"].iloc[rows].duplicated().to_numpy()]) & ~copies
    ledger.reject(copies, "duplicate_id", said)
    if others.any():
        ledger.noted("id_repeats", others, f"The id is that of an earlier row, the rest differs. {said}")


def _repeated(ids: pd.Series) -> Bools:
    """Return which texts come more than once: those alone are compared whose numbers made of their bytes agree."""
    number = _fingerprints(ids)
    ordered = np.sort(number)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    alike = np.isin(number, again) if len(again) else np.zeros(len(number), bool)
    alike[alike] = ids[alike].duplicated(keep=False)
    return alike


def _fingerprints(texts: pd.Series) -> NDArray[np.uint64]:
    """Return a number for each text, of equal texts the same; different ones hardly ever share theirs."""
    held = pa.array(texts.array, pa.large_string())
    held = held.combine_chunks() if isinstance(held, pa.ChunkedArray) else held
    first = np.frombuffer(held.buffers()[1], np.int64)[held.offset : held.offset + len(held) + 1]
    letters = np.frombuffer(held.buffers()[2] or b"", np.uint8)
    length, number = np.diff(first), np.zeros(len(held), np.uint64)
    for k in range(length.max(initial=0)):
        rows = slice(None) if k < length.min() else np.flatnonzero(length > k)
        number[rows] = number[rows] * _PRIME + letters[first[:-1][rows] + k] + 1
    return number


def _names_no_row(table: Any) -> bool:
    """Tell whether the ids repeat so much within one source that they cannot be meant to name single rows."""
    within = table.duplicated(["id", "source"] if "source" in table.columns else ["id"]).sum()
    return bool(len(table) >= _FEWEST and within > _REPEATED * len(table))


def _same(table: Any, points: Any, rows: Ints) -> Ints:
    """Return the rows that follow one of the same category at the same place (to a metre) within ten minutes."""
    place = points.keys(rows) * 1_000 + table["_kind"].cat.codes.to_numpy().astype(np.int64)[rows] % 1_000
    order = np.argsort(place)
    again = np.diff(place[order], prepend=-1) == 0
    several = order[again | np.append(again[1:], False)]  # rows that share place and category with another
    time = table["time"].to_numpy()[rows[several]].astype("datetime64[s]").astype(np.int64)
    turn = np.lexsort((time, place[several]))
    order, time = several[turn], time[turn]
    follows = (np.diff(place[order]) == 0) & (np.diff(time) <= _ALIKE_SECONDS)
    return rows[order[1:][follows]]
