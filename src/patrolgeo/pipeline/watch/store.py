"""The store of a watch: the newest version of every record, in a Parquet file a month, and the ledger of its files.

What the store holds depends on which files were read, not on when or in which order: of several versions of a record
the newest counts, by its time of change where the files give one, then by the name of the file, then by the row.
Withdrawn records leave a tombstone (id and version, nothing else), so that an older version that comes late stays out.
A run opens only the months that its rows touch; all others stay on the disk as they are, so that its cost hardly grows:
of them it reads times and codes, not texts, and the ids only where a new one can be among them.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from patrolgeo.files import whole_file

RECORDS, WITHDRAWN, FILES = "store", "store/withdrawn.parquet", "store/files.parquet"
VERSION = ["changed", "file", "row"]
ROWS = ["id", "time", "category", "cell", "lon", "lat", *VERSION]
COUNTED = ["time", "category", "cell"]
PLACED = [*COUNTED, "lon", "lat"]
FILE = ["file", "size", "sha256", "read", "kept", "set_aside", "without_place"]


@dataclass(frozen=True)
class Store:
    """The store of a folder, with what a run changes.

    `closed` has the number of rows of each month, such as "2024-05", that stays on the disk as it is; `opened` the
    months in memory (`ROWS`); `withdrawn` the tombstones (id and version) and `files` the files (`FILE`).
    """

    folder: Path
    closed: dict[str, int]
    opened: dict[str, pd.DataFrame]
    withdrawn: pd.DataFrame
    files: pd.DataFrame

    @property
    def n_records(self) -> int:
        """Return how many records there are."""
        return sum(self.closed.values()) + sum(map(len, self.opened.values()))

    @property
    def months(self) -> list[str]:
        """Return the months that hold records, in order."""
        return sorted(self.closed | {month: 0 for month, rows in self.opened.items() if len(rows)})

    def rows(self, columns: list[str], months: list[str] | None = None) -> pd.DataFrame:
        """Return some columns of the records of some months (all), the months on the disk first."""
        months = self.months if months is None else months
        paths = [self.path(month) for month in months if month in self.closed]
        parts = [self.opened[month][columns] for month in months if month in self.opened]
        if paths:
            parts.insert(0, pq.read_table(paths, columns=columns).to_pandas())
        return pd.concat(parts, ignore_index=True) if parts else _empty(columns)

    def counted(self, months: list[str]) -> pd.DataFrame:
        """Return what is counted of the records of some months (`COUNTED`); texts as categories, which is quick."""
        kinds = {name: pa.dictionary(pa.int32(), pa.large_string()) for name in ("category", "cell")}
        parts = [
            pq.read_table(self.path(month), columns=COUNTED, read_dictionary=list(kinds))
            if month in self.closed
            else pa.Table.from_pandas(self.opened[month][COUNTED], preserve_index=False)
            for month in months
        ] or [pa.Table.from_pandas(_empty(COUNTED), preserve_index=False)]
        schema = pa.schema([("time", pa.timestamp("us")), *kinds.items()])
        return self.with_place(pa.concat_tables([part.cast(schema) for part in parts]).to_pandas())

    def with_place(self, records: pd.DataFrame) -> pd.DataFrame:
        """Leave out categories that some file shows to have no patrol place, as fraud that is recorded at stations.

        A file of a week is too short to show it, so that its rows are stored, and left out where records are counted.
        """
        known = {name for text in self.files["without_place"] for name in json.loads(text)}
        return records[~records["category"].isin(known)].reset_index(drop=True) if known else records

    def path(self, month: str) -> Path:
        """Return the file of a month."""
        return self.folder / RECORDS / f"{month}.parquet"


def open_store(folder: Path) -> Store:
    """Return the store in a folder, an empty one where there is none; no month is opened."""
    paths = sorted((folder / RECORDS).glob("????-??.parquet"))
    return Store(
        folder, {path.stem: pq.read_metadata(path).num_rows for path in paths}, {},
        _read(folder / WITHDRAWN, ["id", *VERSION]), _read(folder / FILES, FILE),
    )  # fmt: skip


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    return pd.read_parquet(path) if path.is_file() else _empty(columns)


def _empty(columns: list[str]) -> pd.DataFrame:
    kinds = {"time": "datetime64[us]", "lon": float, "lat": float, "row": "int64", "size": "int64", "read": "int64",
             "kept": "int64"}  # fmt: skip
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in columns})


def merge(store: Store, rows: pd.DataFrame, gone: pd.DataFrame, files: pd.DataFrame) -> Store:
    """Return the store with new rows, withdrawn ones and files; of each record the newest version stays."""
    ids = pd.Index(rows["id"]).union(pd.Index(gone["id"]))
    store = _open(store, ids, sorted(set(months_of(rows["time"]))))
    records = store.rows(ROWS, sorted(store.opened))
    hit, buried = records["id"].isin(ids), store.withdrawn["id"].isin(ids)
    versions = pd.concat([
        records[hit].assign(gone=False), rows.assign(gone=False), store.withdrawn[buried].assign(gone=True),
        gone.assign(gone=True),
    ])  # fmt: skip
    newest = versions.sort_values(["id", *VERSION], kind="stable").drop_duplicates("id", keep="last")
    new = newest.loc[~newest["gone"].astype(bool), ROWS].astype(_empty(ROWS).dtypes.to_dict())
    records = pd.concat([records[~hit], new]).sort_values(["time", "id"], ignore_index=True)
    tombs = pd.concat([store.withdrawn[~buried], newest.loc[newest["gone"].astype(bool), ["id", *VERSION]]])
    known = store.files[~store.files["file"].isin(files["file"])]
    of_month = dict(iter(records.groupby(months_of(records["time"]), sort=True)))
    return replace(
        store, opened={month: of_month.get(month, records.iloc[:0]) for month in store.opened},
        withdrawn=tombs.sort_values("id", ignore_index=True),
        files=pd.concat([known, files]).sort_values("file", ignore_index=True),
    )  # fmt: skip


def _open(store: Store, ids: pd.Index, months: list[str]) -> Store:
    """Return the store with the months opened that hold one of the ids, and those named."""
    wanted = pa.array(ids.astype(object), pa.large_string())
    hit = {month for month in store.closed if month in months or _holds(store.path(month), wanted)}
    opened = {month: store.rows(ROWS, [month]) for month in sorted(hit)}
    new = {month: _empty(ROWS) for month in months if month not in store.closed}
    closed = {month: n for month, n in store.closed.items() if month not in hit}
    return replace(store, closed=closed, opened=store.opened | opened | new)


def _holds(path: Path, wanted: pa.Array) -> bool:
    """Return whether a month has one of the ids; it is opened when they can lie between its least and its greatest."""
    groups = pq.read_metadata(path)
    spans = [groups.row_group(k).column(ROWS.index("id")).statistics for k in range(groups.num_row_groups)]
    asked = pc.min_max(wanted).as_py()
    if not len(wanted) or all(s is not None and s.has_min_max and not _meet(s, asked) for s in spans):
        return False
    ids = pq.read_table(path, columns=["id"])["id"].cast(pa.large_string())
    return bool(pc.any(pc.is_in(ids, wanted)).as_py())


def _meet(span: Any, asked: dict[str, str]) -> bool:
    return bool(span.min <= asked["max"] and asked["min"] <= span.max)


def expire(store: Store, keep_months: int | None) -> tuple[Store, int]:
    """Return the store without the months older than `keep_months` before its newest, and how many rows left."""
    if keep_months is None or not store.months:
        return store, 0
    first = str(pd.Period(store.months[-1], "M") - (keep_months - 1))
    old = [month for month in store.months if month < first]
    n = sum(store.closed[month] if month in store.closed else len(store.opened[month]) for month in old)
    closed = {month: n for month, n in store.closed.items() if month not in old}
    opened = {month: rows for month, rows in store.opened.items() if month not in old}
    return replace(store, closed=closed, opened=opened), n


def write_store(store: Store, new: Path) -> None:
    """Write the store into the folder `new`; months that were not opened are links to those on the disk."""
    (new / RECORDS).mkdir()
    for month in store.months:
        path = new / RECORDS / f"{month}.parquet"
        if month in store.closed:
            _link(store.path(month), path)
        else:
            _write(store.opened[month], path)
    _write(store.withdrawn, new / WITHDRAWN)
    _write(store.files, new / FILES)


def _link(before: Path, path: Path) -> None:
    try:
        os.link(before, path)
    except OSError:  # a disk without links
        path.write_bytes(before.read_bytes())


def months_of(times: pd.Series) -> pd.Series:
    """Return the month of each time, such as "2024-05"."""
    months, at = np.unique(times.to_numpy("datetime64[M]"), return_inverse=True)
    return pd.Series(months.astype(str)[at], times.index, dtype="str")


def _write(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as beside:
        table.reset_index(drop=True).to_parquet(beside, index=False, compression="zstd")
