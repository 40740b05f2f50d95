"""What is new for a watch: files that it has not read, or not in this state, as rows of the store."""

from __future__ import annotations

import glob
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.errors import DataError
from patrolgeo.files import sha256
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pipeline.reading import said_of
from patrolgeo.pipeline.refused import not_on_cells
from patrolgeo.pipeline.watch.store import FILE, ROWS, VERSION, Store
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


@dataclass(frozen=True)
class Arrived:
    """Rows for the store, tombstones, and what happened to every file."""

    rows: pd.DataFrame
    gone: pd.DataFrame
    files: pd.DataFrame


def sources_of(plan: Plan) -> list[Path]:
    """Return the files that a watch reads, in the order of their names: those of [incidents], and the inbox."""
    parts = [part.file for part in (plan.incidents, *plan.incidents.also)]
    found = [Path(file) for file in parts if isinstance(file, Path)]
    if len(found) < len(parts):
        raise DataError(f"{plan.path}: a watch reads files; write what is new in the database to files of an inbox.")
    inbox = None if plan.watch is None else plan.watch.inbox
    if inbox is not None:
        place = plan.path.parent / inbox
        found += [Path(p) for p in glob.glob(str(place / "*" if place.is_dir() else place))]
    return sorted({p for p in found if p.is_file() and not p.name.startswith(".")}, key=lambda p: p.name)


def new_files(paths: list[Path], store: Store, last_run: int | None) -> list[tuple[Path, str]]:
    """Return the files that are new or changed since the last run (in ns), with their hashes."""
    known = store.files.set_index("file")[["size", "sha256"]]
    found = []
    for path in paths:
        state = path.stat()
        seen = path.name in known.index
        if (
            seen
            and last_run is not None
            and state.st_mtime_ns < last_run
            and state.st_size == known.at[path.name, "size"]
        ):
            continue
        digest = sha256(path)
        if not seen or digest != known.at[path.name, "sha256"]:
            found.append((path, digest))
    return found


def read_arrivals(plan: Plan, files: list[tuple[Path, str]], grid: HexGrid, area: Any) -> Arrived:
    """Read files by the words of [incidents]; what must not stand on cells is counted, not kept."""
    rows, gone, told = [_none(ROWS)], [_none(["id", *VERSION])], []
    said = said_of(plan.path, "incidents", replace(plan.incidents, also=()))
    for path, digest in files:
        if not path.stat().st_size:
            told.append([path.name, 0, digest, 0, 0, "{}"])
            continue
        changed, status = _columns(path, said.get("encoding"))
        table, ledger = read_incidents(
            path, **said, area=area, places=plan.incidents.gazetteer, keep=[c for c in (changed, status) if c],
            return_ledger=True,
        )  # fmt: skip
        table = table.assign(
            changed="" if changed is None else _stamped(table[changed]), file=path.name, row=np.arange(len(table)),
            id=table["id"].astype(str), lon=table.geometry.x, lat=table.geometry.y, cell=grid.locate(table),
        )  # fmt: skip
        left = pd.Series(False, table.index) if status is None else table[status].astype(str).str.lower().isin(GONE)
        reason = not_on_cells(table, float(grid.area_km2.mean()), plan.incidents.officer_kinds)
        reason = reason.mask((reason == "") & table["cell"].isna().to_numpy(), "outside_area")
        gone.append(pd.DataFrame(table.loc[left, ["id", *VERSION]]))
        rows.append(pd.DataFrame(table.loc[~left & (reason == ""), ROWS]))
        aside = ledger.to_dict()["set_aside"] | _counted(reason[~left])
        kept = int(left.sum() + (~left & (reason == "")).sum())
        told.append(
            [path.name, path.stat().st_size, digest, ledger.to_dict()["read"], kept, json.dumps(aside, sort_keys=True)]
        )
    return Arrived(pd.concat(rows), pd.concat(gone), pd.DataFrame(told, columns=FILE))


def _counted(reason: pd.Series) -> dict[str, int]:
    return {str(name): int(n) for name, n in reason[reason != ""].value_counts().items()}


def _none(columns: list[str]) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in columns}).astype({"time": "datetime64[us]"} if "time" in columns else {})


def _stamped(values: pd.Series) -> pd.Series:
    """Return times of change as text that sorts by time; what is no time is older than any."""
    return pd.to_datetime(values, errors="coerce", format="mixed").dt.strftime("%Y-%m-%dT%H:%M:%S").fillna("")


def _columns(path: Path, encoding: str | None) -> tuple[str | None, str | None]:
    """Return the columns with the time of change and the status of records, None where a file has none."""
    table, _ = open_table(path, "incidents", encoding=encoding)
    names = {str(name).strip().lower(): str(name) for name in table}
    return tuple(next((names[word] for word in words if word in names), None) for words in (CHANGED, STATUS))  # type: ignore[return-value]
