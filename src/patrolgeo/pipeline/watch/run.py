"""One run of a watch: what is new into the store, warnings out; the folder is exchanged whole."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from patrolgeo.config import Plan, read_plan
from patrolgeo.config.watch import WatchWish
from patrolgeo.errors import DataError
from patrolgeo.files import hidden_stem, sha256, write_json, write_text
from patrolgeo.folders import MANIFEST, check_folder, whole_folder
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.maps.exports import write_layer
from patrolgeo.pages.edition import Edition
from patrolgeo.pages.rising import rising_page
from patrolgeo.pipeline.reading import read_source
from patrolgeo.pipeline.watch.arrivals import new_sources, read_arrivals
from patrolgeo.pipeline.watch.duty import duty_of_plan
from patrolgeo.pipeline.watch.judge import judge, located, recent
from patrolgeo.pipeline.watch.store import PLACED, RECORDS, Store, expire, merge, open_store, write_store
from patrolgeo.words.messages import LANGUAGES

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger("patrolgeo")
NUMBERS = ("expected", "p", "q", "recurrence_years", "by_chance_a_year")
OUTPUTS = ("alerts.csv", "alerts.jsonl", "alerts.geojson", "warnings.html", "ledger.json", "watch.log")


def run_watch(path: str | Path, out: str | Path, *, until: str | None = None, wait: bool = False) -> dict[str, Any]:
    """Read what is new, keep it, and write what rises.

    Safe to call at any time: one run at a time works on a folder; a run that is stopped leaves the folder as it was; a
    run without news changes no byte; what was missed is caught up. What the folder holds depends on the files that
    were read, not on when.

    Parameters
    ----------
    path
        The plan file; its table [watch] says more.
    out
        Folder of the store and the warnings.
    until
        Judge as of this day, from the records before it, and write nothing into the store: a day is replayed.
    wait
        Wait while another run works on the folder; by default that is an error.

    Returns
    -------
    The numbers of ``ledger.json``, and `news`: whether anything was written.

    Raises
    ------
    DataError
        When the plan or a file cannot be used, or another run works on the folder.

    Examples
    --------
    >>> from patrolgeo import run_watch
    >>> numbers = run_watch("county/plan.toml", "out/watch")  # doctest: +SKIP
    """
    plan = read_plan(path)
    wish = plan.watch or WatchWish()
    target = check_folder(out, OUTPUTS)
    with _alone(target, wait):
        store = open_store(target)
        files = new_sources(plan, store, _last_run(target))
        if not files and until is None and (target / MANIFEST).is_file():
            return json.loads((target / "ledger.json").read_text("utf-8")) | {"news": False}
        area = read_source(plan, "area")[0]
        grid = HexGrid.from_area(area, wish.resolution or plan.analysis.resolution - 1, max_cells=plan.limits.cells)
        if files:
            arrived = read_arrivals(plan, files, grid, area)
            store = merge(store, arrived.rows, arrived.gone, arrived.files)
        store, expired = expire(store, wish.keep_months)
        if until is not None:
            return _replay(store, grid, wish, plan, target, until)
        return _write(store, grid, wish, plan, target, len(files), expired) | {"news": True}


def _write(
    store: Store, grid: HexGrid, wish: WatchWish, plan: Plan, target: Path, n_files: int, expired: int
) -> dict[str, Any]:
    records, since = recent(store, wish)
    alerts = judge(records, wish, since=since)
    alerts = duty_of_plan(alerts, _of_weeks(store, alerts), plan)
    numbers = ledger_numbers(store) | {"by_chance_a_week": _by_chance(alerts)}
    line = f"{n_files} new files, {store.n_records} records, {expired} deleted as old, {len(alerts)} warnings"
    with whole_folder(target) as folder:
        write_store(store, folder)
        write_alerts(folder, alerts, grid, plan, numbers)
        write_json(folder / "ledger.json", numbers)
        before = (target / "watch.log").read_text("utf-8") if (target / "watch.log").is_file() else ""
        write_text(folder / "watch.log", f"{before}{_now()} {line}\n")
        write_json(folder / MANIFEST, {"outputs": _seals(folder, target, store)})
    log.info("%s", line)
    return numbers


def _of_weeks(store: Store, alerts: pd.DataFrame) -> pd.DataFrame:
    """Return the records of the months that hold the weeks warned of."""
    days = pd.concat([alerts["period"], alerts["period"] + pd.Timedelta(days=6)])
    wanted = set(days.dt.strftime("%Y-%m"))
    return store.with_place(store.rows(PLACED, [month for month in store.months if month in wanted]))


def _seals(folder: Path, target: Path, store: Store) -> dict[str, str]:
    """Return the hashes of all files; those of months that stay as they are stand in the manifest already."""
    manifest = target / MANIFEST
    known = json.loads(manifest.read_text("utf-8"))["outputs"] if manifest.is_file() else {}
    closed = {f"{RECORDS}/{month}.parquet" for month in store.closed} & set(known)
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != MANIFEST)
    return {name: known[name] if name in closed else sha256(folder / name) for name in names}


def ledger_numbers(store: Store, records: int | None = None) -> dict[str, Any]:
    """Return what became of every row of every file: rows read are set aside, or kept as versions of records."""
    aside: dict[str, int] = {}
    for text in store.files["set_aside"]:
        for reason, n in json.loads(text).items():
            aside[reason] = aside.get(reason, 0) + n
    kept, withdrawn = int(store.files["kept"].sum()), len(store.withdrawn)
    records = store.n_records if records is None else records
    return {
        "files": len(store.files),
        "read": int(store.files["read"].sum()),
        "set_aside": dict(sorted(aside.items())),
        "kept": kept,
        "records": records,
        "withdrawn": withdrawn,
        "superseded_or_expired": kept - records - withdrawn,
    }


def write_alerts(folder: Path, alerts: pd.DataFrame, grid: HexGrid, plan: Plan, numbers: dict[str, Any]) -> None:
    """Write the warnings as a table, lines of JSON, a layer, and a page a language."""
    told = alerts.assign(**{name: alerts[name].dt.strftime("%Y-%m-%d") for name in ("period", "first_seen")})
    told = told.assign(**{name: [float(f"{v:.6g}") for v in told[name]] for name in NUMBERS})
    write_text(folder / "alerts.csv", told.to_csv(index=False, lineterminator="\n"))
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in told.to_dict("records"))
    write_text(folder / "alerts.jsonl", "".join(lines))
    write_layer(located(told, grid), folder / "alerts.geojson")
    for language in LANGUAGES:
        name = "warnings.html" if language == plan.language else f"warnings.{language}.html"
        edition = Edition(plan.title, language=language, synthetic=plan.synthetic)
        write_text(folder / name, rising_page(told, _span(alerts), numbers, edition))


def _by_chance(alerts: pd.DataFrame) -> dict[str, float]:
    """Return by kind how many warnings chance brings in a week."""
    weeks = pd.DataFrame(alerts.attrs["by_kind"])
    return {str(kind): float(n) for kind, n in weeks.mean().fillna(0.0).items()}  # 0 where no week is judged yet


def _span(alerts: pd.DataFrame) -> str:
    weeks = sorted(alerts.attrs["false_alarms"])
    return f"{weeks[0]:%Y-%m-%d} – {weeks[-1]:%Y-%m-%d}" if weeks else ""


def _replay(store: Store, grid: HexGrid, wish: WatchWish, plan: Plan, target: Path, until: str) -> dict[str, Any]:
    """Write the warnings as of a day into a folder beside the store."""
    day = pd.to_datetime(until, errors="coerce")
    if pd.isna(day):
        raise DataError(f"until={until!r} must be a day, such as 2024-05-06.")
    every = store.rows([*PLACED, "changed"])
    known = every[(every["time"] < day) & (every["changed"] < f"{day:%Y-%m-%dT%H:%M:%S}")]
    numbers = ledger_numbers(store, len(known))
    known = store.with_place(known)
    with whole_folder(target.parent / f"{target.name}-{day:%Y-%m-%d}") as folder:
        alerts = duty_of_plan(judge(known, wish, day.normalize()), known, plan)
        numbers["by_chance_a_week"] = _by_chance(alerts)
        write_alerts(folder, alerts, grid, plan, numbers)
        write_json(folder / "ledger.json", numbers)
    return numbers | {"news": True}


def watch_every(path: str | Path, out: str | Path, seconds: float) -> None:
    """Run again and again until somebody stops it; what is wrong with one run is said, and the next one tried."""
    while True:
        try:
            run_watch(path, out, wait=True)
        except (DataError, OSError) as problem:
            log.warning("%s", problem)
        time.sleep(seconds)


@contextmanager
def _alone(target: Path, wait: bool) -> Iterator[None]:
    """Let one run at a time work on a folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(target.parent / f"{hidden_stem(target)}lock", os.O_CREAT | os.O_RDWR, 0o666)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise DataError(f"another run works on {target}; try again when it has ended.") from None
        yield
    finally:
        os.close(handle)


def _last_run(target: Path) -> int | None:
    manifest = target / MANIFEST
    return manifest.stat().st_mtime_ns if manifest.is_file() else None


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")
