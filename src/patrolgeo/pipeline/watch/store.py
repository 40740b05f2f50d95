"""The store of a watch: the newest version of every record, in a Parquet file a month, and the ledger of its files.

What the store holds depends on which files were read, not on when or in which order: of several versions of a record
the newest counts, by its time of change where the files give one, then by the name of the file, then by the row.
Withdrawn records leave a tombstone (id and version, nothing else), so that an older version that comes late stays out.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from patrolgeo.files import whole_file

RECORDS, WITHDRAWN, FILES = "store", "store/withdrawn.parquet", "store/files.parquet"
VERSION = ["changed", "file", "row"]
ROWS = ["id", "time", "category", "cell", "lon", "lat", *VERSION]
FILE = ["file", "size", "sha256", "read", "kept", "set_aside"]


@dataclass(frozen=True)
class Store:
    """Records (`ROWS`), tombstones (id and version) and files (`FILE`); `dirty` months differ from what is on the disk.

    `dirty` holds None where nothing was read from the disk.
    """

    records: pd.DataFrame
    withdrawn: pd.DataFrame
    files: pd.DataFrame
    dirty: frozenset[str]


def open_store(folder: Path) -> Store:
    """Return the store in a folder, an empty one where there is none."""
    months = sorted((folder / RECORDS).glob("????-??.parquet"))
    records = [pd.read_parquet(path) for path in months]
    return Store(
        pd.concat(records, ignore_index=True) if records else _empty(ROWS),
        _read(folder / WITHDRAWN, ["id", *VERSION]),
        _read(folder / FILES, FILE),
        frozenset(),
    )


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    return pd.read_parquet(path) if path.is_file() else _empty(columns)


def _empty(columns: list[str]) -> pd.DataFrame:
    kinds = {"time": "datetime64[us]", "lon": float, "lat": float, "row": "int64", "size": "int64", "read": "int64",
             "kept": "int64"}  # fmt: skip
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "str")) for name in columns})


def merge(store: Store, rows: pd.DataFrame, gone: pd.DataFrame, files: pd.DataFrame) -> Store:
    """Return the store with new rows, withdrawn ones and files; of each record the newest version stays."""
    ids = pd.Index(rows["id"]).union(pd.Index(gone["id"]))
    hit, buried = store.records["id"].isin(ids), store.withdrawn["id"].isin(ids)
    old = store.records[hit]
    versions = pd.concat(
        [
            old.assign(gone=False),
            rows.assign(gone=False),
            store.withdrawn[buried].assign(gone=True),
            gone.assign(gone=True),
        ]
    )
    newest = versions.sort_values(["id", *VERSION], kind="stable").drop_duplicates("id", keep="last")
    new = newest.loc[~newest["gone"].astype(bool), ROWS].astype(store.records.dtypes.to_dict())
    records = pd.concat([store.records[~hit], new]).sort_values(["time", "id"], ignore_index=True)
    tombs = pd.concat([store.withdrawn[~buried], newest.loc[newest["gone"].astype(bool), ["id", *VERSION]]])
    known = store.files[~store.files["file"].isin(files["file"])]
    return Store(
        records,
        tombs.sort_values("id", ignore_index=True),
        pd.concat([known, files]).sort_values("file", ignore_index=True),
        store.dirty | set(months_of(old)) | set(months_of(new)),
    )


def expire(store: Store, keep_months: int | None) -> tuple[Store, int]:
    """Return the store without rows older than `keep_months` before its newest, and how many left."""
    if keep_months is None or store.records.empty:
        return store, 0
    first = store.records["time"].max().to_period("M").start_time - pd.DateOffset(months=keep_months - 1)
    old = store.records["time"] < first
    dirty = store.dirty | set(months_of(store.records[old]))
    kept = store.records[~old].reset_index(drop=True)
    return Store(kept, store.withdrawn, store.files, frozenset(dirty)), int(old.sum())


def write_store(store: Store, old: Path, new: Path) -> None:
    """Write the store into the folder `new`; months that did not change are links to those in `old`."""
    (new / RECORDS).mkdir()
    months = months_of(store.records)
    for month, part in store.records.groupby(months, sort=True):
        path = new / RECORDS / f"{month}.parquet"
        before = old / RECORDS / path.name
        if month in store.dirty or not before.is_file():
            _write(part, path)
        else:
            _link(before, path)
    _write(store.withdrawn, new / WITHDRAWN)
    _write(store.files, new / FILES)


def _link(before: Path, path: Path) -> None:
    try:
        os.link(before, path)
    except OSError:  # a disk without links
        path.write_bytes(before.read_bytes())


def months_of(records: pd.DataFrame) -> pd.Series:
    """Return the month of each record, such as "2024-05"."""
    return records["time"].dt.strftime("%Y-%m")


def _write(table: pd.DataFrame, path: Path) -> None:
    with whole_file(path) as beside:
        table.reset_index(drop=True).to_parquet(beside, index=False, compression="zstd")
