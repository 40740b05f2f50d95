"""What in a table was made by writing it down: heaped times, heaped points, and how many rows found a place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Bools
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import Points
from patrolgeo.sources.times import text_of
from patrolgeo.words.note import Note

_HEAP_SHARE = 0.02
_FULL_HOURS = 0.1
_FEWEST = 50
_MAPPED = 0.85


def report_heaps(table: pd.DataFrame, points: Points, exact: Bools, ledger: Ledger) -> None:
    """Warn of midnights, firsts of the month and points that hold more rows than chance would give them."""
    rows = ledger.alive & exact
    if rows.sum() < _FEWEST:
        return
    _report_times(table["time"].to_numpy().astype("datetime64[s]"), ledger)
    keys = points.keys(np.flatnonzero(rows))
    ordered = np.sort(keys)
    first = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
    places, size = ordered[first], np.diff(first, append=len(ordered))
    heaped = size > _HEAP_SHARE * rows.sum()
    if heaped.any():
        mask = ledger.at(np.flatnonzero(rows)[np.isin(keys, places[heaped])])
        at = int(np.flatnonzero(rows)[np.argmax(keys == places[np.argmax(size)])])
        where = {"lon": float(points.lon[at]), "lat": float(points.lat[at])}
        detail = Note("detail_heaped_point", {"n": int(heaped.sum()), "rows": int(size.max()), **where})
        ledger.warned("heaped_point", mask, detail)


def _report_times(time: Any, ledger: Ledger) -> None:
    rows = np.flatnonzero(ledger.alive & ~np.isnat(time))
    second = time[rows].astype(np.int64) % 86_400
    if not second.any():
        return  # dates only; their precision is noted
    full = second % 3600 == 0
    hours = np.bincount(second[full] // 3600, minlength=24)
    if full.mean() > _FULL_HOURS:
        detail = Note("detail_heaped_hours", {"share": float(full.mean()), "noon": int(hours[12])})
        ledger.noted("heaped_hours", ledger.at(rows[full]), detail)
    usual = hours[1:].mean()
    if hours[0] > 1.5 * max(usual, 4 * len(rows) / 1440):
        detail = Note("detail_heaped_midnight", {"rows": int(hours[0]), "usual": float(usual)})
        _tell(ledger, "heaped_midnight", ledger.at(rows[second == 0]), hours[0] - usual, detail)
    day = (time[rows].astype("datetime64[D]") - time[rows].astype("datetime64[M]").astype("datetime64[D]")).astype(int)
    days = np.bincount(day, minlength=31)
    usual = days[1:28].mean()
    if days[0] > max(1.1 * usual, usual + 4 * np.sqrt(usual)):
        detail = Note("detail_heaped_first", {"rows": int(days[0]), "usual": float(usual)})
        _tell(ledger, "heaped_first", ledger.at(rows[day == 0]), days[0] - usual, detail)


def _tell(ledger: Ledger, code: str, rows: Bools, excess: float, detail: str) -> None:
    """Note a heap, or warn of it when it moves more than 2 % of the rows."""
    (ledger.warned if excess > _HEAP_SHARE * ledger.kept else ledger.noted)(code, rows, detail)


def standing_on_few_points(category: pd.Series, points: Points, *, most: int = 12, share: float = 0.8) -> list[str]:
    """Return the categories of which `share` of the located rows stand on no more than `most` points."""
    rows = np.flatnonzero(points.known)
    table = pd.DataFrame({"category": category.to_numpy(object)[rows], "key": points.keys(rows)})
    sizes = table.value_counts(sort=True)
    if sizes.empty:
        return []
    top = sizes.groupby(level="category").apply(lambda s: s.nlargest(most).sum() / s.sum())
    number = sizes.groupby(level="category").sum()
    return sorted(str(c) for c in top.index[(top >= share) & (number >= _FEWEST // 2)])


def report_mapping(ledger: Ledger, known: Bools, category: pd.Series, township: pd.Series | None) -> None:
    """Write down the share of rows with a place, over all, by category and by township."""
    rows = ledger.alive
    if not rows.any():
        return
    by = {"category": category}
    if township is not None:
        by["township"] = text_of(township)
    tables = [_rates(name, values[rows], known[rows]) for name, values in by.items()]
    ledger.mapping = pd.concat(tables, ignore_index=True)
    share = known[rows].mean()
    low = [
        Note("detail_mapped", {"name": r.value, "share": r.share})
        for r in ledger.mapping.itertuples()
        if r.share < _MAPPED and r.rows >= _FEWEST
    ]
    code = "detail_low_mapping_rate" if low else "detail_mapping_rate"
    detail = Note(code, {"share": float(share), "low": tuple(low[:12])})
    if share < _MAPPED:
        ledger.warned("low_mapping_rate", rows & ~known, detail)
    else:
        ledger.noted("mapping_rate", detail=detail)


def _rates(name: str, values: pd.Series, known: Bools) -> pd.DataFrame:
    kinds = values.astype("category")
    code, names = kinds.cat.codes.to_numpy(), kinds.cat.categories.astype("str")
    number = np.bincount(code[code >= 0], minlength=len(names))
    mapped = np.bincount(code[(code >= 0) & known], minlength=len(names))
    rates = pd.DataFrame({"by": name, "value": names, "rows": number, "mapped": mapped})[number > 0]
    return rates.assign(share=rates["mapped"] / rates["rows"])
