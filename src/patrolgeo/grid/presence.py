"""Who is there when: residents and a table of factors or counts by hour or kind of day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patrolgeo._checks import align, nearest
from patrolgeo.errors import DataError, MissingColumnError

WHEN, VALUES = ("day", "hour"), ("factor", "people")


def presence(people: pd.Series, table: pd.DataFrame, places: pd.Series | None = None) -> pd.DataFrame:
    """How many people are in each cell at an hour or on a kind of day?

    Residents tell where people sleep. Markets, schools and shops hold others by day, and an exposure that forgets them
    makes their cells look dangerous. The table says what is known of it; where it says nothing, the residents stay.

    Parameters
    ----------
    people
        Residents by cell, shape (n_cells,).
    table
        One row for each place and time. When: `hour` (0 to 23), `day` (any label: "market", a date), or both. How many:
        `factor` (times the residents) or `people` (how many are there, residents included). Where: `cell`, or `place`
        as named in `places`, or neither: then a row is about all cells.
    places
        The place of each cell (township, kind of land use), missing where it has none. The people of a place are spread
        over its cells like its residents, evenly where it has none.

    Returns
    -------
    DataFrame by cell, shape (n_cells, n_times), columns hours, days, or (day, hour). ``attrs["added"]`` tells for each
    column how many more people there are than residents (fewer when negative), ``attrs["outside"]`` how many the table
    puts into cells that `people` lacks. Nobody is taken from other cells: where visitors come from is not known.

    Raises
    ------
    MissingColumnError
        When the table does not say when or how many.
    DataError
        When a value is negative or missing, a place and time occurs twice, an hour is none, or a place is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import presence
    >>> residents = pd.Series([900.0, 100.0, 50.0], index=["89309c00003ffff", "89309c00007ffff", "89309c0000bffff"])
    >>> township = pd.Series(["Longhe", "Longhe", "Shidong"], index=residents.index)
    >>> market = pd.DataFrame({"place": ["Longhe"], "day": ["market"], "people": [3000]})
    >>> there = presence(residents, market, township)
    >>> there["market"].tolist(), there.attrs["added"]
    ([2700.0, 300.0, 50.0], {'market': 2000.0})
    """
    when, value = _asked(table)
    residents = _residents(people)
    may_lie_outside = "cell" in table and value == "people"
    places, table = _placed(residents, table, places)
    _check_values(table, when, value)
    known = table.pivot(index="place", columns=when if len(when) > 1 else when[0], values=value).astype(float)
    here = known.index.isin(places)
    if not here.all() and not may_lie_outside:
        name = known.index[~here][0]
        raise DataError(f"No cell belongs to {name!r}, which the table names{nearest(str(name), places.dropna())}")
    each = residents if value == "factor" else _shares(residents, places)
    said = known[here].reindex(places.to_numpy()).set_axis(residents.index).mul(each, axis=0)
    there = pd.DataFrame({time: said[time].fillna(residents) for time in said}, columns=known.columns)
    there.attrs["added"] = (there.sum() - residents.sum()).to_dict()
    there.attrs["outside"] = known[~here].sum().to_dict()
    return there


def _asked(table: pd.DataFrame) -> tuple[list[str], str]:
    """Return the columns that say when, and the one that says how many."""
    when, values = ([c for c in names if c in table] for names in (WHEN, VALUES))
    if not when or len(values) != 1:
        raise MissingColumnError(
            f"The table needs `hour` or `day` (or both) and one of `factor` and `people`; it has: "
            f"{', '.join(map(str, table.columns))}."
        )
    return when, values[0]


def _residents(people: pd.Series) -> pd.Series:
    if not isinstance(people, pd.Series) or people.index.has_duplicates:
        raise DataError("people must be a Series with one row for each cell.")
    if not (np.isfinite(people) & (people >= 0)).all():
        raise DataError("people must be numbers of 0 or more; fill missing ones with 0 if they mean none.")
    return people.astype(float)


def _placed(residents: pd.Series, table: pd.DataFrame, places: pd.Series | None) -> tuple[pd.Series, pd.DataFrame]:
    """Return the place of each cell and the table by `place`; a cell, or all cells together, may be the place."""
    if "place" in table and "cell" in table:
        raise DataError("The table has both `cell` and `place`; keep the one that its rows are about.")
    if "place" in table:
        if places is None:
            raise DataError("The table names places: say with `places` which place each cell belongs to.")
        return align(places, residents.index, "places"), table
    if "cell" in table:
        return residents.index.to_series(), table.rename(columns={"cell": "place"})
    return pd.Series("all", index=residents.index), table.assign(place="all")


def _check_values(table: pd.DataFrame, when: list[str], value: str) -> None:
    _refuse(table, ~(np.isfinite(table[value]) & (table[value] >= 0)), f"{value} must be a number of 0 or more")
    _refuse(table, table[["place", *when]].isna().any(axis=1), "place and time must not be missing")
    _refuse(table, table.duplicated(["place", *when]), "place and time occur twice")
    if "hour" in when:
        _refuse(table, ~table["hour"].isin(range(24)), "hours run from 0 to 23")


def _refuse(table: pd.DataFrame, wrong: pd.Series, words: str) -> None:
    if wrong.any():
        raise DataError(f"presence: {words}; {int(wrong.sum())} row(s), first {table[wrong].iloc[0].to_dict()}.")


def _shares(residents: pd.Series, places: pd.Series) -> pd.Series:
    """Return what share of its place's people each cell holds: like its residents, evenly where there are none."""
    by_place = residents.groupby(places)
    total, n = by_place.transform("sum"), by_place.transform("size")
    return (residents / total).where(total > 0, 1 / n)
