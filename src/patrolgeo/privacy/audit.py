"""The attacker's view of releases: can a suppressed count be bounded, or a change subtracted, from what is public?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import linprog

from patrolgeo._checks import check_count
from patrolgeo.errors import DataError
from patrolgeo.files import check_file
from patrolgeo.privacy.beside import told_beside
from patrolgeo.privacy.merging import FEW_RESIDENTS

MOVING = ("incidents", "population")  # columns whose small changes tell of single incidents and people


def check_release(folders: str | Path | Sequence[str | Path], threshold: int = 5) -> list[str]:
    """What can somebody work out who has every public file of these releases?

    Suppressed counts are bounded by linear programming from all counts and totals that are shown, and the numbers of
    releases of the same place are subtracted from each other. GeoPackages and workbooks are held against
    ``cells.parquet``: what they tell of a cell must stand there too.

    Parameters
    ----------
    folders
        Folder of a public run, or several in the order they were published.
    threshold
        The smallest count, and the smallest change of one, that may be told.

    Returns
    -------
    One sentence for each number that tells too much; empty when nothing does.

    Raises
    ------
    DataError
        When a folder holds no public release.
    MissingFileError
        When a folder or its files are not there.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> from patrolgeo import check_release
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "summary.json").write_text(json.dumps({"audience": "internal"}))
    >>> try:
    ...     check_release(folder)
    ... except ValueError as error:
    ...     print(str(error).removeprefix(str(folder)))
     is not a public release; run the plan with --audience public.
    """
    named = [folders] if isinstance(folders, str | Path) else list(folders)
    tables, summaries, beside = [], [], []
    for folder in map(Path, named):
        summary = json.loads(check_file(folder / "summary.json", "summary").read_text(encoding="utf-8"))
        if summary.get("audience") != "public":
            raise DataError(f"{folder} is not a public release; run the plan with --audience public.")
        tables.append(gpd.read_parquet(check_file(folder / "cells.parquet", "cells")).set_index("cell"))
        summaries.append(summary)
        beside += told_beside(folder, tables[-1])
    return [*check_release_tables(tables, summaries, threshold), *beside]


def check_release_tables(
    tables: Sequence[pd.DataFrame], summaries: Sequence[Mapping[str, Any]], threshold: int = 5
) -> list[str]:
    """Do as `check_release` does, for tables by cell and summaries that are in memory."""
    check_count(threshold, "threshold")
    if not tables or len(tables) != len(summaries):
        raise DataError("Give at least one release: a table by cell and a summary for each.")
    found = [line for table in tables for line in _small_ones(table, threshold)]
    found += [
        line for table, summary in zip(tables, summaries, strict=True) for line in _bounds(table, summary, threshold)
    ]
    for (old, before), (new, after) in zip(
        *(list(zip(tables, summaries, strict=True))[i:] for i in (0, 1)), strict=False
    ):
        found += _changes(old, new, threshold)
        found += [
            f"{key}: changed by {abs(b - a):g} between two releases, from {a:g} to {b:g}."
            for key, a, b in _pairs(before.get("incidents", {}), after.get("incidents", {}), "incidents")
            if 0 < abs(b - a) < threshold
        ]
    return list(dict.fromkeys(found))


def _small_ones(table: pd.DataFrame, threshold: int) -> list[str]:
    counts = table["incidents"]
    small = counts[(counts > 0) & (counts < threshold)]
    lines = [f"{cell}: a count of {n:g} is told." for cell, n in small.items()]
    if "population" in table and "unit" in table:
        people = table.groupby("unit")["population"].sum()
        few = people[(people >= 0.5) & (people < FEW_RESIDENTS)]
        lines += [f"unit {unit}: {n:.0f} residents are told." for unit, n in few.items()]
    return lines


def _bounds(table: pd.DataFrame, summary: Mapping[str, Any], threshold: int) -> list[str]:
    """Bound the suppressed counts: they are not negative and add up, with those shown, to the total of all cells."""
    hidden = table["incidents"].isna()
    total = summary.get("incidents", {}).get("counted")
    if total is None or not hidden.any():
        return []
    rest = float(total) - float(table["incidents"].sum())
    if rest < 0:  # the total is held, or told in steps
        return []
    n = min(int(hidden.sum()), 50)  # cells that no table tells apart have the same bounds
    one = np.eye(n)[0]
    low, high = (
        sign * linprog(sign * one, A_eq=np.ones((1, n)), b_eq=[rest], bounds=(0, None)).fun for sign in (1, -1)
    )
    if high - low >= threshold:
        return []
    return [f"{cell}: the suppressed count lies between {low:g} and {high:g}." for cell in table.index[hidden]]


def _changes(old: pd.DataFrame, new: pd.DataFrame, threshold: int) -> list[str]:
    """Subtract one release from the next, cell by cell."""
    shared = old.index.intersection(new.index)
    lines = []
    for column in (c for c in MOVING if c in old and c in new):
        moved = (new.loc[shared, column] - old.loc[shared, column]).abs()
        small = moved[(moved > 1e-9) & (moved < threshold)]
        lines += [f"{cell}: {column} changed by {by:g} between two releases." for cell, by in small.items()]
    appeared = old.loc[shared, "incidents"].isna() & new.loc[shared, "incidents"].between(1, threshold - 1)
    return lines + [f"{cell}: a suppressed count is told later." for cell in shared[appeared]]


def _pairs(old: Any, new: Any, key: str) -> list[tuple[str, float, float]]:
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [pair for name in old if name in new for pair in _pairs(old[name], new[name], f"{key}.{name}")]
    numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (old, new))
    return [(key, float(old), float(new))] if numeric else []
