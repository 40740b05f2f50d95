"""What is new for a watch: files that it has not read, or not in this state, as rows of the store."""

from __future__ import annotations

import glob
import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.config.source import Source
from patrolgeo.files import sha256
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pipeline.reading import said_of
from patrolgeo.pipeline.refused import not_on_cells
from patrolgeo.pipeline.watch.store import FILE, ROWS, VERSION, Store
from patrolgeo.sources.databases import is_database, read_database, shown
from patrolgeo.sources.incidents import read_incidents
from patrolgeo.sources.tables import open_table

CHANGED = (
    "updated",
    "updated_at",
    "changed",
    "modified",
    "last_updated",
    "entered",
    "entered_at",
    "更新时间",
    "录入时间",
)
STATUS = ("status", "record_status", "状态")
GONE = {"withdrawn", "deleted", "cancelled", "canceled", "void", "撤销", "作废", "删除", "已撤销"}

OF_PARTS = {"table", "sql", "source", "channel"}  # words of a source that the rows are no longer read by


@dataclass(frozen=True)
class Arrived:
    """Rows for the store, tombstones, and what happened to every file."""

    rows: pd.DataFrame
    gone: pd.DataFrame
    files: pd.DataFrame


@dataclass(frozen=True)
class Fresh:
    """A file or table that is new or changed: its name and hash, how large it is, and how it is read.

    `source` is the path, or the rows that the database gave; `size` bytes or rows.
    """

    name: str
    size: int
    digest: str
    source: Path | pd.DataFrame
    said: dict[str, Any]


def sources_of(plan: Plan) -> list[Source]:
    """Return what a watch reads, by name: the sources of [incidents], and the files of the inbox."""
    parts: list[Source] = [replace(part, also=()) for part in (plan.incidents, *plan.incidents.also)]
    inbox = None if plan.watch is None else plan.watch.inbox
    if inbox is not None:
        place = plan.path.parent / inbox
        words = replace(plan.incidents, also=(), table=None, sql=None)
        found = (Path(p) for p in glob.glob(str(place / "*" if place.is_dir() else place)))
        parts += [replace(words, file=p) for p in found if p.is_file() and not p.name.startswith(".")]
    return list({_name(part): part for part in sorted(parts, key=_name)}.values())


def _name(part: Source) -> str:
    """Return the name of a source in the ledger: of a file, or of a table or query."""
    if not is_database(part.file):
        return Path(part.file).name
    asked = part.table or f"query {hashlib.sha256(str(part.sql).encode()).hexdigest()[:8]}"
    return f"{shown(part.file)} {asked}"


def new_sources(plan: Plan, store: Store, last_run: int | None) -> list[Fresh]:
    """Return the sources that are new or changed since the last run (in ns); a database is asked each time."""
    known = store.files.set_index("file")[["size", "sha256"]]
    found = []
    for part in sources_of(plan):
        name = _name(part)
        seen = None if name not in known.index else known.loc[name]
        if is_database(part.file):
            table = read_database(part.file, "incidents", part.table, part.sql)
            size, digest, source = len(table), _hash(table), table
        else:
            source = Path(part.file)
            state = source.stat()
            size = state.st_size
            if seen is not None and last_run is not None and state.st_mtime_ns < last_run and size == seen["size"]:
                continue
            digest = sha256(source)
        if seen is None or digest != seen["sha256"]:
            said = said_of(plan.path, "incidents", part)
            said = {word: value for word, value in said.items() if word not in OF_PARTS}
            found.append(Fresh(name, size, digest, source, said))
    return found


def _hash(table: pd.DataFrame) -> str:
    """Return a hash of the rows of a table, whatever their order."""
    rows = np.sort(pd.util.hash_pandas_object(pd.DataFrame(table).astype(str), index=False).to_numpy())
    return hashlib.sha256(rows.tobytes()).hexdigest()


def read_arrivals(plan: Plan, found: list[Fresh], grid: HexGrid, area: Any) -> Arrived:
    """Read sources by the words of [incidents]; what must not stand on cells is counted, not kept."""
    rows, gone, told = [_none(ROWS)], [_none(["id", *VERSION])], []
    for one in found:
        if not one.size:
            told.append([one.name, 0, one.digest, 0, 0, "{}", "[]"])
            continue
        changed, status = _columns(one.source, one.said.get("encoding"))
        table, ledger = read_incidents(
            one.source, **one.said, area=area, places=plan.incidents.gazetteer,
            keep=[c for c in (changed, status) if c], return_ledger=True,
        )  # fmt: skip
        table = table.assign(
            changed="" if changed is None else _stamped(table[changed]), file=one.name, row=np.arange(len(table)),
            id=table["id"].astype(str), lon=table.geometry.x, lat=table.geometry.y, cell=grid.locate(table),
        )  # fmt: skip
        left = pd.Series(False, table.index) if status is None else table[status].astype(str).str.lower().isin(GONE)
        reason = not_on_cells(table, float(grid.area_km2.mean()), plan.incidents.officer_kinds)
        reason = reason.mask((reason == "") & table["cell"].isna().to_numpy(), "outside_area")
        gone.append(pd.DataFrame(table.loc[left, ["id", *VERSION]]))
        rows.append(pd.DataFrame(table.loc[~left & (reason == ""), ROWS]))
        aside = ledger.to_dict()["set_aside"] | _counted(reason[~left])
        kept = int(left.sum() + (~left & (reason == "")).sum())
        told.append([one.name, one.size, one.digest, ledger.to_dict()["read"], kept, json.dumps(aside, sort_keys=True),
                     json.dumps(ledger.without_place, ensure_ascii=False)])  # fmt: skip
    return Arrived(pd.concat(rows), pd.concat(gone), pd.DataFrame(told, columns=FILE))


def _counted(reason: pd.Series) -> dict[str, int]:
    return {str(name): int(n) for name, n in reason[reason != ""].value_counts().items()}


def _none(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in columns}).astype({"time": "datetime64[us]"} if "time" in columns else {})


def _stamped(values: pd.Series) -> pd.Series:
    """Return times of change as text that sorts by time; what is no time is older than any."""
    return pd.to_datetime(values, errors="coerce", format="mixed").dt.strftime("%Y-%m-%dT%H:%M:%S").fillna("")


def _columns(source: Path | pd.DataFrame, encoding: str | None) -> tuple[str | None, str | None]:
    """Return the columns with the time of change and the status of records, None where a source has none."""
    table, _ = open_table(source, "incidents", encoding=encoding)
    names = {str(name).strip().lower(): str(name) for name in table}
    return tuple(next((names[word] for word in words if word in names), None) for words in (CHANGED, STATUS))  # type: ignore[return-value]
